// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Each container is one entry, found in three ways: by the id of its root cgroup
 * (the event path), by that cgroup's path, and by the container's id.
 *
 * Who may say what, since containers can make cgroups of any name below their own:
 *
 * - a state file that names a cgroup is believed: the runtime wrote it;
 * - a state file that names none is joined by id to a cgroup whose path has that id,
 *   but never to one inside another container, where the name is that container's choice;
 * - a cgroup inside a container that bears the id of a container of the host is a
 *   fraud (or a copy) and stays a part of the container it is in.
 */
#include "container/registry.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/id_map.h"
#include "container/cgroup_path.h"

struct entry {
	struct container *c;
	struct entry *next_by_path; /* others whose path has the same hash */
	struct entry *next_by_id;
	bool nested;  /* found by path, inside another container */
	bool by_name; /* its id is a person's word, not good for joining */
	bool hinted;  /* c->runtime is from the path */
	bool unnamed; /* known by a file that names its cgroup; the others are still to be asked */
	bool claimed; /* its id is from a file that names its cgroup */
	unsigned int named_in; /* the scan that read files with its names */
};

struct registry {
	struct registry_settings settings;
	struct id_map *by_cgroup;
	struct id_map *by_path; /* hash of the string -> list */
	struct id_map *by_id;
	struct entry **entries; /* oldest first */
	size_t count, room;
	unsigned int scans;
	const struct registry_newborn *newborn; /* the one that is being looked at */
};

/* --- the indices ----------------------------------------------------------------- */

/* FNV-1a.  Who makes collisions makes a list longer, nothing else. */
static __u64 hash_bytes(const char *s, size_t len)
{
	__u64 hash = 0xcbf29ce484222325ULL;

	while (len--)
		hash = (hash ^ (unsigned char)*s++) * 0x100000001b3ULL;
	return hash;
}

static __u64 hash_text(const char *s)
{
	return hash_bytes(s, strlen(s));
}

/* The newest goes first: a restarted container hides what was there before. */
static int link_by_path(struct registry *reg, struct entry *e)
{
	__u64 hash = hash_text(e->c->cgroup_path);

	e->next_by_path = id_map_get(reg->by_path, hash);
	return id_map_put(reg->by_path, hash, e);
}

static int link_by_id(struct registry *reg, struct entry *e)
{
	__u64 hash = hash_text(e->c->id);

	e->next_by_id = id_map_get(reg->by_id, hash);
	return id_map_put(reg->by_id, hash, e);
}

static void set_head(struct id_map *map, __u64 hash, struct entry *head)
{
	if (head)
		id_map_put(map, hash, head); /* replaces, so it can't fail */
	else
		id_map_remove(map, hash);
}

static void unlink_by_path(struct registry *reg, struct entry *e)
{
	__u64 hash = hash_text(e->c->cgroup_path);
	struct entry *head = id_map_get(reg->by_path, hash), **at = &head;

	while (*at && *at != e)
		at = &(*at)->next_by_path;
	if (*at)
		*at = e->next_by_path;
	set_head(reg->by_path, hash, head);
}

static void unlink_by_id(struct registry *reg, struct entry *e)
{
	__u64 hash = hash_text(e->c->id);
	struct entry *head = id_map_get(reg->by_id, hash), **at = &head;

	while (*at && *at != e)
		at = &(*at)->next_by_id;
	if (*at)
		*at = e->next_by_id;
	set_head(reg->by_id, hash, head);
}

static struct entry *find_by_path(const struct registry *reg, const char *path, size_t len)
{
	struct entry *e = id_map_get(reg->by_path, hash_bytes(path, len));

	while (e && (strncmp(e->c->cgroup_path, path, len) != 0 || e->c->cgroup_path[len]))
		e = e->next_by_path;
	return e;
}

/* The innermost container that a cgroup is the root of or lies in. */
static struct entry *find_owner(const struct registry *reg, const char *path)
{
	size_t len = strlen(path);

	while (len > 1) {
		struct entry *e = find_by_path(reg, path, len);

		if (e)
			return e;
		while (len && path[len - 1] != '/')
			len--;
		len -= len > 0;
	}
	return NULL;
}

/* The one that a state file without a cgroup can be about. */
static struct entry *find_by_id(const struct registry *reg, const char *id)
{
	struct entry *e = id_map_get(reg->by_id, hash_text(id));

