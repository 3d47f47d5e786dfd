// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Cgroups that are made and removed while we trace, and when to look at them. */
#include "arrivals_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/id_map.h"
#include "container/runtime.h"
#include "event/clock.h"
#include "held.h"

#define TELL_INTERVAL_NS (1000 * MS) /* of what may come ten thousand times a second */

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

struct arrival *arrival_find(const struct arrivals *a, __u64 cgroup_id)
{
	return id_map_get(a->by_id, cgroup_id);
}

static void list(struct arrivals *a, struct arrival *y)
{
	y->listed = true;
	y->next = a->listed;
	a->listed = y;
}

void arrival_unlist(struct arrivals *a, struct arrival *y)
{
	struct arrival **at = &a->listed;

	if (!y->listed)
		return;
	while (*at != y)
		at = &(*at)->next;
	*at = y->next;
	y->listed = false;
}

void arrival_forget(struct arrivals *a, struct arrival *y)
{
	arrival_unlist(a, y);
	id_map_remove(a->by_id, y->cgroup_id);
	free(y);
}

/* NULL without memory. */
struct arrival *arrival_add(struct arrivals *a, __u64 cgroup_id, const char *path)
{
	struct arrival *y = arrival_find(a, cgroup_id);

	if (y)
		return y;
	y = calloc(1, sizeof(*y) + strlen(path) + 1);
	if (!y || id_map_put(a->by_id, cgroup_id, y) < 0) {
		free(y);
		return NULL;
	}
	strcpy(y->path, path);
	y->cgroup_id = cgroup_id;
	y->born_ns = awake_now_ns();
	y->born_boot_ns = boot_now_ns();
	y->wait_ns = ARRIVAL_FIRST_WAIT_NS;
	list(a, y);
	return y;
}

bool arrivals_are_crowded(const struct arrivals *a)
{
	size_t count = 0;

	for (const struct arrival *y = a->listed; y; y = y->next)
		count += y->state == ARRIVAL_UNKNOWN && arrival_is_stranger(y);
	return count >= ARRIVALS_STRANGERS_MAX;
}

static struct arrival *due(const struct arrivals *a, __u64 now_ns)
{
	struct arrival *y = a->listed;

	while (y && y->due_ns > now_ns)
		y = y->next;
	return y;
}

/* All that can be said now, and then what waited for it. */
static int look_at_all_due(struct arrivals *a, __u64 now_ns, struct error *err)
{
	struct arrival *y;

	while ((y = due(a, now_ns))) {
		int r = arrival_look_at(a, y, now_ns, err);

		if (r < 0)
			return r;
	}
	return arrivals_release(a);
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
	return look_at_all_due(a, awake_now_ns(), err);
}

/* All that anybody keeps of it, but for its container. */
static int forget(struct arrivals *a, __u64 cgroup_id)
{
	int r = tracer_forget(a->use.tracer, cgroup_id);
	struct arrival *y = arrival_find(a, cgroup_id);

	if (y)
		arrival_forget(a, y);
	if (!r)
		r = targets_forget(a->use.targets, cgroup_id);
	a->use.gone(cgroup_id, a->use.arg);
	return r;
}

static int gone(struct arrivals *a, __u64 cgroup_id, struct error *err)
{
	struct arrival *y = arrival_find(a, cgroup_id);
	int r = y ? last_look(a, y, err) : 0;

	if (!r)
		r = forget(a, cgroup_id);
	registry_remove(a->use.registry, cgroup_id);
	return r;
}

/* The kernel's path is below the hierarchy's root, whichever that is. */
static struct arrival *add_told(struct arrivals *a, const struct cgroup_record *rec,
				const char *path)
{
	char tagged[CGROUP_PATH_BYTES + sizeof(CGROUP_V1_PREFIX)];

	if (!(rec->cgroup_id & CGROUP_ID_V1))
		return arrival_add(a, rec->cgroup_id, path);
	snprintf(tagged, sizeof(tagged), CGROUP_V1_PREFIX "%s", path);
	return arrival_add(a, rec->cgroup_id, tagged);
}

/* Is it more than a part of what it was made in? */
static bool is_apart(const struct cgroup_record *rec)
{
	return rec->root_id == rec->cgroup_id;
}

