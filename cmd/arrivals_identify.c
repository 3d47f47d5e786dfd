// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Whose a new cgroup is: looked up, again and again, until that is settled. */
#include "arrivals_parts.h"

#include <errno.h>
#include <string.h>

#include "container/cgroup_path.h"
/*
 * When to look for the runtime's files.  Most have them before they make the cgroup;
 * runc and crun until they execute the program, of which RECORD_CGROUP_STARTED tells.
 * The waits are for what does neither.  The state of all containers is searched, for one
 * whose cgroup is not named after it, when the program starts and at the longer waits.
 */
#define SEARCH_WAIT_NS (64 * MS)
#define NAME_NS        (250 * MS)   /* a container whose name has not come: go on without */
#define NO_OWNER_NS    (2000 * MS)  /* no container, then */
#define BEGUN_NS       (30000 * MS) /* its runtime has begun, and takes its time */
#define LATE_NAME_NS   (10000 * MS) /* a name that comes later serves the opens that come later */

static void look_later(struct arrival *y, __u64 now_ns)
{
	y->due_ns = now_ns + y->wait_ns;
	y->wait_ns *= 2;
}

static bool is_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	return !strncmp(path, root, len) && path[len] == '/';
}

static bool is_twin(const char *path, const char *of)
{
	return cgroup_path_is_v1(path) && !strcmp(cgroup_path_below_mount(path), of);
}

/* What lies inside of it, or beside it in v1, may have waited for it. */
static void wake_others(struct arrivals *a, const struct arrival *y)
{
	for (struct arrival *other = a->listed; other; other = other->next)
		if (other->state == ARRIVAL_UNKNOWN &&
		    (is_below(other->path, y->path) || is_twin(other->path, y->path)))
			other->due_ns = 0;
}

static void become_known(struct arrivals *a, struct arrival *y, __u64 root_id)
{
	y->state = ARRIVAL_KNOWN;
	y->root_id = root_id;
	a->settled = true;
	wake_others(a, y);
}

/* Opens of it that are kept, or were lost. */
static __u64 count_waiting(const struct arrival *y)
{
	__u64 count = y->held_count;

	for (int reason = 0; reason < LOSS_COUNT; reason++)
		count += y->lost[reason];
	return count;
}

/* Nobody could look while it was there: it may have been a container's. */
static int lose_unidentified(struct arrivals *a, const struct arrival *y)
{
	__u64 count = count_waiting(y);

	if (y->seen || !count)
		return 0;
	return a->use.lost(NULL, y->cgroup_id, LOSS_UNIDENTIFIED, count, a->use.arg);
}

/* What is on the way still has to be dropped: remember it for a while. */
static int become_unwanted(struct arrivals *a, struct arrival *y, __u64 now_ns)
{
	y->state = ARRIVAL_UNWANTED;
	y->due_ns = now_ns + NO_OWNER_NS;
	a->settled = true;
	wake_others(a, y);
	tracer_untrace(a->use.tracer, y->cgroup_id);
	return y->inherited ? 0 : tracer_forget(a->use.tracer, y->cgroup_id);
}

/* It is no container's.  What it was made in goes on to be traced, with it as a part. */
static int leave(struct arrivals *a, struct arrival *y, __u64 now_ns)
{
	int r;

	if (y->inherited) {
		a->settled = true;
		arrival_forget(a, y);
		return 0;
	}
	r = lose_unidentified(a, y);
	return r < 0 ? r : become_unwanted(a, y, now_ns);
}

/* Made and named in a container, whose own runtime no file of this host tells of. */
static bool is_nested(const struct arrival *y)
{
	struct cgroup_path path;

	return cgroup_path_parse(y->path, &path) && path.nested;
}

/* It is the root of a container that is wanted. */
static int take_root(struct arrivals *a, struct arrival *y, const struct container *c, __u64 now_ns,
		     struct error *err)
{
	int r;

	if (y->gone)
		r = targets_tell(a->use.targets, c, err);
	else
		r = targets_add_container(a->use.targets, c, err);
	if (r < 0)
		return r;
	become_known(a, y, c->cgroup_id);
	if (c->has_state || y->gone || is_nested(y))
		arrival_unlist(a, y);
	else
		look_later(y, now_ns);
	return 0;
}

/* It lies inside of one. */
static int take_inside(struct arrivals *a, struct arrival *y, const struct container *c,
		       struct error *err)
{
	int r;

	become_known(a, y, c->cgroup_id);
	arrival_unlist(a, y);
	if (y->gone)
		return 0;
	if (cgroup_path_is_v1(y->path) && !cgroup_path_is_v1(c->cgroup_path)) {
		tracer_untrace(a->use.tracer, y->cgroup_id); /* v2's is enough */
		return 0;
	}
	r = targets_trace(a->use.targets, y->cgroup_id, c->cgroup_id, err);
	if (r != -E2BIG)
		return r;
	tracer_leave_out(a->use.tracer, y->cgroup_id);
	return 0;
}

static bool waits_for_owner(const struct arrivals *a, const struct container *c)
{
	const struct arrival *owner = arrival_find(a, c->cgroup_id);

	return owner && owner->state == ARRIVAL_UNKNOWN;
}

/* Is it too early to say, since not all is known of its container that may be soon? */
static bool is_early(const struct arrivals *a, const struct arrival *y, const struct container *c,
		     __u64 now_ns)
{
	if (y->gone || !y->waits)
		return false;
	if (c->cgroup_id != y->cgroup_id)
		return waits_for_owner(a, c);
	return !c->has_state &&
	       now_ns - y->born_ns < (targets_has_doubts(a->use.targets) ? NO_OWNER_NS : NAME_NS);
}

