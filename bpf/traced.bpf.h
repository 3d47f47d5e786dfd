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

static __always_inline bool looks_at_v1(void)
{
	return settings.cgroup_v1 && v1_traced;
}

static __always_inline struct cgroup_entry *traced_v1(struct task_struct *task, __u64 *id)
{
	*id = v1_id_of(task);
	return traced_get(id);
}

/*
 * The traced cgroup that a task is in, v2's before v1's; NULL if neither is traced.  By
 * loads, since bpf_get_current_cgroup_id() takes 50 ns of every open on the host.
 */
static __always_inline struct cgroup_entry *traced_of(struct task_struct *task, __u64 *id)
{
	struct cgroup_entry *entry;

	*id = kread(kread(kread(kread(task, cgroups), dfl_cgrp), kn), id);
	entry = traced_get(id);
	return entry || !looks_at_v1() ? entry : traced_v1(task, id);
}

static __always_inline struct cgroup_entry *entry_of_task(struct task_struct *task)
{
	__u64 id;

	return traced_of(task, &id);
}

static __always_inline struct cgroup_entry *current_traced(__u64 *id)
{
	return traced_of((struct task_struct *)bpf_get_current_task(), id);
}

#endif
