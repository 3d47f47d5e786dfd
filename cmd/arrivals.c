// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "arrivals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/id_map.h"
#include "container/runtime.h"
#include "event/clock.h"
#include "held.h"

#define MS 1000000ull

/*
 * When to look for the runtime's files.  Most have them before they make the cgroup;
 * runc and crun until they execute the program, of which RECORD_CGROUP_STARTED tells.
 * The waits are for what does neither.  The state of all containers is searched, for one
 * whose cgroup is not named after it, when the program starts and at the longer waits.
 */
#define FIRST_WAIT_NS  (2 * MS)
#define SEARCH_WAIT_NS (64 * MS)
#define NAME_NS        (250 * MS)   /* a container whose name has not come: go on without */
#define NO_OWNER_NS    (2000 * MS)  /* no container, then */
#define BEGUN_NS       (30000 * MS) /* its runtime has begun, and takes its time */
#define LATE_NAME_NS   (10000 * MS) /* a name that comes later serves the opens that come later */

/* Kept of one cgroup: one that never becomes a container can't use up everybody's room. */
#define HELD_PER_CGROUP (HELD_BYTES / 4)

enum arrival_state {
	ARRIVAL_UNKNOWN,  /* whose it is */
	ARRIVAL_KNOWN,    /* its opens are root_id's, whatever root they were recorded with */
	ARRIVAL_UNWANTED, /* drop what is still on the way */
};

struct arrival {
	struct arrival *next; /* in the list of those to look at again */
	__u64 cgroup_id;
	__u64 root_id; /* the filter's, and once known its container's */
	__u64 born_ns, due_ns, wait_ns;
	enum arrival_state state;
	bool listed;
	bool inherited; /* made inside of something that is traced, and a part of that */
	bool waits;     /* and so do its opens */
	bool started;   /* a program runs in it */
	bool gone;
	bool search;       /* look thoroughly, the next time */
	bool seen;         /* looked at while it was there */
	bool by_root;      /* made by root, outside of all containers */
	const char *begun; /* see registry_newborn */
	const char *maker; /* the runtime that made the cgroup, by its comm */
	size_t held_bytes, held_count;
	__u64 lost[LOSS_COUNT]; /* wait, too */
	char path[];
};

struct arrivals {
	struct arrivals_settings use;
	struct id_map *by_id;
	struct arrival *listed;
	struct held *held;
	bool settled; /* one has come to be known since the last release */
};

struct arrivals *arrivals_new(const struct arrivals_settings *settings)
{
	struct arrivals *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->use = *settings;
	a->by_id = id_map_new();
	a->held = held_new();
	if (!a->by_id || !a->held) {
		arrivals_free(a);
		return NULL;
	}
	return a;
}

void arrivals_free(struct arrivals *a)
{
	size_t pos = 0;
	void *value;

	if (!a)
		return;
	while (a->by_id && id_map_next(a->by_id, &pos, NULL, &value))
		free(value);
	id_map_free(a->by_id);
	held_free(a->held);
	free(a);
}

static struct arrival *find(const struct arrivals *a, __u64 cgroup_id)
{
	return id_map_get(a->by_id, cgroup_id);
}

static void list(struct arrivals *a, struct arrival *y)
{
	y->listed = true;
	y->next = a->listed;
	a->listed = y;
}

static void unlist(struct arrivals *a, struct arrival *y)
{
	struct arrival **at = &a->listed;

	if (!y->listed)
		return;
	while (*at != y)
		at = &(*at)->next;
	*at = y->next;
	y->listed = false;
}

static void forget(struct arrivals *a, struct arrival *y)
{
	unlist(a, y);
	id_map_remove(a->by_id, y->cgroup_id);
	free(y);
}

/* NULL without memory. */
static struct arrival *add(struct arrivals *a, __u64 cgroup_id, const char *path)
{
	struct arrival *y = find(a, cgroup_id);

	if (y)
		return y;
	y = calloc(1, sizeof(*y) + strlen(path) + 1);
	if (!y || id_map_put(a->by_id, cgroup_id, y) < 0) {
		free(y);
		return NULL;
	}
	strcpy(y->path, path);
	y->cgroup_id = cgroup_id;
	y->born_ns = boot_now_ns();
	y->wait_ns = FIRST_WAIT_NS;
	list(a, y);
	return y;
}

/* --- whose it is ------------------------------------------------------------------ */

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

/* The filter has no room: not seen from here on, and that is said, too. */
static int trace_or_lose(struct arrivals *a, const struct container *c, int r)
{
	if (r != -E2BIG)
		return r;
	return a->use.lost(c, c->cgroup_id, LOSS_MAP_FULL, 1, a->use.arg);
}

