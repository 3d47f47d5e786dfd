/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the filter said of a cgroup, remembered by each CPU.
 *
 * To ask it takes the cgroup's id, which is three pointers away from the task, and a look-up:
 * 100 ns of every open, also of the many that are outside of all that is traced.  So a CPU
 * keeps the last answer of either kind, by the cgroup's address, until the filter may have
 * changed or a task of another cgroup opens something, which is seldom beside what it costs to
 * go over to that.  Who changes the filter says so to each CPU.
 *
 * An address names one cgroup until that is removed, and another one has it only after a
 * cgroup_mkdir, which counts as a change (cgroup_made()).  A CPU's answers are read and
 * written by hooks whose programs nothing of ours can interrupt where this is used.
 */
#ifndef CTRACE_VERDICT_BPF_H
#define CTRACE_VERDICT_BPF_H

#include "syscall.bpf.h"
#include "traced.bpf.h"

/* Not a map by CPU: to look that up would be 5 to 10 ns of each open. */
struct filter_seen filter_seen[FILTER_SEEN_CPUS] = {};

/* After it has. */
static __always_inline void filter_changed(void)
{
	for (__u32 cpu = 0; cpu < settings.cpus && cpu < FILTER_SEEN_CPUS; cpu++)
		__sync_fetch_and_add(&filter_seen[cpu].changes, 1);
}

static __always_inline struct filter_seen *filter_seen_here(void)
{
	struct filter_seen *seen = &filter_seen[bpf_get_smp_processor_id() % FILTER_SEEN_CPUS];

	asm volatile("" : "+r"(seen)); /* or it is calculated for each use */
	return seen;
}

/*
 * Of the one in v2 that the current task is in.  The verifier knows all the way to be there
 * (BTF_TYPE_SAFE_RCU in kernel/bpf/verifier.c, since 6.4).
 */
static __always_inline __u64 own_cgroup_address(struct task_struct *task)
{
	return (__u64)kread_known(kread_known(task, cgroups), dfl_cgrp);
}

/*
 * Neither what the kernel side changes by itself (a provisional entry, and one that nobody
 * has joined), nor what depends on the task's cgroup in v1, too.
 */
static __always_inline bool verdict_lasts(const struct cgroup_entry *entry)
{
	if (!LOADS_IN_ORDER || looks_at_v1())
		return false;
	return !entry || (entry->flags & (CGROUP_PROVISIONAL | CGROUP_JOINED)) == CGROUP_JOINED;
}

static __always_inline struct cgroup_entry *
verdict_ask(struct filter_seen *seen, struct task_struct *task, __u64 cgroup, __u64 *id)
{
	__u64 changes = seen->changes; /* first: what changes from here on is not among them */
	struct cgroup_entry *entry = traced_of(task, id);

	if (seen->changes_then != changes) {
		seen->outside = 0;
		seen->inside = 0;
		seen->changes_then = changes;
	}
	if (!entry) {
		seen->outside = verdict_lasts(NULL) ? cgroup : 0;
		return NULL;
	}
	seen->inside = verdict_lasts(entry) ? cgroup : 0;
	seen->id = *id;
	seen->entry = *entry;
	return &seen->entry;
}

/* Is the task in a cgroup that is known not to be traced? */
static __always_inline bool is_outside(struct task_struct *task)
{
	struct filter_seen *seen = filter_seen_here();
	__u64 cgroup = own_cgroup_address(task);

	seen->cgroup = cgroup;
	return seen->outside == cgroup && seen->changes_then == seen->changes;
}

/*
 * Of the task, in the cgroup of that address.  The entry is a copy, good for the open under way.
 * NULL if that is not traced.
 */
static __always_inline struct cgroup_entry *
verdict_of(struct filter_seen *seen, struct task_struct *task, __u64 cgroup, __u64 *id)
{
	bool holds = seen->changes_then == seen->changes;

	if (holds && seen->inside == cgroup) {
		*id = seen->id;
		return &seen->entry;
	}
	if (holds && seen->outside == cgroup)
		return NULL;
	return verdict_ask(seen, task, cgroup, id);
}

/* Two CPUs with the same line would mix what they remember. */
static __always_inline bool cpus_remember(void)
{
	return settings.cpus <= FILTER_SEEN_CPUS;
}

/* By a program that goes on from the one that has asked is_outside(). */
static __always_inline struct cgroup_entry *verdict_after(struct task_struct *task, __u64 *id)
{
	struct filter_seen *seen = filter_seen_here();

	return cpus_remember() ? verdict_of(seen, task, seen->cgroup, id) : traced_of(task, id);
}

/* The same by any other one, by what is remembered where that can be. */
static __always_inline struct cgroup_entry *traced_or_verdict(struct task_struct *task, __u64 *id)
{
	struct filter_seen *seen;

	if (!settings.uninterrupted || !cpus_remember())
		return traced_of(task, id);
	seen = filter_seen_here();
	return verdict_of(seen, task, own_cgroup_address(task), id);
}

#endif