static int settle(struct arrivals *a, struct arrival *y, const struct container *c, __u64 now_ns,
		  struct error *err)
{
	bool root = c->cgroup_id == y->cgroup_id;
	int r;

	if (y->inherited && c->cgroup_id == y->root_id)
		return leave(a, y, now_ns); /* as the kernel side has it */
	if (is_early(a, y, c, now_ns)) {
		look_later(y, now_ns);
		return 0;
	}
	if (targets_wants(a->use.targets, c))
		return root ? take_root(a, y, c, now_ns, err) : take_inside(a, y, c, err);
	if (root) /* what it lies in may come to be traced yet */
		tracer_cut_out(a->use.tracer, c->cgroup_id);
	r = root && y->inherited ? targets_cut_out(a->use.targets, c, err) : 0;
	return r < 0 ? r : become_unwanted(a, y, now_ns);
}

bool arrival_is_gone(const struct arrivals *a, const struct arrival *y)
{
	return cgroup_is_gone(a->use.cgroups, y->path, y->cgroup_id);
}

/*
 * Can its name be what a runtime called it?  Else it was given by somebody who is not
 * root, or perhaps by a program that runs in a cgroup above.
 */
static bool may_be_forged(const struct arrivals *a, const struct arrival *y)
{
	if (arrival_is_stranger(y))
		return true;
	for (const struct arrival *other = a->listed; other; other = other->next)
		if (other->started && is_below(y->path, other->path))
			return true;
	return false;
}

/* One search finds what there is of all of them: those of the longer waits share it. */
static bool is_search_due(struct arrivals *a, const struct arrival *y, __u64 now_ns)
{
	if (!y->search && !y->gone &&
	    (y->wait_ns < SEARCH_WAIT_NS || now_ns - a->searched_ns < SEARCH_WAIT_NS))
		return false;
	a->searched_ns = now_ns;
	return true;
}

/* 1 and *c, or 0, or -errno. */
static int look_up(struct arrivals *a, struct arrival *y, __u64 now_ns, const struct container **c,
		   struct error *err)
{
	struct registry_newborn newborn = {
		.path = y->path,
		.cgroup_id = y->cgroup_id,
		.search = is_search_due(a, y, now_ns),
	};
	int r = registry_add_newborn(a->use.registry, &newborn, c, err);

	y->search = false;
	if (!y->begun && !may_be_forged(a, y))
		y->begun = newborn.begun;
	if (!r && !y->seen)
		y->seen = y->begun || !arrival_is_gone(a, y);
	/* Too quick for us: who made it, and what it was called, is all that anybody knows. */
	if (!r && !y->seen && !may_be_forged(a, y))
		y->begun = y->maker;
	if (r || !y->begun || !y->gone)
		return r;
	newborn.begun = y->begun;
	r = registry_add_begun(a->use.registry, &newborn, c, err);
	return r < 0 ? r : 1;
}

/*
 * A container that has a cgroup in v2 goes by that, and its runtime may make that of v1 a
 * moment before.  One that has none shows in a program that runs in v1's and in no other
 * that is traced; or in that time goes by.
 */
static bool may_get_twin(const struct arrivals *a, const struct arrival *y, __u64 now_ns)
{
	return cgroup_path_is_v1(y->path) && !cgroup_path_is_v1(*cgroup_fs_roots(a->use.cgroups)) &&
	       !y->started && now_ns - y->born_ns < NAME_NS;
}

static int look_for_twin(struct arrivals *a, struct arrival *y, __u64 now_ns, struct error *err)
{
	const struct container *c = registry_owner(a->use.registry, y->path);

	if (c && !cgroup_path_is_v1(c->cgroup_path))
		return settle(a, y, c, now_ns, err);
	if (y->gone)
		return leave(a, y, now_ns);
	y->due_ns = y->born_ns + NAME_NS;
	return 0;
}

static int identify(struct arrivals *a, struct arrival *y, __u64 now_ns, struct error *err)
{
	const struct container *c;
	int r;

	if (may_get_twin(a, y, now_ns))
		return look_for_twin(a, y, now_ns, err);
	if (y->gone && arrival_is_stranger(y) && !count_waiting(y))
		return leave(a, y, now_ns); /* it has done nothing: never mind whose it was */
	r = look_up(a, y, now_ns, &c, err);
	if (r < 0)
		return r;
	if (r)
		return settle(a, y, c, now_ns, err);
	if (y->gone || now_ns - y->born_ns >= (y->begun ? BEGUN_NS : NO_OWNER_NS))
		return leave(a, y, now_ns);
	look_later(y, now_ns);
	return 0;
}

/* It is traced already, but its name was late. */
static int look_for_name(struct arrivals *a, struct arrival *y, __u64 now_ns, struct error *err)
{
	const struct container *c;
	int r = registry_add_cgroup(a->use.registry, y->path, y->cgroup_id, &c, err);

	if (r < 0)
		return r;
	if (!(r && c->has_state) && now_ns - y->born_ns < LATE_NAME_NS) {
		look_later(y, now_ns);
		return 0;
	}
	arrival_unlist(a, y);
	return r ? targets_tell(a->use.targets, c, err) : 0;
}

/* May forget it. */
int arrival_look_at(struct arrivals *a, struct arrival *y, __u64 now_ns, struct error *err)
{
	switch (y->state) {
	case ARRIVAL_UNKNOWN:
		return identify(a, y, now_ns, err);
	case ARRIVAL_KNOWN:
		return look_for_name(a, y, now_ns, err);
	case ARRIVAL_UNWANTED:
		arrival_forget(a, y);
	}
	return 0;
}
