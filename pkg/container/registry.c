// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/registry.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "container/cgroup_path.h"
#include "container/registry_sources.h"
#include "container/state_cache.h"

/* The path may be there again, with another id: that is another container. */
static bool is_gone(const struct registry *reg, const struct container *c)
{
	return cgroup_is_gone(reg->settings.cgroups, c->cgroup_path, c->cgroup_id);
}

/* --- what is still missing --------------------------------------------------------- */

static int read_state_of(struct registry *reg, const char *id, enum runtime_kind kind,
			 struct error *err)
{
	struct runtime_query query = { .id = id, .kind = kind };

	return runtime_scan(&reg->settings.runtimes, &query, registry_add_state, reg, err);
}

static bool has_name(const char *id, void *arg)
{
	const struct registry *reg = arg;
	const struct entry *e = entries_by_id(&reg->entries, id);

	return !e || !e->unnamed;
}

/* Those that were found by a cgroup of any name were not there yet when names were read. */
static int read_missing_names(struct registry *reg, struct error *err)
{
	struct runtime_query query = {
		.kind = RUNTIME_WITHOUT_CGROUP,
		.unwanted = has_name,
		.arg = reg,
	};
	size_t i, unnamed = 0;
	int r;

	for (i = 0; i < reg->entries.count; i++) {
		if (!reg->entries.list[i]->unnamed)
			continue;
		query.id = unnamed++ ? NULL : reg->entries.list[i]->c->id;
	}
	if (!unnamed)
		return 0;

	r = runtime_scan(&reg->settings.runtimes, &query, registry_add_state, reg, err);
	for (i = 0; i < reg->entries.count; i++)
		reg->entries.list[i]->unnamed = false;
	return r;
}

/*
 * Containers whose cgroup is known already: no need to read them to explain a new cgroup,
 * unless it is at the very place of one, which has ended then and may have started again.
 */
static bool is_explained(const char *id, void *arg)
{
	const struct registry *reg = arg;
	const struct entry *e = entries_by_id(&reg->entries, id);

	return e && e->c->has_state && strcmp(e->c->cgroup_path, reg->newborn->path) != 0;
}

/* The container that a cgroup belongs to, but not one that had this very path before. */
static const struct container *owner_of(const struct registry *reg, const char *path,
					__u64 cgroup_id)
{
	const struct container *c = registry_find(reg, cgroup_id);

	if (c)
		return c;
	c = registry_owner(reg, path);
	return c && strcmp(c->cgroup_path, path) != 0 ? c : NULL;
}

/* It lies in a container, or is the root of one that is known for sure. */
static bool is_explained_cgroup(const struct registry *reg, const char *path, __u64 cgroup_id)
{
	const struct container *c = owner_of(reg, path, cgroup_id);

	return c && (c->cgroup_id != cgroup_id || c->has_state);
}

/* A cgroup of any name, as plain runc and crun have them: mostly it is that of the id. */
static int explain_by_state(struct registry *reg, struct registry_newborn *newborn,
			    struct error *err)
{
	struct runtime_query named = {
		.id = strrchr(newborn->path, '/') + 1,
		.kind = RUNTIME_WITH_CGROUP,
		.begun = &newborn->begun,
	};
	struct runtime_query all = {
		.kind = RUNTIME_WITH_CGROUP,
		.unwanted = is_explained,
		.arg = reg,
	};
	int r = runtime_scan(&reg->settings.runtimes, &named, registry_add_state, reg, err);

	if (!r && newborn->search && !is_explained_cgroup(reg, newborn->path, newborn->cgroup_id))
		r = runtime_scan(&reg->settings.runtimes, &all, registry_add_state, reg, err);
	return r < 0 ? r : read_missing_names(reg, err);
}

/* --- scanning -------------------------------------------------------------------- */

/* Nested containers, put off until all ids of the host's own are known. */
struct put_off {
	char *path;
	__u64 cgroup_id;
	struct put_off *next;
};

struct tree_scan {
	struct registry *reg;
	struct put_off *nested, **last; /* parents before children, as the walk found them */
	size_t count;
};

static void put_off_free(struct put_off *p)
{
	while (p) {
		struct put_off *next = p->next;

		free(p->path);
		free(p);
		p = next;
	}
}

static int put_off(struct tree_scan *scan, const char *path, __u64 cgroup_id)
{
	struct put_off *p;

	if (scan->count == REGISTRY_NESTED_MAX)
		return 0;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	scan->count++;
	p->cgroup_id = cgroup_id;
	p->path = strdup(path);
	*scan->last = p;
	scan->last = &p->next;
	return p->path ? 0 : -ENOMEM;
}

static void tell_step(const struct registry *reg)
{
	if (reg->step)
		reg->step(reg->entries.count, reg->step_arg);
}