	while (e && (e->nested || e->by_name || strcmp(e->c->id, id) != 0))
		e = e->next_by_id;
	return e;
}

/* --- entries --------------------------------------------------------------------- */

static void entry_free(struct entry *e)
{
	if (!e)
		return;
	container_free(e->c);
	free(e);
}

static void cleanup_entry(struct entry **e)
{
	entry_free(*e);
}

#define auto_entry __attribute__((cleanup(cleanup_entry)))

static int make_room(struct registry *reg)
{
	size_t room = reg->room ? reg->room * 2 : 64;
	struct entry **entries;

	if (reg->count < reg->room)
		return 0;
	entries = reallocarray(reg->entries, room, sizeof(struct entry *));
	if (!entries)
		return -ENOMEM;
	reg->entries = entries;
	reg->room = room;
	return 0;
}

static void entry_unlink(struct registry *reg, struct entry *e)
{
	unlink_by_path(reg, e);
	unlink_by_id(reg, e);
	if (id_map_get(reg->by_cgroup, e->c->cgroup_id) == e)
		id_map_remove(reg->by_cgroup, e->c->cgroup_id);
}

static int entry_link(struct registry *reg, struct entry *e)
{
	int r = make_room(reg);

	if (r >= 0)
		r = id_map_put(reg->by_cgroup, e->c->cgroup_id, e);
	if (r >= 0)
		r = link_by_path(reg, e);
	if (r >= 0)
		r = link_by_id(reg, e);
	if (r < 0) {
		entry_unlink(reg, e);
		return r;
	}
	reg->entries[reg->count++] = e;
	return 0;
}

/* An entry with nothing but its id and its cgroup.  path: len bytes of it. */
static int entry_add(struct registry *reg, const char *id, const char *path, size_t len,
		     __u64 cgroup_id, struct entry **out)
{
	auto_entry struct entry *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return -ENOMEM;
	e->c = calloc(1, sizeof(*e->c));
	if (!e->c)
		return -ENOMEM;
	e->c->id = strdup(id);
	e->c->cgroup_path = strndup(path, len);
	e->c->cgroup_id = cgroup_id;
	if (!e->c->id || !e->c->cgroup_path)
		return -ENOMEM;

	r = entry_link(reg, e);
	if (r < 0)
		return r;
	*out = steal_ptr(&e);
	return 0;
}

static void remove_at(struct registry *reg, size_t i)
{
	struct entry *e = reg->entries[i];

	entry_unlink(reg, e);
	reg->count--;
	memmove(&reg->entries[i], &reg->entries[i + 1], (reg->count - i) * sizeof(struct entry *));
	entry_free(e);
}

bool registry_remove(struct registry *reg, __u64 cgroup_id)
{
	const struct entry *e = id_map_get(reg->by_cgroup, cgroup_id);
	size_t i;

	for (i = 0; e && i < reg->count; i++) {
		if (reg->entries[i] != e)
			continue;
		remove_at(reg, i);
		return true;
	}
	return false;
}

/*
 * A cgroup's id may come again once the cgroup is gone, and a cgroup never moves: one
 * with this id at another path is another.  Its end should have been told, but a
 * full ring can lose that.
 */
static void remove_reused(struct registry *reg, const char *path, size_t len, __u64 cgroup_id)
{
	const struct entry *e = id_map_get(reg->by_cgroup, cgroup_id);

	if (e && (strncmp(e->c->cgroup_path, path, len) != 0 || e->c->cgroup_path[len]))
		registry_remove(reg, cgroup_id);
}

/* The path may be there again, with another id: that is another container. */
static bool is_gone(const struct registry *reg, const struct container *c)
{
	struct error ignored;
	__u64 cgroup_id;

	return cgroup_id_of(reg->settings.cgroups, c->cgroup_path, &cgroup_id, &ignored) < 0 ||
	       cgroup_id != c->cgroup_id;
}

/* --- joining what the sources say ------------------------------------------------ */

/* A new value takes the old one's place; none leaves it. */
static void take(char **to, char **from)
{
	if (!*from)
		return;
	free(*to);
	*to = steal_ptr(from);
}

