// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "targets_parts.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/id_map.h"
#include "container/cgroup_ends.h"
#include "container/select.h"
#include "scan.h"

#define SCAN_INTERVAL_NS 60000000000ull /* between looks for new names, and what was missed */

/* Are containers meant at all, or only cgroups? */
static bool asks_for_containers(const struct options *o)
{
	return !o->cgroups.count || o->selector.wanted[SELECT_CONTAINER].count ||
	       selector_has_set(&o->selector);
}

bool targets_endless(const struct options *o)
{
	if (*o->command) /* ctrace run traces its own cgroup only */
		return false;
	if (o->wait)
		return true;
	return asks_for_containers(o) && !o->selector.wanted[SELECT_CONTAINER].count;
}

/* A container inside of a traced one is traced from birth, also one that is excluded. */
bool targets_watch(const struct options *o)
{
	return targets_endless(o) || (!*o->command && selector_has_excludes(&o->selector));
}

struct targets *targets_new(const struct targets_settings *settings)
{
	struct targets *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->use = *settings;
	t->selector = settings->options->selector;
	t->endless = targets_endless(settings->options);
	t->census = census_new(settings->tell, settings->arg);
	t->by_id = id_map_new();
	t->ends = cgroup_ends_new();
	if (!t->census || !t->by_id || !t->ends) {
		targets_free(t);
		return NULL;
	}
	return t;
}

static void free_targets(struct target *target)
{
	while (target) {
		struct target *next = target->next;

		free(target);
		target = next;
	}
}

void targets_free(struct targets *t)
{
	if (!t)
		return;
	free_targets(t->live);
	free_targets(t->ended);
	id_map_free(t->by_id);
	cgroup_ends_free(t->ends);
	census_free(t->census);
	free(t);
}

/* --- into the filter ----------------------------------------------------------- */

struct add {
	struct targets *t;
	__u64 root_id; /* of what was asked for */
	size_t path_len;
	size_t room; /* for so many more cgroups */
	__u64 lost;  /* for want of it */
	struct error *err;
};

int targets_tell(struct targets *t, const struct container *c, struct error *err)
{
	int r = census_add(t->census, t->begun ? CONTAINER_STARTED : CONTAINER_RUNNING, c);

	return r == -ENOMEM ? error_set(err, r, "remember container '%s'", c->id) : r;
}

/* Inside of what was asked for there may be containers that nobody shall see. */
static bool is_cut_out(const struct add *add, const struct container *owner)
{
	return strlen(owner->cgroup_path) > add->path_len &&
	       selector_excludes(&add->t->selector, owner);
}

int targets_trace(struct targets *t, __u64 cgroup_id, __u64 root_id, struct error *err)
{
	bool container = registry_find(t->use.registry, root_id) != NULL;

	return tracer_trace(t->use.tracer, cgroup_id, root_id, container, err);
}

/* From above, which is what tracer_leave_out() asks for; path begins with the root's. */
static bool root_is_found(const struct add *add, const char *path)
{
	size_t level = 0;

	for (size_t i = 0; i < add->path_len; i++)
		level += path[i] == '/';
	return level <= ROOT_LEVEL_MAX;
}

/* A container inside of what was asked for keeps its own name. */
static int add_visited(const char *path, __u64 cgroup_id, void *arg)
{
	struct add *add = arg;
	const struct container *owner = registry_owner(add->t->use.registry, path);
	int r;

	if (owner && is_cut_out(add, owner)) {
		if (owner->cgroup_id == cgroup_id)
			tracer_cut_out(add->t->use.tracer, cgroup_id);
		return 0;
	}
	r = add->room ? targets_trace(add->t, cgroup_id, owner ? owner->cgroup_id : add->root_id,
				      add->err)
		      : -E2BIG;
	if (r == -E2BIG) {
		if (cgroup_id != add->root_id && root_is_found(add, path))
			tracer_leave_out(add->t->use.tracer, cgroup_id);
		else
			add->lost++;
		return 0;
	}
	add->room--;
	if (r < 0 || !owner || owner->cgroup_id != cgroup_id)
		return r;
	/* What starts is told of once its name is known, too. */
	return owner->has_state || !add->t->begun ? targets_tell(add->t, owner, add->err) : 0;
}