static int visit_cgroup(const char *path, __u64 cgroup_id, void *arg)
{
	struct tree_scan *scan = arg;
	struct cgroup_path parsed;
	struct entry *e;

	tell_step(scan->reg);
	if (!cgroup_path_parse(path, &parsed) || path[parsed.root_len])
		return 0;
	if (parsed.nested)
		return put_off(scan, path, cgroup_id);
	return registry_add_path(scan->reg, path, &parsed, cgroup_id, &e);
}

static int add_nested(struct registry *reg, const struct put_off *p)
{
	for (; p; p = p->next) {
		struct cgroup_path parsed;
		struct entry *e;
		int r;

		if (!cgroup_path_parse(p->path, &parsed))
			continue;
		r = registry_add_path(reg, p->path, &parsed, p->cgroup_id, &e);
		if (r < 0)
			return r;
	}
	return 0;
}

void registry_complain_closed(const struct registry *reg, const char *path)
{
	const struct runtime_settings *settings = &reg->settings.runtimes;
	struct error err;

	error_say(&err, -EACCES,
		  "cgroup '%s' may not be looked into: containers below it may not be found; "
		  "CAP_DAC_READ_SEARCH would let ctrace do so",
		  path);
	if (settings->unreadable)
		settings->unreadable(&err, settings->unreadable_arg);
}

static void closed_to_scan(const char *path, void *arg)
{
	const struct tree_scan *scan = arg;

	registry_complain_closed(scan->reg, path);
}

static int scan_tree(struct registry *reg, const char *root, struct error *err)
{
	struct tree_scan scan = { .reg = reg, .last = &scan.nested };
	const struct cgroup_visitor visitor = { visit_cgroup, closed_to_scan, &scan };
	int r = cgroup_walk(reg->settings.cgroups, root, &visitor, err);

	if (!r)
		r = add_nested(reg, scan.nested);
	put_off_free(scan.nested);
	if (r == -ENOMEM)
		return error_set(err, r, "remember the containers of this host");
	return r;
}

static int scan_state(struct container *c, void *arg)
{
	tell_step(arg);
	return registry_add_state(c, arg);
}

/* In this scan, so that a container that is renamed gets its new name in the next. */
static bool is_named(const char *id, void *arg)
{
	const struct registry *reg = arg;
	const struct entry *e = entries_by_id(&reg->entries, id);

	return e && e->named_in == reg->scans;
}

int registry_scan(struct registry *reg, registry_step *step, void *arg, struct error *err)
{
	struct runtime_query query = { .unwanted = is_named, .arg = reg };
	const char *const *root = cgroup_fs_roots(reg->settings.cgroups);
	int r = 0;

	reg->scans++;
	reg->step = step;
	reg->step_arg = arg;
	for (; *root && r >= 0; root++)
		r = scan_tree(reg, *root, err);
	if (r >= 0)
		r = runtime_scan(&reg->settings.runtimes, &query, scan_state, reg, err);
	if (r >= 0)
		r = read_missing_names(reg, err);
	if (r >= 0)
		state_cache_sweep(reg->settings.runtimes.cache);
	return r;
}

/* --- one new cgroup -------------------------------------------------------------- */

/* By its name it is a container's root, or lies in one whose root may not be known yet. */
static int add_named(struct registry *reg, const char *path, const struct cgroup_path *parsed,
		     __u64 cgroup_id, struct error *err)
{
	auto_free char *root = strndup(path, parsed->root_len);
	bool inside = path[parsed->root_len], known;
	struct error ignored;
	struct entry *e;
	int r;

	if (!root)
		return error_set(err, -ENOMEM, "remember the container of cgroup '%s'", path);
	if (inside && cgroup_id_of(reg->settings.cgroups, root, &cgroup_id, &ignored) < 0)
		return 0;

	known = entries_find(&reg->entries, cgroup_id);
	r = registry_add_path(reg, path, parsed, cgroup_id, &e);
	if (r < 0)
		return error_set(err, r, "remember the container of cgroup '%s'", path);
	/* What a container makes in its cgroup is no reason to look for its name once more. */
	if (!e || e->c->has_state || (inside && known))
		return 0;
	return read_state_of(reg, e->c->id, RUNTIME_ALL, err);
}

/*
 * A name that turns up again has moved: its first bearer was renamed, or is another
 * engine's.  In pods, many have the same one.
 */