/* Podman and CRI-O let runc or crun do the work: those two know least who the runtime is. */
static bool is_low_level(const char *runtime)
{
	return !strcmp(runtime, "runc") || !strcmp(runtime, "crun");
}

static void join_runtime(struct entry *e, const char *runtime)
{
	if (!runtime)
		return;
	if (e->c->runtime && is_low_level(runtime))
		return;
	if (e->c->runtime && !e->hinted && !is_low_level(e->c->runtime))
		return;
	e->c->runtime = runtime;
	e->hinted = false;
}

/* A path says another id than the state file that names this cgroup: the file knows. */
static int join_id(struct registry *reg, struct entry *e, char **id)
{
	if (!strcmp(e->c->id, *id))
		return 0;
	unlink_by_id(reg, e);
	take(&e->c->id, id);
	return link_by_id(reg, e);
}

static int join_state(struct registry *reg, struct entry *e, struct container *c)
{
	take(&e->c->name, &c->name);
	take(&e->c->image, &c->image);
	take(&e->c->k8s_namespace, &c->k8s_namespace);
	take(&e->c->k8s_pod, &c->k8s_pod);
	take(&e->c->k8s_pod_uid, &c->k8s_pod_uid);
	take(&e->c->k8s_container, &c->k8s_container);
	container_take_labels(e->c, c);
	e->c->sandbox |= c->sandbox;
	e->c->has_state = true;
	if (c->init_pid)
		e->c->init_pid = c->init_pid;
	join_runtime(e, c->runtime);
	return join_id(reg, e, &c->id);
}

static int join_path(struct entry *e, const struct cgroup_path *path)
{
	e->nested = path->nested;
	e->by_name = path->by_name;

	if (!e->c->runtime) {
		e->c->runtime = path->runtime;
		e->hinted = true;
	}
	if (path->by_name) {
		e->c->has_state = true; /* the name is all there is */
		e->c->name = strdup(path->id);
		if (!e->c->name)
			return -ENOMEM;
	}
	if (e->c->k8s_pod_uid || !path->pod_uid[0])
		return 0;
	e->c->k8s_pod_uid = strdup(path->pod_uid);
	return e->c->k8s_pod_uid ? 0 : -ENOMEM;
}

/* --- from a cgroup's path -------------------------------------------------------- */

static int add_by_state(struct container *c, void *arg);

/* The path says "web-1"; LXC's files may know it as "web". */
static int read_lxc_name(struct registry *reg, const struct cgroup_path *path)
{
	struct runtime_query query = { .id = path->id, .runtime = "lxc" };
	struct error ignored;

	if (!path->by_name)
		return 0;
	return runtime_scan(&reg->settings.runtimes, &query, add_by_state, reg, &ignored);
}

static bool is_fraud(const struct registry *reg, const struct cgroup_path *path)
{
	return path->nested && !path->by_name && find_by_id(reg, path->id);
}

/*
 * The container whose own cgroup in v1 this is, or one below, while it is known by the one
 * that it has in v2.  Runtimes make both of the same name; plain runc may put v1's below
 * its own.  NULL if it is known by no other.
 */
static struct entry *find_twin(const struct registry *reg, const char *full)
{
	struct cgroup_path path;
	struct entry *e;

	if (!cgroup_path_is_v1(full))
		return NULL;
	e = find_owner(reg, cgroup_path_below_mount(full));
	if (e || !cgroup_path_parse(full, &path))
		return e;
	e = id_map_get(reg->by_id, hash_text(path.id));
	while (e && (strcmp(e->c->id, path.id) != 0 || cgroup_path_is_v1(e->c->cgroup_path) ||
		     (e->nested && !path.nested)))
		e = e->next_by_id;
	return e;
}

/*
 * The cgroup at full[0..root_len) is a container's root by its name.  *out is NULL for a
 * fraud, and another's entry for a twin.
 */
static int add_by_path(struct registry *reg, const char *full, const struct cgroup_path *path,
		       __u64 cgroup_id, struct entry **out)
{
	struct entry *e;
	int r;

	remove_reused(reg, full, path->root_len, cgroup_id);
	e = id_map_get(reg->by_cgroup, cgroup_id);
	if (!e)
		e = find_twin(reg, full);
	*out = e;
	if (e || is_fraud(reg, path))
		return 0;

	r = entry_add(reg, path->id, full, path->root_len, cgroup_id, &e);
	if (r < 0)
		return r;
	*out = e;
	r = join_path(e, path);
	return r < 0 || path->nested ? r : read_lxc_name(reg, path);
}

