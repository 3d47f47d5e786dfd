// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The hooks.  Each is a door: it unpacks its context and calls one shared
 * function.  docs/hooks.md says why these and what each one misses.
 */
#include <linux/bpf.h>

#include "cgroup.bpf.h"
#include "exec.bpf.h"
#include "functions.bpf.h"
#include "interrupt.bpf.h"
#include "syscall_done.bpf.h"
#include "uring.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define RAW_ARG(type, n) ((type)ctx->args[n])

/* For report_last() and the like.  Unless clang is sure that there is one, it takes both ways. */
static __always_inline void *raw_context(struct bpf_raw_tracepoint_args *ctx)
{
	__builtin_assume(ctx != NULL);
	return ctx;
}

/* Format of events/raw_syscalls/sys_exit. */
struct raw_syscalls_exit {
	__u64 common;
	__s64 id;
	__s64 ret;
};

/*
 * All system calls of both 64-bit and 32-bit callers end here, and the
 * registers still hold what they were called with: no hook at entry is needed,
 * nothing has to be remembered in between, and a name on a page that was not
 * resident at entry has been brought in by the kernel meanwhile.  Calls denied
 * by seccomp end here, too.
 *
 * tp_btf and not raw_tp, since the verifier then knows the registers to be there, and their
 * address is not checked before the number is loaded: 1 to 2 ns of every system call on the host.
 */
SEC("?tp_btf/sys_exit")
int sys_exit(__u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];

	if (!may_open_nr(handed_syscall_nr(regs)) || is_outside(current_task()))
		return 0;
	return go_on(ctx, &open_next);
}

/*
 * Where the one above goes on.  Apart from it, since a large program has more to do when it is
 * entered: 30 ns of every system call on the host.
 */
SEC("?tp_btf/sys_exit")
int open_done(__u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	long ret = (__s32)ctx[1]; /* 5.10's arm64 leaves the sign out for 32-bit callers */
	struct task_struct *task = current_task();
	struct cpu_ring *ring = own_ring();
	struct report_order order;
	struct scratch *s;

	if (!ring)
		return 0;
	s = syscall_ended(task, regs, handed_syscall_nr(regs), ret, true, &order);
	if (!s)
		return 0;
	return open_deliver(ring, s, task, order.slot, order.cgroup_id, order.root_id, order.ret,
			    false);
}

/* Where the hooks below that leave an order go on: see report_last(). */
SEC("?raw_tp")
int order_done(void *ctx)
{
	struct task_struct *task = current_task();
	struct cpu_ring *ring = own_ring();
	struct report_order order;
	struct scratch *s;

	if (!ring)
		return 0;
	s = order_take(ring, &order);
	if (!s)
		return 0;
	open_deliver(ring, s, task, order.slot, order.cgroup_id, order.root_id, order.ret, false);
	if (order.uring_key)
		uring_forget(order.uring_key);
	return 0;
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
	struct task_struct *task = current_task();
	struct report_order order;

	if (!may_open_nr(ctx->id) ||
	    !syscall_ended(task, current_regs(task), ctx->id, (__s32)ctx->ret, false, &order))
		return 0;
	return open_report(order.slot, order.cgroup_id, order.root_id, order.ret);
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
	struct task_struct *task = current_task();

	if (bpf_get_current_pid_tgid() >> 32 != settings.own_tgid)
		return 0;
	if (bpf_core_field_exists(task->migration_disabled) && kread(task, migration_disabled))
		preemption_possible = 1;
	preemption_probed = 1;
	return 0;
}

/*
 * Some hooks have two programs.  One leaves it to `order_done` to report, for the tracepoint
 * backend where no program can be preempted; the other one reports by itself.  They have one of
 * libbpf's two names for the same kind of section each: bpf/slim tells them apart by it.
 */

/* An open that a signal interrupted ends here, or starts again. */
SEC("?raw_tp/signal_deliver")
int signal_deliver(struct bpf_raw_tracepoint_args *ctx)
{
	return signal_delivered(raw_context(ctx), ctx->args[0], RAW_ARG(struct k_sigaction *, 2));
}

