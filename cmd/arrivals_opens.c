// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Opens and losses of cgroups: kept until it is known whose they are, and then passed on. */
#include "arrivals_parts.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/id_map.h"
#include "held.h"

/* Kept of one cgroup: one that never becomes a container can't use up everybody's room. */
#define HELD_PER_CGROUP (HELD_BYTES / 4)

static bool is_ready(const struct open_record *record, void *arg)
{
	const struct arrival *y = arrival_find(arg, record->cgroup_id);

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

int arrivals_release(struct arrivals *a)
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

/* The record that announced it was lost.  If it is gone, too, nobody can tell any more: -ENOENT. */
static int add_unannounced(struct arrivals *a, __u64 cgroup_id, struct error *err)
{
	auto_free char *path = NULL;
	struct arrival *y;
	int r = cgroup_path_of_id(a->use.cgroups, cgroup_id, &path, err);

	if (r < 0)
		return r;
	y = arrival_add(a, cgroup_id, path);
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
	struct arrival *y = arrival_find(a, record->cgroup_id);
	int r;

	*c = registry_find(a->use.registry, record->root_id);
	if (!y) {
		if (*c || !a->use.provisional || targets_has(a->use.targets, record->root_id))
			return 1;
		/* to find it is dear, and in a flood most are gone by then */
		r = arrivals_are_crowded(a) ? -ENOENT : add_unannounced(a, record->cgroup_id, err);
		if (r == -ENOENT)
			return a->use.lost(NULL, record->cgroup_id, LOSS_RING_FULL, 1, a->use.arg);
		if (r)
			return r;
		y = arrival_find(a, record->cgroup_id);
	}
	return y ? pass_or_keep(a, y, record, c) : 0;
}

int arrivals_lost(struct arrivals *a, __u64 root_id, enum loss_reason reason, __u64 count)
{
	struct arrival *y = arrival_find(a, root_id);

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

bool arrivals_owner(const struct arrivals *a, __u64 root_id, const struct container **c)
{
	const struct arrival *y = arrival_find(a, root_id);

	if (y && (y->state == ARRIVAL_UNWANTED || (y->state == ARRIVAL_UNKNOWN && y->waits)))
		return false;
	*c = registry_find(a->use.registry, y && y->state == ARRIVAL_KNOWN ? y->root_id : root_id);
	return true;
}

__u64 arrivals_waiting_since(const struct arrivals *a, __u64 boot_ns)
{
	__u64 since_ns = boot_ns;

	for (const struct arrival *y = a->listed; y; y = y->next)
		if (y->state == ARRIVAL_UNKNOWN && y->held_count && y->born_boot_ns < since_ns)
			since_ns = y->born_boot_ns;
	return since_ns;
}