bool targets_has(const struct targets *t, __u64 cgroup_id)
{
	return id_map_get(t->by_id, cgroup_id) != NULL;
}

/* A container that has filled the filter is no reason not to trace the others. */
static int tell_lost(const struct add *add)
{
	const struct targets *t = add->t;

	if (!add->lost)
		return 0;
	return t->use.lost(registry_find(t->use.registry, add->root_id), add->root_id,
			   LOSS_MAP_FULL, add->lost, t->use.arg);
}

/* Nobody knows what is below, so it may be anything; what is done there is told all the same. */
static void leave_out_below(const char *path, void *arg)
{
	struct add *add = arg;

	if (root_is_found(add, path))
		tracer_leave_out_all(add->t->use.tracer);
	else
		add->lost++;
	registry_complain_closed(add->t->use.registry, path);
}

/*
 * Parents go into the filter before their children are listed, so a cgroup made
 * meanwhile is either listed or has inherited its entry in the kernel.
 */
static int add_target(struct targets *t, const char *path, __u64 cgroup_id, bool by_cgroup,
		      struct error *err)
{
	struct add add = {
		.t = t, .root_id = cgroup_id, .path_len = strlen(path), .room = SIZE_MAX, .err = err
	};
	const struct cgroup_visitor visitor = { add_visited, leave_out_below, &add };
	struct target *target;
	int r;

	if (registry_find(t->use.registry, cgroup_id))
		add.room = 1 + CGROUPS_BELOW_MAX;
	if (targets_has(t, cgroup_id))
		return 0;
	target = calloc(1, sizeof(*target) + strlen(path) + 1);
	if (!target || id_map_put(t->by_id, cgroup_id, target) < 0) {
		free(target);
		return error_set(err, -ENOMEM, "trace cgroup '%s'", path);
	}
	strcpy(target->path, path);
	target->cgroup_id = cgroup_id;
	target->by_cgroup = by_cgroup;
	target->next = t->live;
	t->live = target;
	if (!t->endless)
		cgroup_ends_add(t->ends, t->use.cgroups, path);
	r = cgroup_walk(t->use.cgroups, path, &visitor, err);
	if (r == -EACCES) { /* the one that it lies in is closed */
		leave_out_below(path, &add);
		r = add_visited(path, cgroup_id, &add);
	}
	return r < 0 ? r : tell_lost(&add);
}

int targets_add_cgroup(struct targets *t, const char *path, struct error *err)
{
	__u64 cgroup_id;
	int r;

	r = cgroup_id_of(t->use.cgroups, path, &cgroup_id, err);
	return r < 0 ? r : add_target(t, path, cgroup_id, true, err);
}

int targets_add_container(struct targets *t, const struct container *c, struct error *err)
{
	int r = add_target(t, c->cgroup_path, c->cgroup_id, false, err);

	/* It ended under our hands: as if it had ended a moment later, when it had been told of. */
	if (r == -ENOENT)
		r = c->has_state ? targets_tell(t, c, err) : 0;
	return r;
}

struct selected {
	struct targets *t;
	struct error *err;
};

static int add_selected(const struct container *c, void *arg)
{
	const struct selected *selected = arg;

	/* Without its state nobody knows whether it is wanted: it is being looked after. */
	if (selected->t->begun && !c->has_state)
		return 0;
	return targets_add_container(selected->t, c, selected->err);
}

static int add_all_selected(struct targets *t, bool wait, struct error *err)
{
	struct selected selected = { t, err };

	return select_containers(t->use.registry, &t->selector, wait, add_selected, &selected, err);
}