static int ask_namesakes(struct registry *reg, const struct container *c, struct error *err)
{
	size_t i;

	for (i = 0; c->name && !c->k8s_pod && i < reg->entries.count; i++) {
		const struct container *other = reg->entries.list[i]->c;
		int r;

		if (other == c || !other->name || other->k8s_pod ||
		    strcmp(other->name, c->name) != 0 || !strcmp(other->id, c->id))
			continue;
		r = read_state_of(reg, other->id, RUNTIME_WITHOUT_CGROUP, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int registry_add_newborn(struct registry *reg, struct registry_newborn *newborn,
			 const struct container **out, struct error *err)
{
	const char *path = newborn->path;
	const struct container *c;
	struct cgroup_path parsed;
	int r = 0;

	if (cgroup_path_is_root(path))
		return 0;

	reg->newborn = newborn;
	entries_remove_reused(&reg->entries, path, strlen(path), newborn->cgroup_id);
	if (cgroup_path_parse(path, &parsed))
		r = add_named(reg, path, &parsed, newborn->cgroup_id, err);
	else if (!is_explained_cgroup(reg, path, newborn->cgroup_id))
		r = explain_by_state(reg, newborn, err);
	reg->newborn = NULL;
	if (r < 0)
		return r;

	c = owner_of(reg, path, newborn->cgroup_id);
	if (!c)
		return 0;
	if (c->cgroup_id == newborn->cgroup_id) {
		r = ask_namesakes(reg, c, err);
		if (r < 0)
			return r;
	}
	if (out)
		*out = c;
	return 1;
}

int registry_add_cgroup(struct registry *reg, const char *path, __u64 cgroup_id,
			const struct container **out, struct error *err)
{
	struct registry_newborn newborn = { .path = path, .cgroup_id = cgroup_id, .search = true };

	return registry_add_newborn(reg, &newborn, out, err);
}

int registry_add_begun(struct registry *reg, const struct registry_newborn *newborn,
		       const struct container **out, struct error *err)
{
	const char *path = newborn->path;
	struct entry *e;
	int r = entries_add(&reg->entries, strrchr(path, '/') + 1, path, strlen(path),
			    newborn->cgroup_id, &e);

	if (r < 0)
		return error_set(err, r, "remember the container of cgroup '%s'", path);
	e->c->runtime = newborn->begun;
	*out = e->c;
	return 0;
}

/* --- asking ---------------------------------------------------------------------- */

const struct container *registry_find(const struct registry *reg, __u64 cgroup_id)
{
	const struct entry *e = entries_find(&reg->entries, cgroup_id);

	return e ? e->c : NULL;
}

const struct container *registry_owner(const struct registry *reg, const char *path)
{
	const struct entry *e = entries_twin(&reg->entries, path);

	if (!e)
		e = entries_owner(&reg->entries, path);
	return e ? e->c : NULL;
}

size_t registry_count(const struct registry *reg)
{
	return reg->entries.count;
}

const struct container *registry_at(const struct registry *reg, size_t i)
{
	return reg->entries.list[i]->c;
}

/* --- life ------------------------------------------------------------------------ */

/* The runtimes see the mount without the prefix that a DaemonSet gives it. */
static const char *without_host_root(const char *mount, const char *host)
{
	size_t len = host ? strlen(host) : 0;

	while (len && host[len - 1] == '/')
		len--;
	return mount && len && !strncmp(mount, host, len) && mount[len] == '/' ? mount + len
									       : mount;
}

static void find_mounts(struct registry_settings *s)
{
	const char *v2 = cgroup_fs_mount_point(s->cgroups, "/");
	const char *v1 = cgroup_fs_mount_point(s->cgroups, CGROUP_V1_PREFIX "/");
	enum cgroup_v1_controller controller = cgroup_fs_v1_controller(s->cgroups);

	s->runtimes.cgroups.v2 = without_host_root(v2, s->runtimes.host_root);
	s->runtimes.cgroups.v1 = without_host_root(v1, s->runtimes.host_root);
	s->runtimes.cgroups.v1_controller = cgroup_v1_controller_name(controller);
}

int registry_open(struct registry **out, const struct registry_settings *settings,
		  struct error *err)
{
	struct registry *reg;
	size_t i;

	for (i = 0; settings->runtimes.extra_roots && settings->runtimes.extra_roots[i]; i++) {
		int r = runtime_root_check(settings->runtimes.extra_roots[i], err);

		if (r < 0)
			return r;
	}

	reg = calloc(1, sizeof(*reg));
	if (!reg)
		return error_set(err, -ENOMEM, "make the list of containers");

	reg->settings = *settings;
	find_mounts(&reg->settings);

	reg->settings.runtimes.cache = state_cache_new();
	if (!reg->settings.runtimes.cache || entries_init(&reg->entries) < 0) {
		registry_free(reg);
		return error_set(err, -ENOMEM, "make the list of containers");
	}

	*out = reg;
	return 0;
}

void registry_free(struct registry *reg)
{
	if (!reg)
		return;
	entries_clear(&reg->entries);
	state_cache_free(reg->settings.runtimes.cache);
	free(reg);
}

bool registry_remove(struct registry *reg, __u64 cgroup_id)
{
	return entries_remove(&reg->entries, cgroup_id);
}

int registry_sweep(struct registry *reg, registry_leaving *leaving, void *arg)
{
	size_t before = reg->entries.count, i;

	for (i = reg->entries.count; i-- > 0;) {
		const struct container *c = reg->entries.list[i]->c;
		int r;

		if (!is_gone(reg, c))
			continue;
		r = leaving ? leaving(c, arg) : 0;
		if (r)
			return r;
		entries_remove_at(&reg->entries, i);
	}
	return (int)(before - reg->entries.count);
}