/* --- from a state file ----------------------------------------------------------- */

/* crun's may be a cgroup too deep ("<scope>/container"): cut it to the container's root. */
static char *root_in_state(const struct container *c)
{
	struct cgroup_path path;

	if (cgroup_path_parse(c->cgroup_path, &path) && !strcmp(path.id, c->id))
		return strndup(c->cgroup_path, path.root_len);
	return strdup(c->cgroup_path);
}

/* The path's hint is worth having too: "libpod-ID" says more than runc's state does. */
static int add_at(struct registry *reg, const char *id, const char *root, __u64 cgroup_id,
		  struct entry **out)
{
	struct cgroup_path path;
	struct entry *e;
	int r = entry_add(reg, id, root, strlen(root), cgroup_id, &e);

	if (!r)
		e->unnamed = true;
	if (!r && cgroup_path_parse(root, &path) && !root[path.root_len] && !strcmp(path.id, id))
		r = join_path(e, &path);
	if (!r)
		*out = e;
	return r;
}

/* As runtimes write it, mostly: nothing to resolve. */
static bool is_tidy(const char *path)
{
	size_t len;

	path = cgroup_path_below_mount(path);
	len = strlen(path);
	return len > 1 && path[0] == '/' && path[len - 1] != '/' && !strstr(path, "//") &&
	       !strstr(path, "/.");
}

/*
 * The cgroup at root as it is now; or as it was a moment ago if it is the one that
 * was asked about, whose container may have ended meanwhile.
 */
static bool find_cgroup_at(const struct registry *reg, const char *root, char **clean,
			   __u64 *cgroup_id)
{
	const struct cgroup_fs *fs = reg->settings.cgroups;
	int r;

	free(*clean);
	*clean = is_tidy(root) ? strdup(root) : NULL;
	if (!*clean && cgroup_resolve(fs, root, clean, NULL) < 0)
		return false;
	r = cgroup_id_of(fs, *clean, cgroup_id, NULL);
	if (!r)
		return true;
	if (r != -ENOENT || !reg->newborn || strcmp(root, reg->newborn->path) != 0)
		return false;
	*cgroup_id = reg->newborn->cgroup_id;
	return true;
}

/* crun's files don't say in which hierarchy it is. */
static bool find_cgroup(const struct registry *reg, const char *root, char **clean,
			__u64 *cgroup_id)
{
	auto_free char *in_v1 = NULL;

	if (find_cgroup_at(reg, root, clean, cgroup_id))
		return true;
	if (cgroup_path_is_v1(root) || !cgroup_fs_v1_controller(reg->settings.cgroups) ||
	    asprintf(&in_v1, CGROUP_V1_PREFIX "%s", root) < 0)
		return false;
	return find_cgroup_at(reg, in_v1, clean, cgroup_id);
}

/*
 * The entry of the cgroup that the file names, made if need be.  NULL if it names none,
 * one that is gone, or the root cgroup, which is everybody's.
 */
static int entry_by_state(struct registry *reg, const struct container *c, struct entry **out)
{
	auto_free char *root = NULL, *clean = NULL;
	__u64 cgroup_id;

	*out = NULL;
	if (!c->cgroup_path)
		return 0;
	root = root_in_state(c);
	if (!root)
		return -ENOMEM;
	if (!find_cgroup(reg, root, &clean, &cgroup_id) || cgroup_path_is_root(clean))
		return 0;

	remove_reused(reg, clean, strlen(clean), cgroup_id);
	*out = id_map_get(reg->by_cgroup, cgroup_id);
	if (!*out)
		*out = find_twin(reg, clean);
	return *out ? 0 : add_at(reg, c->id, clean, cgroup_id, out);
}

/* Is the container's first process in this cgroup, or below it? */
static bool lives_in(const struct registry *reg, const struct container *c, const char *root)
{
	auto_free char *path = NULL;
	size_t len = strlen(root);

	if (!c->init_pid ||
	    cgroup_of_pid(reg->settings.cgroups, root, c->init_pid, &path, NULL) < 0)
		return false;
	return !strncmp(path, root, len) && (!path[len] || path[len] == '/');
}