static void become_known(struct arrivals *a, struct arrival *y, __u64 root_id)
{
	y->state = ARRIVAL_KNOWN;
	y->root_id = root_id;
	a->settled = true;
	wake_others(a, y);
}

/* Nobody could look while it was there: it may have been a container's. */
static int lose_unidentified(struct arrivals *a, const struct arrival *y)
{
	__u64 count = y->held_count;

	for (int reason = 0; reason < LOSS_COUNT; reason++)
		count += y->lost[reason];
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
		forget(a, y);
		return 0;
	}
	r = lose_unidentified(a, y);
	return r < 0 ? r : become_unwanted(a, y, now_ns);
}

/* It is the root of a container that is wanted. */
static int take_root(struct arrivals *a, struct arrival *y, const struct container *c, __u64 now_ns,
		     struct error *err)
{
	int r;

	if (y->gone)
		r = targets_tell(a->use.targets, c, err);
	else
		r = trace_or_lose(a, c, targets_add_container(a->use.targets, c, err));
	if (r < 0)
		return r;
	become_known(a, y, c->cgroup_id);
	if (c->has_state || y->gone)
		unlist(a, y);
	else
		look_later(y, now_ns);
	return 0;
}

/* It lies inside of one. */
static int take_inside(struct arrivals *a, struct arrival *y, const struct container *c,
		       struct error *err)
{
	become_known(a, y, c->cgroup_id);
	unlist(a, y);
	if (y->gone)
		return 0;
	if (cgroup_path_is_v1(y->path) && !cgroup_path_is_v1(c->cgroup_path)) {
		tracer_untrace(a->use.tracer, y->cgroup_id); /* v2's is enough */
		return 0;
	}
	return trace_or_lose(a, c, targets_trace(a->use.targets, y->cgroup_id, c->cgroup_id, err));
}

static bool waits_for_owner(const struct arrivals *a, const struct container *c)
{
	const struct arrival *owner = find(a, c->cgroup_id);

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
	r = root && y->inherited ? targets_cut_out(a->use.targets, c, err) : 0;
	return r < 0 ? r : become_unwanted(a, y, now_ns);
}

bool arrivals_owner(const struct arrivals *a, __u64 root_id, const struct container **c)
{
	const struct arrival *y = find(a, root_id);

	if (y && (y->state == ARRIVAL_UNWANTED || (y->state == ARRIVAL_UNKNOWN && y->waits)))
		return false;
	*c = registry_find(a->use.registry, y && y->state == ARRIVAL_KNOWN ? y->root_id : root_id);
	return true;
}

static bool is_gone(const struct arrivals *a, const struct arrival *y)
{
	__u64 id;

	return cgroup_id_of(a->use.cgroups, y->path, &id, NULL) < 0 || id != y->cgroup_id;
}

/*
 * Can its name be what a runtime called it?  Else it was given by somebody who is not
 * root, or perhaps by a program that runs in a cgroup above.
 */
static bool may_be_forged(const struct arrivals *a, const struct arrival *y)
{
	if (y->inherited || !y->by_root)
		return true;
	for (const struct arrival *other = a->listed; other; other = other->next)
		if (other->started && is_below(y->path, other->path))
			return true;
	return false;
}

/* 1 and *c, or 0, or -errno. */
static int look_up(struct arrivals *a, struct arrival *y, const struct container **c,
		   struct error *err)
{
	struct registry_newborn newborn = {
		.path = y->path,
		.cgroup_id = y->cgroup_id,
		.search = y->search || y->gone || y->wait_ns >= SEARCH_WAIT_NS,
	};
	int r = registry_add_newborn(a->use.registry, &newborn, c, err);

	y->search = false;
	if (!y->begun && !may_be_forged(a, y))
		y->begun = newborn.begun;
	if (!r && !y->seen)
		y->seen = y->begun || !is_gone(a, y);
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
	r = look_up(a, y, &c, err);
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
	unlist(a, y);
	return r ? targets_tell(a->use.targets, c, err) : 0;
}

/* May forget it. */
static int look_at(struct arrivals *a, struct arrival *y, __u64 now_ns, struct error *err)
{
	switch (y->state) {
	case ARRIVAL_UNKNOWN:
		return identify(a, y, now_ns, err);
	case ARRIVAL_KNOWN:
		return look_for_name(a, y, now_ns, err);
	case ARRIVAL_UNWANTED:
		forget(a, y);
	}
	return 0;
}

static struct arrival *due(const struct arrivals *a, __u64 now_ns)
{
	struct arrival *y = a->listed;

