/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A container's runtime sets it up from inside of its cgroup: runc's init, or crun's
 * child, opens files of the host there until it executes the container's program.
 *
 * A process is in set-up from where it comes into a container's cgroup from outside
 * until it executes something, other than the runtime itself once more.  Its children
 * are, too.  A mark in `setups` says so, and holds only for what it was given to: the
 * same process, with the same executable, before its next exec.  So one that is
 * forgotten here does no harm.
 *
 * A container must not be able to hide in it.  Whoever moves a process must be outside
 * of all containers (is_outsider()), and so must the process's parent (is_insider()):
 * what a container moves around among its own cgroups is never set-up, nor is a
 * container's container.
 */
#ifndef CTRACE_SETUP_BPF_H
#define CTRACE_SETUP_BPF_H

#include "path.bpf.h"
#include "traced.bpf.h"

#define PF_FORKNOEXEC 0x00000040

struct setup {
	__u64 start_ns; /* of the process */
	__u64 exec_id;  /* counted up by each exec */
	__u64 exe;      /* inode */
	__u64 mnt_ns;   /* when it came */
	__u64 again;    /* it executes itself: the next that is opened for an exec is its loader */
};

/* By tgid.  One that finds no room is shown as the container's own. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct setup);
} setups SEC(".maps");

/* How many there are: mostly none, and then nobody has to look. */
__u64 setup_count = 0;

/* --- tasks ------------------------------------------------------------------------- */

static __always_inline __u64 mnt_ns_of(struct task_struct *task)
{
	struct nsproxy *ns = kread(task, nsproxy);

	return ns ? (__u64)kread(ns, mnt_ns) : 0;
}

static __always_inline struct file *exe_of(struct task_struct *task)
{
	struct mm_struct *mm = kread(task, mm);

	return mm ? kread(mm, exe_file) : NULL;
}

static __always_inline __u64 exe_inode_of(struct task_struct *task)
{
	struct file *file = exe_of(task);

	return file ? (__u64)kread(file, f_inode) : 0;
}

/* --- marks ------------------------------------------------------------------------- */

static __always_inline void setup_end(struct task_struct *task)
{
	__u32 tgid = kread(task, tgid);

	if (!bpf_map_delete_elem(&setups, &tgid))
		__sync_fetch_and_add(&setup_count, -1);
}

static __always_inline void setup_put(struct task_struct *task, __u64 mnt_ns)
{
	__u32 tgid = kread(task, tgid);
	struct setup setup = {
		.start_ns = kread(kread(task, group_leader), start_time),
		.exec_id = kread(task, self_exec_id),
		.exe = exe_inode_of(task),
		.mnt_ns = mnt_ns,
	};

	setup_end(task);
	if (!bpf_map_update_elem(&setups, &tgid, &setup, BPF_NOEXIST))
		__sync_fetch_and_add(&setup_count, 1);
}

/*
 * Was it given to this process, as it is since its last exec?  The executable tells a container
 * that is restored from a checkpoint: CRIU becomes its program without an exec, but takes its
 * executable.
 */
static __always_inline bool is_mark_of(const struct setup *setup, struct task_struct *task)
{
	return setup->exec_id == kread(task, self_exec_id) &&
	       setup->start_ns == kread(kread(task, group_leader), start_time) &&
	       setup->exe == exe_inode_of(task);
}

/* NULL if the task is not in set-up. */
static __always_inline struct setup *setup_of(struct task_struct *task)
{
	struct setup *setup;
	__u32 tgid;

	if (!setup_count)
		return NULL;
	tgid = kread(task, tgid);
	setup = bpf_map_lookup_elem(&setups, &tgid);
	return setup && is_mark_of(setup, task) ? setup : NULL;
}

/* --- who comes from outside ----------------------------------------------------------- */

/*
 * Does `by`, who moves a task into dst, or makes one there, belong to no container?  One
 * that nobody knows yet may be a container already: then only its mount namespace tells
 * its programs from the host's, which made the cgroup.
 */
static __always_inline bool is_outsider(struct task_struct *by, const struct cgroup_entry *dst)
{
	const struct cgroup_entry *src = entry_of_task(by);

	if (!src || !(src->flags & CGROUP_CONTAINER))
		return true;
	if (!(src->flags & CGROUP_PROVISIONAL))
		return false;
	return src->top_id != dst->top_id || mnt_ns_of(by) == dst->maker_ns;
}

