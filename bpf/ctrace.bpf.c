// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The hooks.  Each is a door: it unpacks its context and calls one shared
 * function.  docs/hooks.md says why these and what each one misses.
 */
#include <linux/bpf.h>

#include "cgroup.bpf.h"
#include "open.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define RAW_ARG(type, n) ((type)ctx->args[n])

#define SIG_DFL    ((void *)0)
#define SIG_IGN    ((void *)1)
#define SA_RESTART 0x10000000

/* include/linux/errno.h: what a system call returns inside the kernel when a signal came. */
enum { ERESTARTSYS = 512, ERESTARTNOINTR = 513, ERESTARTNOHAND = 514, ERESTART_RESTARTBLOCK = 516 };
#define EINTR 4

/* Format of events/raw_syscalls/sys_exit. */
struct raw_syscalls_exit {
	__u64 common;
	__s64 id;
	__s64 ret;
};

static __always_inline bool interrupted(long ret)
{
	return ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK;
}

/* A signal without a handler either ends the process, or the open starts again after it. */
static __always_inline bool fatal_by_default(int sig)
{
	switch (sig) {
	case 17:
	case 18:
	case 19:
	case 20:
	case 21:
	case 22:
	case 23:
	case 28:
		return false; /* SIGCHLD, SIGCONT, the stopping four, SIGURG, SIGWINCH */
	}
	return true;
}

static __always_inline int syscall_finished(__u32 slot, struct pt_regs *regs, long ret)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct cgroup_entry *traced;
	struct scratch *s;
	__u64 cgroup_id;

	traced = current_traced(&cgroup_id);
	if (!traced || !task_wanted())
		return 0;
	s = scratch_get(slot);
	if (!s || !request_from_regs(&s->request, regs, task) || !request_wanted(&s->request, ret))
		return 0;
	s->file = NULL;
	/* A successful exec was reported by sched_process_exec, with its file. */
	if (s->request.call == CALL_EXECVE || s->request.call == CALL_EXECVEAT) {
		if (ret >= 0)
			return 0;
	} else if (ret >= 0) {
		s->file = file_of_fd(task, ret);
	}
	return open_report(slot, cgroup_id, traced->root_id, ret);
}

/* How the current task entered the kernel. */
static __always_inline struct pt_regs *current_regs(void)
{
	struct task_struct *task;

	if (HAS_TASK_PT_REGS)
		return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	/* before 5.15 (dd6e10fbd9fb) they always are at the very end of the stack */
	task = (struct task_struct *)bpf_get_current_task();
	return (struct pt_regs *)((__u64)kread(task, stack) + THREAD_SIZE -
				  bpf_core_type_size(struct pt_regs));
}

/*
 * All system calls of both 64-bit and 32-bit callers end here, and the
 * registers still hold what they were called with: no hook at entry is needed,
 * nothing has to be remembered in between, and a name on a page that was not
 * resident at entry has been brought in by the kernel meanwhile.  Calls denied
 * by seccomp end here, too.
 */
SEC("?raw_tp/sys_exit")
int sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = RAW_ARG(struct pt_regs *, 0);
	long ret = ctx->args[1];

	if (!may_open_nr(syscall_nr(regs)))
		return 0;
	/* Not over: it will be restarted, or end as EINTR in signal_deliver below. */
	if (interrupted(ret))
		return 0;
	return syscall_finished(SCRATCH_SYS_EXIT, regs, ret);
}

/*
 * The same through perf, which is dearer but runs with preemption off.  Where
 * tracing programs can be preempted (probe_preemption below), the kernel skips
 * the one above whenever another task on the same CPU was preempted inside of
 * it; up to half of a burst of opens, measured on 7.2.
 */
SEC("?tp/raw_syscalls/sys_exit")
int sys_exit_perf(struct raw_syscalls_exit *ctx)
{
	if (!may_open_nr(ctx->id) || interrupted(ctx->ret))
		return 0;
	return syscall_finished(SCRATCH_SYS_EXIT, current_regs(), ctx->ret);
}

/*
 * Attached for one system call at start: does this kernel run raw tracepoint
 * programs with preemption on?  Those that do (since 7.0) pin the task to its
 * CPU instead, which shows in the task.
 */
__u32 preemption_probed, preemption_possible;

SEC("?raw_tp/sys_exit")
int probe_preemption(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	if (bpf_get_current_pid_tgid() >> 32 != settings.own_tgid)
		return 0;
	if (bpf_core_field_exists(task->migration_disabled) && kread(task, migration_disabled))
		preemption_possible = 1;
	preemption_probed = 1;
	return 0;
}

/*
 * An open that a signal interrupted: whether the program sees EINTR or the
 * call starts again is decided here, by the handler's SA_RESTART
 * (arch/x86/kernel/signal.c, handle_signal()).
 */
SEC("?raw_tp/signal_deliver")
int signal_deliver(struct bpf_raw_tracepoint_args *ctx)
{
	struct k_sigaction *action = RAW_ARG(struct k_sigaction *, 2);
	struct pt_regs *regs = current_regs();
	void *handler;
	long ret;

	if (!may_open_nr(syscall_nr(regs)))
		return 0;
	ret = syscall_ret(regs);
	if (!interrupted(ret))
		return 0;

	handler = kread(action, sa.sa_handler);
	if (handler == SIG_IGN)
		return 0;
	if (handler == SIG_DFL) {
		if (!fatal_by_default(ctx->args[0]))
			return 0;
	} else if (ret == -ERESTARTNOINTR ||
		   (ret == -ERESTARTSYS && kread(action, sa.sa_flags) & SA_RESTART)) {
		return 0;
	}
	return syscall_finished(SCRATCH_SIGNAL, regs, -EINTR);
}

/* The executable of a successful exec, whose open no system call tracepoint shows. */
SEC("?raw_tp/sched_process_exec")
int process_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct linux_binprm *bprm = RAW_ARG(struct linux_binprm *, 2);
	struct scratch *s = scratch_get(SCRATCH_EXEC);
	struct cgroup_entry *traced;
	__u64 cgroup_id;

	traced = current_traced(&cgroup_id);
	if (!s || !traced || !task_wanted())
		return 0;
	request_start(&s->request);
	request_set(&s->request, kread(bprm, fdpath) ? CALL_EXECVEAT : CALL_EXECVE, AT_FDCWD,
		    (__u64)kread(bprm, interp));
	s->request.kernel_name = true;
	s->request.bits = OPEN_NO_FD;
	if (!request_wanted(&s->request, 0))
		return 0;
	s->file = kread(bprm, file);
	return open_report(SCRATCH_EXEC, cgroup_id, traced->root_id, 0);
}

SEC("?raw_tp/cgroup_mkdir")
int cgroup_mkdir(struct bpf_raw_tracepoint_args *ctx)
{
	return cgroup_made(RAW_ARG(struct cgroup *, 0), RAW_ARG(const char *, 1));
}

SEC("?raw_tp/cgroup_release")
int cgroup_release(struct bpf_raw_tracepoint_args *ctx)
{
	return cgroup_gone(RAW_ARG(struct cgroup *, 0), RAW_ARG(const char *, 1));
}
