// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What the kernel side counts: losses and volumes by container, and what its processes opened. */
#include "tracer/tracer_parts.h"

#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/id_map.h"
#include "event/clock.h"
#include "tracer/kretprobe.h"

#define SKIPPED_INTERVAL_NS 1000000000ULL

/* Report what has come since *seen, and remember it. */
static int report_losses(struct tracer *t, __u64 root_id, const struct loss_counts *now,
			 struct loss_counts *seen)
{
	for (int reason = 0; reason < LOSS_COUNT; reason++) {
		__u64 fresh = now->lost[reason] - seen->lost[reason];
		int r = fresh ? t->handler.lost(root_id, reason, fresh, t->handler.arg) : 0;

		if (r < 0)
			return r;
		seen->lost[reason] = now->lost[reason];
	}
	return 0;
}

static int root_losses(struct tracer *t, __u64 root_id)
{
	struct loss_counts now, *seen;

	if (bpf_map__lookup_elem(t->skel->maps.losses, &root_id, sizeof(root_id), &now, sizeof(now),
				 0))
		return 0;
	seen = id_map_get_or_new(t->losses_seen, root_id, sizeof(*seen));
	return seen ? report_losses(t, root_id, &now, seen) : -ENOMEM;
}

static int all_root_losses(struct tracer *t)
{
	const struct bpf_map *map = t->skel->maps.losses;
	__u64 root_id, *prev = NULL;
	int r;

	while (!bpf_map__get_next_key(map, prev, &root_id, sizeof(root_id))) {
		r = root_losses(t, root_id);
		if (r < 0)
			return r;
		prev = &root_id;
	}
	return 0;
}

/*
 * Asking the kernel about each program is nine tenths of what an idle ctrace costs, so
 * that is done once a second, and when it is over.
 */
static bool time_for_skipped(struct tracer *t)
{
	__u64 now = boot_now_ns();

	if (!t->stopped && now < t->skipped_next_ns)
		return false;
	t->skipped_next_ns = now + SKIPPED_INTERVAL_NS;
	return true;
}

/*
 * Runs of our programs that the kernel skipped: it believed them to be running already, or
 * had no room to remember where a function's return leads to.
 */
static __u64 skipped_runs(const struct tracer *t)
{
	__u64 sum = t->kretprobes ? kretprobes_missed(t->kretprobes) : 0;

	for (int i = 0; i < t->hook_count; i++) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);

		if (!bpf_obj_get_info_by_fd(t->hooks[i].program, &info, &size))
			sum += info.recursion_misses; /* since 5.12, 9ed9e9ba2337 */
	}
	return sum;
}

int tracer_losses(struct tracer *t)
{
	/* before the map: what is counted meanwhile is for the next time */
	__u64 counted = __atomic_load_n(&t->skel->bss->losses_counted, __ATOMIC_ACQUIRE);
	struct loss_counts now = t->skel->bss->unattributed_losses;
	int r = counted != t->losses_looked_at ? all_root_losses(t) : 0;

	if (r < 0)
		return r;
	t->losses_looked_at = counted;
	now.lost[LOSS_SKIPPED] =
		time_for_skipped(t) ? skipped_runs(t) : t->unattributed_seen.lost[LOSS_SKIPPED];
	return report_losses(t, 0, &now, &t->unattributed_seen);
}

static int root_volume(struct tracer *t, __u64 root_id)
{
	struct volume_counts total;

	if (bpf_map__lookup_elem(t->skel->maps.volumes, &root_id, sizeof(root_id), &total,
				 sizeof(total), 0))
		return 0;
	return t->handler.volume(root_id, &total, t->handler.arg);
}

int tracer_volumes(struct tracer *t)
{
	const struct bpf_map *map = t->skel->maps.volumes;
	__u64 root_id, *prev = NULL;

	while (!bpf_map__get_next_key(map, prev, &root_id, sizeof(root_id))) {
		int r = root_volume(t, root_id);

		if (r < 0)
			return r;
		prev = &root_id;
	}
	return t->handler.volume(0, &t->skel->bss->unattributed_volume, t->handler.arg);
}

__u64 tracer_repeated(const struct tracer *t, __u64 hash)
{
	/* struct reported_open of the kernel side */
	struct {
		__u64 when_ns, repeated;
	} entry = {};

	bpf_map__lookup_elem(t->skel->maps.reported, &hash, sizeof(hash), &entry, sizeof(entry), 0);
	return entry.repeated;
}

int tracer_processes(const struct tracer *t, __u64 root_id, tracer_process *found, void *arg)
{
	const struct bpf_map *map = t->skel->maps.processes;
	struct process_key key, *prev = NULL;
	struct process_counts counts;
	int r = 0;

	/* a table that changes may begin again: no more rounds than it has places */
	for (int i = 0; !r && i < PROCESS_ENTRIES; i++) {
		if (bpf_map__get_next_key(map, prev, &key, sizeof(key)))
			return 0;
		prev = &key;
		if (key.root_id == root_id &&
		    !bpf_map__lookup_elem(map, &key, sizeof(key), &counts, sizeof(counts), 0))
			r = found(key.tgid, &counts, arg);
	}
	return r;
}

int tracer_forget(struct tracer *t, __u64 root_id)
{
	int r = root_losses(t, root_id);

	if (!r)
		r = root_volume(t, root_id);
	bpf_map__delete_elem(t->skel->maps.volumes, &root_id, sizeof(root_id), 0);
	bpf_map__delete_elem(t->skel->maps.losses, &root_id, sizeof(root_id), 0);
	free(id_map_remove(t->losses_seen, root_id));
	return r;
}