/* Ours is not traced: each line that we write would make us write the next. */
static void find_own(struct targets *t)
{
	const char *const *root = cgroup_fs_roots(t->use.cgroups);
	const struct container *own = NULL;

	for (; *root && !own; root++) {
		auto_free char *path = NULL;

		if (cgroup_own(t->use.cgroups, *root, &path, NULL) == 0)
			own = registry_owner(t->use.registry, path);
	}
	t->selector.own_cgroup_id = own ? own->cgroup_id : 0;
}

static int select_cgroups(struct targets *t, struct error *err)
{
	const struct options *o = t->use.options;

	for (size_t i = 0; i < o->cgroups.count; i++) {
		char *path;
		int r;

		r = cgroup_resolve(t->use.cgroups, o->cgroups.at[i], &path, err);
		if (r < 0)
			return r;
		r = targets_add_cgroup(t, path, err);
		free(path);
		if (r < 0)
			return r;
	}
	return 0;
}

int targets_select(struct targets *t, struct error *err)
{
	const struct options *o = t->use.options;
	int r;

	r = scan_containers(t->use.registry, err);
	if (r < 0)
		return r;
	find_own(t);
	if (asks_for_containers(o))
		r = add_all_selected(t, o->wait, err);
	if (!r)
		r = select_cgroups(t, err);
	t->begun = true;
	return r;
}

/* --- containers that start, and those inside ------------------------------------- */

/* Below what is traced, so that the kernel began with it at its birth? */
static bool is_inside(const struct targets *t, const struct container *c)
{
	for (const struct target *target = t->live; target; target = target->next) {
		size_t len = strlen(target->path);

		if (!strncmp(target->path, c->cgroup_path, len) && c->cgroup_path[len] == '/')
			return true;
	}
	return false;
}

static bool wanted(const struct targets *t, const struct container *c)
{
	if (is_inside(t, c))
		return !selector_excludes(&t->selector, c);
	return t->endless && asks_for_containers(t->use.options) && selector_wants(&t->selector, c);
}

bool targets_wants(const struct targets *t, const struct container *c)
{
	return wanted(t, c);
}

bool targets_has_doubts(const struct targets *t)
{
	return !selector_is_trivial(&t->selector);
}

bool targets_has_excludes(const struct targets *t)
{
	return selector_has_excludes(&t->selector);
}

static int untrace_visited(const char *path, __u64 cgroup_id, void *arg)
{
	const struct targets *t = arg;

	(void)path;
	tracer_untrace(t->use.tracer, cgroup_id);
	return 0;
}

static void closed_to_cut_out(const char *path, void *arg)
{
	const struct targets *t = arg;

	registry_complain_closed(t->use.registry, path);
}

/* Parents first, as in add_target(). */
int targets_cut_out(struct targets *t, const struct container *c, struct error *err)
{
	const struct cgroup_visitor visitor = { untrace_visited, closed_to_cut_out, t };
	int r = cgroup_walk(t->use.cgroups, c->cgroup_path, &visitor, err);

	if (r == -EACCES) {
		closed_to_cut_out(c->cgroup_path, t);
		r = untrace_visited(c->cgroup_path, c->cgroup_id, t);
	}
	return r == -ENOENT ? 0 : r;
}

/* Names change, and a cgroup whose record found no room in the ring is still there. */
static int scan_again(struct targets *t, __u64 now_ns, struct error *err)
{
	int r;

	if (!t->next_scan_ns)
		t->next_scan_ns = now_ns + SCAN_INTERVAL_NS;
	if (now_ns < t->next_scan_ns)
		return 0;
	t->next_scan_ns = now_ns + SCAN_INTERVAL_NS;
	r = registry_scan(t->use.registry, NULL, NULL, err);
	return r < 0 || !asks_for_containers(t->use.options) ? r : add_all_selected(t, true, err);
}

int targets_tick(struct targets *t, __u64 now_ns, struct error *err)
{
	if (t->endless)
		return scan_again(t, now_ns, err);
	if (cgroup_ends_due(t->ends, now_ns))
		targets_drop_ended(t);
	return 0;
}

size_t targets_count(const struct targets *t)
{
	return id_map_count(t->by_id);
}