	while (y && y->due_ns > now_ns)
		y = y->next;
	return y;
}

/* --- what waited for it ------------------------------------------------------------ */

static bool is_ready(const struct open_record *record, void *arg)
{
	const struct arrival *y = find(arg, record->cgroup_id);

	return !y || y->state != ARRIVAL_UNKNOWN;
}

/* It comes by arrivals_open() again. */
static int pass_on(const struct open_record *record, size_t len, void *arg)
{
	struct arrivals *a = arg;

	return tracer_replay(a->use.tracer, record, len);
}

static int pass_on_losses(struct arrivals *a, struct arrival *y)
{
	for (int reason = 0; reason < LOSS_COUNT; reason++) {
		__u64 count = y->lost[reason];
		int r;

		y->lost[reason] = 0;
		r = count ? arrivals_lost(a, y->cgroup_id, reason, count) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static int release(struct arrivals *a)
{
	const struct held_release ready = { is_ready, pass_on, a };
	size_t pos = 0;
	void *value;
	int r;

	if (!a->settled)
		return 0;
	a->settled = false;
	r = held_release(a->held, &ready);
	while (!r && id_map_next(a->by_id, &pos, NULL, &value)) {
		struct arrival *y = value;

		if (y->state != ARRIVAL_UNKNOWN)
			r = pass_on_losses(a, y);
	}
	return r;
}

/* All that can be said now, and then what waited for it. */
static int look_at_all_due(struct arrivals *a, __u64 now_ns, struct error *err)
{
	struct arrival *y;

	while ((y = due(a, now_ns))) {
		int r = look_at(a, y, now_ns, err);

		if (r < 0)
			return r;
	}
	return release(a);
}

/* --- what the kernel tells ---------------------------------------------------------- */

/* The last word on it: files that are not there by now were never written. */
static int last_look(struct arrivals *a, struct arrival *y, struct error *err)
{
	const struct container *c = registry_find(a->use.registry, y->cgroup_id);

	y->gone = true;
	if (y->state == ARRIVAL_UNKNOWN)
		y->due_ns = 0;
	else if (y->state == ARRIVAL_KNOWN && c && c->cgroup_id == y->root_id)
		return targets_tell(a->use.targets, c, err); /* its name did not come */
	return look_at_all_due(a, boot_now_ns(), err);
}

static int gone(struct arrivals *a, __u64 cgroup_id, struct error *err)
{
	struct arrival *y = find(a, cgroup_id);
	int r = y ? last_look(a, y, err) : 0;

	if (!r)
		r = tracer_forget(a->use.tracer, cgroup_id);
	y = find(a, cgroup_id);
	if (y)
		forget(a, y);
	return r < 0 ? r : targets_forget(a->use.targets, cgroup_id);
}

/* The kernel's path is below the hierarchy's root, whichever that is. */
static struct arrival *add_told(struct arrivals *a, const struct cgroup_record *rec,
				const char *path)
{
	char tagged[CGROUP_PATH_BYTES + sizeof(CGROUP_V1_PREFIX)];

	if (!(rec->cgroup_id & CGROUP_ID_V1))
		return add(a, rec->cgroup_id, path);
	snprintf(tagged, sizeof(tagged), CGROUP_V1_PREFIX "%s", path);
	return add(a, rec->cgroup_id, tagged);
}

int arrivals_cgroup(struct arrivals *a, const struct cgroup_record *rec, const char *path,
		    struct error *err)
{
	struct arrival *y;

	switch (rec->type) {
	case RECORD_CGROUP_NEW:
		y = add_told(a, rec, path);
		if (!y)
			return error_set(err, -ENOMEM, "remember cgroup '%s'", path);
		y->root_id = rec->root_id;
		y->inherited = rec->root_id != rec->cgroup_id;
		y->by_root = rec->maker[0];
		y->maker = runtime_of_comm(rec->maker);
		y->waits = !y->inherited || targets_has_excludes(a->use.targets);
		break;
	case RECORD_CGROUP_STARTED:
		y = find(a, rec->cgroup_id);
		if (y && y->state == ARRIVAL_UNKNOWN) {
			y->started = y->search = true;
			y->due_ns = 0;
		}
		break;
	case RECORD_CGROUP_GONE:
		return gone(a, rec->cgroup_id, err);
	}
	return look_at_all_due(a, boot_now_ns(), err);
}

/* The record that announced it was lost.  If it is gone, too, nobody can tell any more: -ENOENT. */
static int add_unannounced(struct arrivals *a, __u64 cgroup_id, struct error *err)
{
	auto_free char *path = NULL;
	struct arrival *y;
	int r = cgroup_path_of_id(a->use.cgroups, cgroup_id, &path, err);

	if (r < 0)
		return r;
	y = add(a, cgroup_id, path);
	if (!y)
		return error_set(err, -ENOMEM, "remember cgroup '%s'", path);
	y->waits = true;
	return 0;
}

static void keep(struct arrivals *a, struct arrival *y, const struct open_record *record)
{
	size_t len = sizeof(*record) + record->name_len + record->path_len;

	if (y->held_bytes + len > HELD_PER_CGROUP || held_keep(a->held, record, len) < 0)
		y->lost[LOSS_HELD_FULL]++;
	else
		y->held_bytes += len, y->held_count++;
}

static int pass_or_keep(struct arrivals *a, struct arrival *y, const struct open_record *record,
			const struct container **c)
{
	switch (y->state) {
	case ARRIVAL_UNKNOWN:
		if (!y->waits)
			return 1;
		keep(a, y, record);
		return 0;
	case ARRIVAL_KNOWN:
		*c = registry_find(a->use.registry, y->root_id);
		return 1;
	case ARRIVAL_UNWANTED:
		break;
	}
	return 0;
}

int arrivals_open(struct arrivals *a, const struct open_event *ev, const struct container **c,
		  struct error *err)
{
	const struct open_record *record = ev->record;
	struct arrival *y = find(a, record->cgroup_id);
	int r;

	*c = registry_find(a->use.registry, record->root_id);
	if (!y) {
		if (*c || !a->use.provisional || targets_has(a->use.targets, record->root_id))
			return 1;
		r = add_unannounced(a, record->cgroup_id, err);
		if (r == -ENOENT)
			return a->use.lost(NULL, record->cgroup_id, LOSS_RING_FULL, 1, a->use.arg);
		if (r)
			return r;
		y = find(a, record->cgroup_id);
	}
	return y ? pass_or_keep(a, y, record, c) : 0;
}

int arrivals_lost(struct arrivals *a, __u64 root_id, enum loss_reason reason, __u64 count)
{
	struct arrival *y = find(a, root_id);

	if (y && y->state == ARRIVAL_UNWANTED)
		return 0;
	if (y && y->waits && y->state == ARRIVAL_UNKNOWN) {
		y->lost[reason] += count;
		return 0;
	}
	if (y && y->state == ARRIVAL_KNOWN)
		root_id = y->root_id;
	return a->use.lost(registry_find(a->use.registry, root_id), root_id, reason, count,
			   a->use.arg);
}

/* Records of cgroups were lost, perhaps of some that were removed. */
static int look_for_gone(struct arrivals *a, struct error *err)
{
	auto_free __u64 *ids = calloc(id_map_count(a->by_id) + 1, sizeof(*ids));
	size_t pos = 0, n = 0;
	void *value;
	int r = 0;

	if (!ids)
		return error_set(err, -ENOMEM, "look for removed cgroups");
	while (id_map_next(a->by_id, &pos, NULL, &value))
		if (is_gone(a, value))
			ids[n++] = ((struct arrival *)value)->cgroup_id;
	for (size_t i = 0; i < n && !r; i++)
		r = gone(a, ids[i], err);
	return r < 0 ? r : targets_sweep(a->use.targets);
}

int arrivals_tick(struct arrivals *a, __u64 now_ns, struct error *err)
{
	if (tracer_missed_cgroups(a->use.tracer)) {
		int r = look_for_gone(a, err);

		if (r < 0)
			return r;
	}
	return a->listed ? look_at_all_due(a, now_ns, err) : 0;
}

__u64 arrivals_waiting_since(const struct arrivals *a, __u64 now_ns)
{
	__u64 since_ns = now_ns;

	for (const struct arrival *y = a->listed; y; y = y->next)
		if (y->state == ARRIVAL_UNKNOWN && y->held_count && y->born_ns < since_ns)
			since_ns = y->born_ns;
	return since_ns;
}

int arrivals_finish(struct arrivals *a, struct error *err)
{
	for (struct arrival *y = a->listed; y; y = y->next)
		if (y->state == ARRIVAL_UNKNOWN) {
			y->gone = true;
			y->due_ns = 0;
		}
	return look_at_all_due(a, boot_now_ns(), err);
}

int arrivals_wait_ms(const struct arrivals *a, __u64 now_ns, int max_ms)
{
	__u64 until_ns = now_ns + max_ms * MS;

	for (const struct arrival *y = a->listed; y; y = y->next)
		if (y->due_ns < until_ns)
			until_ns = y->due_ns;
	return until_ns <= now_ns ? 0 : (until_ns - now_ns + MS - 1) / MS;
}