/* Does the cgroup bear the container's id, as it mostly does? */
static bool bears_id(const char *root, const char *id)
{
	struct cgroup_path path;

	return !strcmp(strrchr(root, '/') + 1, id) ||
	       (cgroup_path_parse(root, &path) && !root[path.root_len] && !strcmp(path.id, id));
}

/*
 * A container that was never deleted leaves its state file, and the cgroup that this
 * names may be another container's by now: then the one whose first process is in there
 * has it.  False if c is not that one.
 */
static bool may_claim(struct registry *reg, struct entry *e, const struct container *c)
{
	if (!e->claimed || !strcmp(e->c->id, c->id))
		return true;
	if (!lives_in(reg, c, e->c->cgroup_path))
		return false;
	container_forget_names(e->c);
	e->unnamed = true;
	return true;
}

/* A runtime_found: join it to its entry, or drop it if it is a dead container's. */
static int add_by_state(struct container *c, void *arg)
{
	struct registry *reg = arg;
	struct entry *e;
	int r = entry_by_state(reg, c, &e);

	if (!r && e && !may_claim(reg, e, c)) {
		container_free(c);
		return 0;
	}
	if (!r && e) {
		e->claimed = true;
		e->unnamed |= e->nested;
		e->nested = false; /* this host's runtime made it, wherever it is */
	}
	if (!r && !e)
		e = find_by_id(reg, c->id);
	if (!r && e && c->runtime && !c->cgroup_path)
		e->named_in = reg->scans;
	if (!r && e)
		r = join_state(reg, e, c);
	/* Perhaps a file of a former one that had this cgroup: the right one may still come. */
	if (!r && e && e->claimed && !e->by_name && !bears_id(e->c->cgroup_path, e->c->id))
		e->c->has_state = lives_in(reg, e->c, e->c->cgroup_path);
	container_free(c);
	return r;
}

static int read_state_of(struct registry *reg, const char *id, enum runtime_kind kind,
			 struct error *err)
{
	struct runtime_query query = { .id = id, .kind = kind };

	return runtime_scan(&reg->settings.runtimes, &query, add_by_state, reg, err);
}

static bool has_name(const char *id, void *arg)
{
	const struct entry *e = find_by_id(arg, id);

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

	for (i = 0; i < reg->count; i++) {
		if (!reg->entries[i]->unnamed)
			continue;
		query.id = unnamed++ ? NULL : reg->entries[i]->c->id;
	}
	if (!unnamed)
		return 0;

	r = runtime_scan(&reg->settings.runtimes, &query, add_by_state, reg, err);
	for (i = 0; i < reg->count; i++)
		reg->entries[i]->unnamed = false;
	return r;
}

/*
 * Containers whose cgroup is known already: no need to read them to explain a new cgroup,
 * unless it is at the very place of one, which has ended then and may have started again.
 */
static bool is_explained(const char *id, void *arg)
{
	const struct registry *reg = arg;
	const struct entry *e = find_by_id(reg, id);

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
	int r = runtime_scan(&reg->settings.runtimes, &named, add_by_state, reg, err);

	if (!r && newborn->search && !is_explained_cgroup(reg, newborn->path, newborn->cgroup_id))
		r = runtime_scan(&reg->settings.runtimes, &all, add_by_state, reg, err);
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
	struct put_off *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->cgroup_id = cgroup_id;
	p->path = strdup(path);
	*scan->last = p;
	scan->last = &p->next;
	return p->path ? 0 : -ENOMEM;
}

static int visit_cgroup(const char *path, __u64 cgroup_id, void *arg)
{
	struct tree_scan *scan = arg;
	struct cgroup_path parsed;
	struct entry *e;

	if (!cgroup_path_parse(path, &parsed) || path[parsed.root_len])
		return 0;
	if (parsed.nested)
		return put_off(scan, path, cgroup_id);
	return add_by_path(scan->reg, path, &parsed, cgroup_id, &e);
}

