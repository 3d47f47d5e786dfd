/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A system call has ended; what it was asked for is still in the task's registers. */
#ifndef CTRACE_SYSCALL_DONE_BPF_H
#define CTRACE_SYSCALL_DONE_BPF_H

#include "interrupt.bpf.h"
#include "open.bpf.h"
#include "verdict.bpf.h"

/* How the current task, which is `task`, entered the kernel. */
static __always_inline struct pt_regs *current_regs(struct task_struct *task)
{
	if (HAS_TASK_PT_REGS)
		return (struct pt_regs *)bpf_task_pt_regs(TYPED_LOADS ? task
								      : bpf_get_current_task_btf());
	/* before 5.15 (dd6e10fbd9fb) they always are at the very end of the stack */
	return (struct pt_regs *)((__u64)kread(task, stack) + THREAD_SIZE -
				  bpf_core_type_size(struct pt_regs));
}

/* By a task in the traced cgroup.  raw: see report_last(). */
static __always_inline int syscall_done_in(const struct cgroup_entry *traced, __u64 cgroup_id,
					   struct task_struct *task, void *raw, __u32 slot,
					   struct pt_regs *regs, __u64 nr, long ret)
{
	struct scratch *s;

	if (!task_wanted())
		return 0;
	s = scratch_get(slot);
	if (!s)
		return 0;
	s->opened.dentry = NULL;
	if (!request_from_regs(&s->request, regs, nr, task) ||
	    !request_wanted(s, task, traced->flags, ret))
		return 0;
	/* A successful exec was reported by sched_process_exec, with its file. */
	if (s->request.call == CALL_EXECVE || s->request.call == CALL_EXECVEAT) {
		if (ret >= 0)
			return 0;
	} else if (ret >= 0) {
		opened_set(&s->opened, file_of_fd(task, ret));
	}
	return report_last(raw, slot, cgroup_id, traced->root_id, ret);
}

/* An interrupted call is not over: it will be restarted, or end as EINTR in signal_deliver. */
static __always_inline int syscall_ended(struct pt_regs *regs, __u64 nr, long ret)
{
	struct task_struct *task = current_task();
	struct cgroup_entry *traced;
	__u64 cgroup_id;

	if (interrupted(ret)) {
		interruption_keep(regs, ret);
		return 0;
	}
	traced = traced_or_verdict(task, &cgroup_id);
	if (!traced)
		return 0;
	return syscall_done_in(traced, cgroup_id, task, NULL, SCRATCH_SYS_EXIT, regs, nr, ret);
}

static __always_inline int signal_delivered(void *raw, int sig, struct k_sigaction *action)
{
	struct task_struct *task = current_task();
	struct pt_regs *regs = current_regs(task);
	struct cgroup_entry *traced;
	struct interruption was;
	__u64 cgroup_id;

	if (!interruption_get(&was, regs) || !interrupted(was.ret) ||
	    !ends_as_eintr(was.ret, sig, action))
		return 0;
	interruption_forget();
	traced = traced_of(task, &cgroup_id);
	if (!traced)
		return 0;
	return syscall_done_in(traced, cgroup_id, task, raw, SCRATCH_SIGNAL, regs, was.nr, -EINTR);
}

#endif