SEC("?raw_tracepoint/signal_deliver")
int signal_deliver_alone(struct bpf_raw_tracepoint_args *ctx)
{
	return signal_delivered(NULL, ctx->args[0], RAW_ARG(struct k_sigaction *, 2));
}

/* The opens of a successful exec, which no system call's end shows: of a script, ... */
SEC("?raw_tp/sched_process_exec")
int process_exec_script(struct bpf_raw_tracepoint_args *ctx)
{
	return exec_done_script(raw_context(ctx), RAW_ARG(struct linux_binprm *, 2));
}

SEC("?raw_tracepoint/sched_process_exec")
int process_exec_script_alone(struct bpf_raw_tracepoint_args *ctx)
{
	return exec_done_script(NULL, RAW_ARG(struct linux_binprm *, 2));
}

/* ... of the program, ... */
SEC("?raw_tp/sched_process_exec")
int process_exec(struct bpf_raw_tracepoint_args *ctx)
{
	return exec_done(raw_context(ctx), RAW_ARG(struct linux_binprm *, 2));
}

SEC("?raw_tracepoint/sched_process_exec")
int process_exec_alone(struct bpf_raw_tracepoint_args *ctx)
{
	return exec_done(NULL, RAW_ARG(struct linux_binprm *, 2));
}

/* ... and of its loader, which kernels before 5.17 can't find. */
SEC("?raw_tp/sched_process_exec")
int process_exec_loader(struct bpf_raw_tracepoint_args *ctx)
{
	return exec_done_loader(raw_context(ctx), RAW_ARG(struct linux_binprm *, 2));
}

SEC("?raw_tracepoint/sched_process_exec")
int process_exec_loader_alone(struct bpf_raw_tracepoint_args *ctx)
{
	return exec_done_loader(NULL, RAW_ARG(struct linux_binprm *, 2));
}

/* io_uring_submit_sqe up to 6.3; the request is its first argument since 6.0. */
SEC("?raw_tp/io_uring_submit_req")
int uring_submit(struct bpf_raw_tracepoint_args *ctx)
{
	return uring_submitted(raw_context(ctx), RAW_ARG(struct io_kiocb *, 0));
}

SEC("?raw_tp/io_uring_complete")
int uring_complete(struct bpf_raw_tracepoint_args *ctx)
{
	return uring_completed(raw_context(ctx), SCRATCH_IO, RAW_ARG(struct io_kiocb *, 1));
}

SEC("?raw_tp/io_uring_cqe_overflow")
int uring_overflow(struct bpf_raw_tracepoint_args *ctx)
{
	return uring_overflowed(raw_context(ctx), ctx->args[0], ctx->args[1], ctx->args[2]);
}

/* The same through perf, with preemption off, as for sys_exit_perf. */
SEC("?tp/io_uring/io_uring_submit_req")
int uring_submit_perf(struct trace_event_raw_io_uring_submit_req *ctx)
{
	return uring_submitted(NULL, (struct io_kiocb *)ctx->req);
}

SEC("?tp/io_uring/io_uring_complete")
int uring_complete_perf(struct trace_event_raw_io_uring_complete *ctx)
{
	return uring_completed(NULL, SCRATCH_IO, (struct io_kiocb *)ctx->req);
}

SEC("?tp/io_uring/io_uring_cqe_overflow")
int uring_overflow_perf(struct trace_event_raw_io_uring_cqe_overflow *ctx)
{
	return uring_overflowed(NULL, (__u64)ctx->ctx, ctx->user_data, ctx->res);
}

/* --- backend fexit: the arguments, then the result ------------------------------- */

SEC("?fexit/do_sys_openat2")
int fexit_openat2(__u64 *ctx)
{
	return outer_done(SCRATCH_OUTER, ctx, true);
}

/* Never passes the inner function. */
SEC("?fexit/do_handle_open")
int fexit_handle_open(__u64 *ctx)
{
	return outer_done(SCRATCH_HANDLE, ctx, false);
}

