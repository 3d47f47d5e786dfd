/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The filter's map: which traced cgroup is a task in? */
#ifndef CTRACE_TRACED_BPF_H
#define CTRACE_TRACED_BPF_H

#include "cgroup_v1.bpf.h"
#include "maps.bpf.h"

/*
 * How many of them are of v1: mostly none, and then nobody has to look there.  Volatile,
 * so that it isn't even read where settings rule v1 out.
 */
volatile __u64 v1_traced = 0;

static __always_inline void count_v1(__u64 id, __s64 change)
{
	if (settings.cgroup_v1 && id & CGROUP_ID_V1)
		__sync_fetch_and_add(&v1_traced, change);
}

/*
 * How many of them have an id that ends in this number: most tasks of the host are in none
 * of those, and one load tells so.  The map is asked for the others alone.
 */
__u32 traced_hints[TRACED_HINTS] = {};

static __always_inline void count_traced(__u64 id, __s64 change)
{
	__sync_fetch_and_add(&traced_hints[id % TRACED_HINTS], change);
	count_v1(id, change);
}

/* NULL if it is not traced. */
static __always_inline struct cgroup_entry *traced_get(const __u64 *id)
{
	if (!traced_hints[*id % TRACED_HINTS])
		return NULL;
	return bpf_map_lookup_elem(&cgroups, id);
}

/* Counted first: whoever is in it must find it. */
static __always_inline long traced_add(__u64 id, const struct cgroup_entry *entry)
{
	long r;

	count_traced(id, 1);
	r = bpf_map_update_elem(&cgroups, &id, entry, BPF_NOEXIST);
	if (r)
		count_traced(id, -1);
	return r;
}

static __always_inline void traced_remove(__u64 id)
{
	if (!bpf_map_delete_elem(&cgroups, &id))
		count_traced(id, -1);
}

/* --- what the filter has no room for --------------------------------------------------- */

/*
 * A container may have more cgroups than the filter has room for.  What is in those is found
 * to be the container's from above, by a walk over all that the cgroup lies in.  They have
 * their hints, for good, so that hardly anybody else has to walk; and nobody before there are
 * any.
 */
__u32 left_out = 0;

static __always_inline void traced_leave_out(__u64 id)
{
	__sync_fetch_and_add(&traced_hints[id % TRACED_HINTS], 1);
	left_out = 1;
}

/* Containers inside of traced ones that are not. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u8);
} cut_out SEC(".maps");

static __always_inline __u64 cgroup_id_of(struct cgroup *cgrp)
{
	return kread(kread(cgrp, kn), id);
}

static __always_inline __u64 ancestor_id(struct cgroup *cgrp, __u32 level)
{
	void *moved = (void *)cgrp + sizeof(cgrp) * level;

	if (bpf_core_field_exists(cgrp->ancestors))
		return cgroup_id_of(
			kread_ptr(moved + bpf_core_field_offset(struct cgroup, ancestors)));
	return (__u64)kread_ptr(moved + bpf_core_field_offset(struct cgroup, ancestor_ids));
}

/*
 * One step of root_above(), from what is above that level.  A global function, so that the
 * verifier, which goes every step of the loop, looks into one only.
 */
__noinline __u64 root_at_level(__u64 cgroup, __u32 level, __u64 tag, __u64 root_id)
{
	__u64 id = ancestor_id((struct cgroup *)cgroup, level) | tag;
	const struct cgroup_entry *entry = traced_get(&id);

	if (entry)
		return entry->flags & CGROUP_PROVISIONAL ? 0 : entry->root_id;
	return root_id && bpf_map_lookup_elem(&cut_out, &id) ? 0 : root_id;
}

/*
 * The root of what is traced that the cgroup of that address lies in; 0: it lies in nothing,
 * or nobody knows yet.  Downwards, since it may be any number of levels below the last that
 * had room.
 */
__noinline __u64 root_above(__u64 cgroup, __u64 tag)
{
	__u32 own_level = kread((struct cgroup *)cgroup, level);
	__u64 root_id = 0;

	for (__u32 level = 0; level <= ROOT_LEVEL_MAX && level <= own_level; level++)
		root_id = root_at_level(cgroup, level, tag, root_id);
	return root_id;
}

/* --- which is a task in? ------------------------------------------------------------------ */

static __always_inline bool looks_at_v1(void)
{
	return settings.cgroup_v1 && v1_traced;
}

/* Of the one in v2 that the task is in. */
static __always_inline __u64 cgroup_address(struct task_struct *task)
{
	struct css_set *set = kread(task, cgroups);

	return kread_word((void *)set + bpf_core_field_offset(set->dfl_cgrp));
}

static __always_inline struct cgroup_entry *entry_above(__u64 cgroup, __u64 tag)
{
	__u64 root_id = root_above(cgroup, tag);

	return root_id ? bpf_map_lookup_elem(&cgroups, &root_id) : NULL;
}

/*
 * The entry of the traced cgroup that a task is in, v2's before v1's, or of the root where
 * that is left out; NULL if neither is traced.  By loads, since bpf_get_current_cgroup_id()
 * takes 50 ns of every open on the host.
 */
static __always_inline struct cgroup_entry *traced_of(struct task_struct *task, __u64 *id)
{
	struct cgroup_entry *entry;

	*id = kread(kread(kread(kread(task, cgroups), dfl_cgrp), kn), id);
	if (traced_hints[*id % TRACED_HINTS]) {
		entry = bpf_map_lookup_elem(&cgroups, id);
		if (!entry && left_out)
			entry = entry_above(cgroup_address(task), 0);
		if (entry)
			return entry;
	}
	if (!looks_at_v1())
		return NULL;
	*id = v1_id_of(task);
	entry = traced_get(id);
	return entry || !left_out ? entry : entry_above(v1_cgroup_address(task), CGROUP_ID_V1);
}

static __always_inline struct cgroup_entry *entry_of_task(struct task_struct *task)
{
	__u64 id;

	return traced_of(task, &id);
}

static __always_inline struct cgroup_entry *current_traced(__u64 *id)
{
	return traced_of(current_task(), id);
}

#endif
