/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A system call has ended; what it was asked for is still in the task's registers. */
#ifndef CTRACE_SYSCALL_DONE_BPF_H
#define CTRACE_SYSCALL_DONE_BPF_H

#include "interrupt.bpf.h"
#include "open.bpf.h"
#include "request.bpf.h"
#include "verdict.bpf.h"

/* How the current task, which is `task`, entered the kernel. */
static __always_inline struct pt_regs *current_regs(struct task_struct *task)
{
	if (TYPED_LOADS || HAS_TASK_PT_REGS)
		return (struct pt_regs *)bpf_task_pt_regs(TYPED_LOADS ? task
								      : bpf_get_current_task_btf());
	/* before 5.15 (dd6e10fbd9fb) they always are at the very end of the stack */
	return (struct pt_regs *)((__u64)kread(task, stack) + THREAD_SIZE -
				  bpf_core_type_size(struct pt_regs));
}

/*
 * Is a call of a task in a traced cgroup to be reported, which ended as ret?  Then scratch has
 * what it was asked for and what that led to.
 */
static __always_inline bool syscall_wanted(__u32 slot, struct scratch *s, struct task_struct *task,
					   const struct cgroup_entry *traced, struct pt_regs *regs,
					   __u64 nr, long ret)
{
	if (!task_wanted())
		return false;
	s->opened.dentry = NULL;
	if (!request_from_regs(slot, s, regs, nr, task) ||
	    !request_wanted(s, task, traced->flags, ret))
		return false;
	/* A successful exec was reported by sched_process_exec, with its file. */
	if (is_exec(&s->request))
		return ret < 0;
	if (ret >= 0)
		opened_set(&s->opened, file_of_fd(task, ret));
	return true;
}

/*
 * The scratch memory of what is to be reported, and the order to do so; NULL: nothing is.
 * An interrupted call is not over: it will be restarted, or end as EINTR in signal_deliver.
 * goes_on: by the program that sys_exit goes on to.
 */
static __always_inline struct scratch *syscall_ended(struct task_struct *task, struct pt_regs *regs,
						     __u64 nr, long ret, bool goes_on,
						     struct report_order *order)
{
	struct scratch *s = scratch_get(SCRATCH_SYS_EXIT);
	struct cgroup_entry *traced;
	__u64 cgroup_id;

	if (interrupted(ret)) {
		interruption_keep(regs, ret);
		return NULL;
	}
	traced = goes_on ? verdict_after(task, &cgroup_id) : traced_of(task, &cgroup_id);
	if (!traced || !s || !syscall_wanted(SCRATCH_SYS_EXIT, s, task, traced, regs, nr, ret))
		return NULL;
	*order = (struct report_order){
		.slot = SCRATCH_SYS_EXIT,
		.ret = ret,
		.cgroup_id = cgroup_id,
		.root_id = traced->root_id,
	};
	return s;
}

static __always_inline int signal_delivered(void *raw, int sig, struct k_sigaction *action)
{
	struct task_struct *task = current_task();
	struct pt_regs *regs = current_regs(task);
	struct scratch *s = scratch_get(SCRATCH_SIGNAL);
	struct cgroup_entry *traced;
	struct interruption was;
	__u64 cgroup_id;

	if (!interruption_get(&was, regs) || !interrupted(was.ret) ||
	    !ends_as_eintr(was.ret, sig, action))
		return 0;
	interruption_forget();
	traced = traced_of(task, &cgroup_id);
	if (!traced || !s || !syscall_wanted(SCRATCH_SIGNAL, s, task, traced, regs, was.nr, -EINTR))
		return 0;
	return report_last(raw, SCRATCH_SIGNAL, cgroup_id, traced->root_id, -EINTR);
}

#endif