/* do_file_open() where that is its name. */
SEC("?fexit/do_filp_open")
int fexit_inner(__u64 *ctx)
{
	return inner_done(ctx, true);
}

SEC("?fentry/io_openat2")
int fentry_uring(__u64 *ctx)
{
	return uring_begun((struct io_kiocb *)ctx[0], ctx[1]);
}

SEC("?fexit/io_openat2")
int fexit_uring(__u64 *ctx)
{
	return uring_done((struct io_kiocb *)ctx[0], (__s32)ctx[2]);
}

/* --- backend kprobe: the same, with what the entry knew kept in between ------------ */

SEC("?kretprobe/do_sys_openat2")
int kretprobe_openat2(struct pt_regs *ctx)
{
	const __u64 args[OUTER_ARGS] = { [OUTER_RESULT] = PROBE_RESULT(ctx) };

	return outer_done(SCRATCH_OUTER, args, false);
}

SEC("?kretprobe/do_handle_open")
int kretprobe_handle_open(struct pt_regs *ctx)
{
	const __u64 args[OUTER_ARGS] = { [OUTER_RESULT] = PROBE_RESULT(ctx) };

	return outer_done(SCRATCH_HANDLE, args, false);
}

SEC("?kprobe/do_filp_open")
int kprobe_inner(struct pt_regs *ctx)
{
	return inner_begun((struct filename *)PROBE_ARG2(ctx));
}

SEC("?kretprobe/do_filp_open")
int kretprobe_inner(struct pt_regs *ctx)
{
	struct call_state *st = call_state(false);
	__u64 args[INNER_ARGS] = {};

	if (!st || !st->filename)
		return 0;
	args[INNER_FILENAME] = (__u64)st->filename;
	args[INNER_RESULT] = PROBE_RESULT(ctx);
	return inner_done(args, false);
}

SEC("?kprobe/io_openat2")
int kprobe_uring(struct pt_regs *ctx)
{
	return uring_begun((struct io_kiocb *)PROBE_ARG1(ctx), PROBE_ARG2(ctx));
}

SEC("?kretprobe/io_openat2")
int kretprobe_uring(struct pt_regs *ctx)
{
	struct call_state *st = call_state(false);

	return st && st->req ? uring_done(st->req, (__s32)PROBE_RESULT(ctx)) : 0;
}

/* --- the cgroup tree, for all backends ---------------------------------------------- */

SEC("?raw_tp/cgroup_mkdir")
int cgroup_mkdir(struct bpf_raw_tracepoint_args *ctx)
{
	return cgroup_made(RAW_ARG(struct cgroup *, 0), RAW_ARG(const char *, 1));
}

/*
 * Not cgroup_release: that waits for the last page charged to the cgroup, which may
 * be never, and nothing can run in it from here on.
 */
SEC("?raw_tp/cgroup_rmdir")
int cgroup_rmdir(struct bpf_raw_tracepoint_args *ctx)
{
	return cgroup_gone(RAW_ARG(struct cgroup *, 0), RAW_ARG(const char *, 1));
}

/* --- how containers start, for all backends ------------------------------------------ */

/* After the fact, so that the task may run in its new cgroup already; see in_setup(). */
SEC("?raw_tp/cgroup_attach_task")
int container_attach(struct bpf_raw_tracepoint_args *ctx)
{
	return setup_attached(RAW_ARG(struct cgroup *, 0), RAW_ARG(struct task_struct *, 2));
}

SEC("?raw_tp/sched_process_fork")
int container_fork(struct bpf_raw_tracepoint_args *ctx)
{
	return setup_forked(RAW_ARG(struct task_struct *, 0), RAW_ARG(struct task_struct *, 1));
}

SEC("?raw_tp/sched_process_exec")
int container_exec(struct bpf_raw_tracepoint_args *ctx)
{
	return cgroup_started(RAW_ARG(struct task_struct *, 0));
}

SEC("?raw_tp/sched_process_exit")
int container_exit(struct bpf_raw_tracepoint_args *ctx)
{
	return setup_exited(RAW_ARG(struct task_struct *, 0));
}