/* Whose it is will not be known: what it was made in keeps it, or nobody sees it. */
static int turn_away(struct arrivals *a, const struct cgroup_record *rec)
{
	if (!is_apart(rec))
		return 0;
	a->turned_away++;
	tracer_untrace(a->use.tracer, rec->cgroup_id);
	return tracer_forget(a->use.tracer, rec->cgroup_id);
}

static int tell_turned_away(struct arrivals *a)
{
	__u64 count = a->turned_away;

	a->turned_away = 0;
	return count ? a->use.lost(NULL, 0, LOSS_MAP_FULL, count, a->use.arg) : 0;
}

int arrivals_cgroup(struct arrivals *a, const struct cgroup_record *rec, const char *path,
		    struct error *err)
{
	struct arrival *y;

	switch (rec->type) {
	case RECORD_CGROUP_NEW:
		if (!(rec->maker[0] && is_apart(rec)) && arrivals_are_crowded(a))
			return turn_away(a, rec);
		y = add_told(a, rec, path);
		if (!y)
			return error_set(err, -ENOMEM, "remember cgroup '%s'", path);
		y->root_id = rec->root_id;
		y->inherited = !is_apart(rec);
		y->by_root = rec->maker[0];
		y->maker = runtime_of_comm(rec->maker);
		y->waits = !y->inherited || targets_has_excludes(a->use.targets);
		if (y->waits && !y->by_root) /* most of a flood are gone by then */
			y->due_ns = y->born_ns + ARRIVAL_FIRST_WAIT_NS;
		break;
	case RECORD_CGROUP_STARTED:
		y = arrival_find(a, rec->cgroup_id);
		if (y && y->state == ARRIVAL_UNKNOWN) {
			y->started = y->search = true;
			y->due_ns = 0;
		}
		break;
	case RECORD_CGROUP_GONE:
		if (rec->root_id && !is_apart(rec) && !arrival_find(a, rec->cgroup_id))
			return 0; /* nothing was kept of it, but as a part */
		return gone(a, rec->cgroup_id, err);
	}
	return look_at_all_due(a, awake_now_ns(), err);
}

static int container_left(const struct container *c, void *arg)
{
	return forget(arg, c->cgroup_id);
}

/* Records of cgroups were lost, perhaps of some that were removed. */
static int look_for_gone(struct arrivals *a, struct error *err)
{
	size_t room = id_map_count(a->by_id) + targets_known(a->use.targets);
	auto_free __u64 *ids = calloc(room + 1, sizeof(*ids));
	size_t pos = 0, n = 0;
	__u64 id;
	void *value;
	int r;

	if (!ids)
		return error_set(err, -ENOMEM, "look for removed cgroups");
	while (id_map_next(a->by_id, &pos, &id, &value))
		if (!targets_has(a->use.targets, id) && arrival_is_gone(a, value))
			ids[n++] = id;
	n += targets_removed(a->use.targets, ids + n);
	for (size_t i = 0; i < n; i++) {
		r = gone(a, ids[i], err);
		if (r < 0)
			return r;
	}
	r = registry_sweep(a->use.registry, container_left, a);
	return r < 0 ? r : 0;
}

/* --- by the clock ----------------------------------------------------------------- */

int arrivals_tick(struct arrivals *a, __u64 now_ns, struct error *err)
{
	if (tracer_missed_cgroups(a->use.tracer)) {
		int r = look_for_gone(a, err);

		if (r < 0)
			return r;
	}
	if (now_ns >= a->tell_ns) {
		int r = tell_turned_away(a);

		if (r < 0)
			return r;
		a->tell_ns = now_ns + TELL_INTERVAL_NS;
	}
	return a->listed ? look_at_all_due(a, now_ns, err) : 0;
}

int arrivals_finish(struct arrivals *a, struct error *err)
{
	int r = tell_turned_away(a);

	if (r < 0)
		return r;
	for (struct arrival *y = a->listed; y; y = y->next)
		if (y->state == ARRIVAL_UNKNOWN) {
			y->gone = true;
			y->due_ns = 0;
		}
	return look_at_all_due(a, awake_now_ns(), err);
}

int arrivals_wait_ms(const struct arrivals *a, __u64 now_ns, int max_ms)
{
	__u64 until_ns = now_ns + max_ms * MS;

	for (const struct arrival *y = a->listed; y; y = y->next)
		if (y->due_ns < until_ns)
			until_ns = y->due_ns;
	return until_ns <= now_ns ? 0 : (until_ns - now_ns + MS - 1) / MS;
}