/* Has it been a part of the container before, and somebody outside moves it around there? */
static __always_inline bool is_insider(struct task_struct *task, const struct cgroup_entry *dst)
{
	struct task_struct *parent = kread(task, real_parent);
	const struct cgroup_entry *src = entry_of_task(parent);

	if (src && src->root_id == dst->root_id)
		return true;
	return !(kread(task, flags) & PF_FORKNOEXEC) && mnt_ns_of(task) != mnt_ns_of(parent);
}

/* The task has come into the cgroup of dst, by the doing of `by`. */
static __always_inline void setup_joined(struct task_struct *task, struct cgroup_entry *dst,
					 struct task_struct *by)
{
	if (!(dst->flags & CGROUP_CONTAINER))
		return;
	if (is_outsider(by, dst) && !is_insider(task, dst))
		setup_put(task, mnt_ns_of(task));
	/* Last: until then whoever opens there is being moved, see in_setup(). */
	dst->flags |= CGROUP_JOINED;
}

/* --- its events ------------------------------------------------------------------------ */

static __always_inline int setup_attached(struct cgroup *cgrp, struct task_struct *task)
{
	struct cgroup_entry *dst;
	__u64 id, tag;

	if (!hierarchy_tag(cgrp, &tag))
		return 0;
	id = kread(kread(cgrp, kn), id) | tag;
	dst = bpf_map_lookup_elem(&cgroups, &id);
	if (dst)
		setup_joined(task, dst, current_task());
	return 0;
}

/* A child may be born in another cgroup than its parent's: CLONE_INTO_CGROUP. */
static __always_inline int setup_forked(struct task_struct *parent, struct task_struct *child)
{
	struct cgroup_entry *dst;
	struct setup *setup;

	if (kread(parent, tgid) == kread(child, tgid)) /* a thread */
		return 0;
	if (kread(kread(parent, cgroups), dfl_cgrp) != kread(kread(child, cgroups), dfl_cgrp)) {
		dst = entry_of_task(child);
		if (dst)
			setup_joined(child, dst, parent);
	}
	setup = setup_of(parent);
	if (setup)
		setup_put(child, setup->mnt_ns);
	return 0;
}

/* runc copies itself into memory, and executes that, before it enters the container. */
static __always_inline bool is_runtime_again(const struct setup *setup, struct dentry *dentry,
					     __u64 inode)
{
	return inode == setup->exe || kind_of(dentry) == DENTRY_MEMFD;
}

/* True if the exec that has just succeeded is still the runtime's. */
static __always_inline bool setup_executed(struct task_struct *task)
{
	struct file *file = exe_of(task);
	struct setup *setup;
	__u32 tgid;

	if (!setup_count)
		return false;
	tgid = kread(task, tgid);
	setup = bpf_map_lookup_elem(&setups, &tgid);
	if (!setup)
		return false;
	/*
	 * Moved halfway through the exec, with self_exec_id counted up already.  That is what
	 * runc does: its init has just closed the descriptor that an exec closes.
	 */
	if (is_mark_of(setup, task))
		return true;
	if (!file || setup->exec_id + 1 != kread(task, self_exec_id) ||
	    setup->mnt_ns != mnt_ns_of(task) ||
	    !is_runtime_again(setup, kread(file, f_path.dentry), (__u64)kread(file, f_inode))) {
		setup_end(task);
		return false;
	}
	setup_put(task, setup->mnt_ns);
	return true;
}

static __always_inline int setup_exited(struct task_struct *task)
{
	if (setup_count && kread(task, pid) == kread(task, tgid))
		setup_end(task);
	return 0;
}

/* --- its opens ------------------------------------------------------------------------- */

/* The program that is executed at last is the container's own, also if that fails. */
static __always_inline bool is_runtimes_exec(struct setup *setup, const struct opened *opened)
{
	bool loader = setup->again;

	if (!opened->dentry)
		return false;
	setup->again = is_runtime_again(setup, opened->dentry, (__u64)opened->inode);
	return setup->again || loader;
}

/* Is the task's open, asked for and ended as scratch has it, a part of the set-up? */
static __always_inline bool in_setup(const struct scratch *s, struct task_struct *task,
				     __u32 traced_flags)
{
	struct setup *setup;

	if (!(traced_flags & CGROUP_CONTAINER))
		return false;
	setup = setup_of(task);
	if (is_exec(&s->request))
		return setup && is_runtimes_exec(setup, &s->opened);
	/* The first to come is moved before we are told: between the two it may open already. */
	return setup || !(traced_flags & CGROUP_JOINED);
}

#endif