static int add_nested(struct registry *reg, const struct put_off *p)
{
	for (; p; p = p->next) {
		struct cgroup_path parsed;
		struct entry *e;
		int r;

		if (!cgroup_path_parse(p->path, &parsed))
			continue;
		r = add_by_path(reg, p->path, &parsed, p->cgroup_id, &e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int scan_tree(struct registry *reg, const char *root, struct error *err)
{
	struct tree_scan scan = { .reg = reg, .last = &scan.nested };
	int r = cgroup_walk(reg->settings.cgroups, root, visit_cgroup, &scan, err);

	if (!r)
		r = add_nested(reg, scan.nested);
	put_off_free(scan.nested);
	if (r == -ENOMEM)
		return error_set(err, r, "remember the containers of this host");
	return r;
}

/* In this scan, so that a container that is renamed gets its new name in the next. */
static bool is_named(const char *id, void *arg)
{
	const struct registry *reg = arg;
	const struct entry *e = find_by_id(reg, id);

	return e && e->named_in == reg->scans;
}

int registry_scan(struct registry *reg, struct error *err)
{
	struct runtime_query query = { .unwanted = is_named, .arg = reg };
	const char *const *root = cgroup_fs_roots(reg->settings.cgroups);
	int r = 0;

	reg->scans++;
	for (; *root && r >= 0; root++)
		r = scan_tree(reg, *root, err);
	if (r >= 0)
		r = runtime_scan(&reg->settings.runtimes, &query, add_by_state, reg, err);
	return r < 0 ? r : read_missing_names(reg, err);
}

/* --- one new cgroup -------------------------------------------------------------- */

/* By its name it is a container's root, or lies in one whose root may not be known yet. */
static int add_named(struct registry *reg, const char *path, const struct cgroup_path *parsed,
		     __u64 cgroup_id, struct error *err)
{
	auto_free char *root = strndup(path, parsed->root_len);
	struct error ignored;
	struct entry *e;
	int r;

	if (!root)
		return error_set(err, -ENOMEM, "remember the container of cgroup '%s'", path);
	if (path[parsed->root_len] &&
	    cgroup_id_of(reg->settings.cgroups, root, &cgroup_id, &ignored) < 0)
		return 0;

	r = add_by_path(reg, path, parsed, cgroup_id, &e);
	if (r < 0)
		return error_set(err, r, "remember the container of cgroup '%s'", path);
	if (!e || e->c->has_state)
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

	for (i = 0; c->name && !c->k8s_pod && i < reg->count; i++) {
		const struct container *other = reg->entries[i]->c;
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
	remove_reused(reg, path, strlen(path), newborn->cgroup_id);
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
	int r = entry_add(reg, strrchr(path, '/') + 1, path, strlen(path), newborn->cgroup_id, &e);

	if (r < 0)
		return error_set(err, r, "remember the container of cgroup '%s'", path);
	e->c->runtime = newborn->begun;
	*out = e->c;
	return 0;
}

/* --- asking ---------------------------------------------------------------------- */

const struct container *registry_find(const struct registry *reg, __u64 cgroup_id)
{
	const struct entry *e = id_map_get(reg->by_cgroup, cgroup_id);

	return e ? e->c : NULL;
}

const struct container *registry_owner(const struct registry *reg, const char *path)
{
	const struct entry *e = find_twin(reg, path);

	if (!e)
		e = find_owner(reg, path);
	return e ? e->c : NULL;
}

size_t registry_count(const struct registry *reg)
{
	return reg->count;
}

const struct container *registry_at(const struct registry *reg, size_t i)
{
	return reg->entries[i]->c;
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

	reg->by_cgroup = id_map_new();
	reg->by_path = id_map_new();
	reg->by_id = id_map_new();
	if (!reg->by_cgroup || !reg->by_path || !reg->by_id) {
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
	while (reg->count)
		entry_free(reg->entries[--reg->count]);
	free(reg->entries);
	id_map_free(reg->by_cgroup);
	id_map_free(reg->by_path);
	id_map_free(reg->by_id);
	free(reg);
}

int registry_sweep(struct registry *reg, registry_leaving *leaving, void *arg)
{
	size_t before = reg->count, i;

	for (i = reg->count; i-- > 0;) {
		const struct container *c = reg->entries[i]->c;
		int r;

		if (!is_gone(reg, c))
			continue;
		r = leaving ? leaving(c, arg) : 0;
		if (r)
			return r;
		remove_at(reg, i);
	}
	return (int)(before - reg->count);
}
