/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Opens seen inside the kernel's own functions, for the fexit and kprobe backends:
 *
 *	do_sys_openat2(dfd, name, how)              every open system call
 *	  do_filp_open(dfd, filename, op) -> file   do_file_open() since 7.1
 *	do_handle_open(...)                         open_by_handle_at
 *	do_open_execat(...)                         exec: program, script, loader
 *	  do_filp_open(...)
 *	io_openat2(req, issue_flags)                io_uring, often in a worker thread
 *	  do_filp_open(...)
 *
 * The inner function has the kernel's own copy of the name, which nobody can
 * rewrite, and the file, which nobody can have closed yet; the outer one has the
 * result as the program gets it.  So the inner one leaves what it has for the outer
 * one: with the CPU, or in a hash, and then it reports failures at once.  What a
 * system call was asked for is in its registers, as for the tracepoint backend, so
 * that the events are the same.
 */
#ifndef CTRACE_FUNCTIONS_BPF_H
#define CTRACE_FUNCTIONS_BPF_H

#include "syscall_done.bpf.h"
#include "uring.bpf.h"

#define EAGAIN    11
#define MAX_ERRNO 4095

enum io_uring_cmd_flags___ours { IO_URING_F_NONBLOCK___ours };

/* Bit 0 up to 5.18, the sign bit since (4f57f06ce218). */
static __always_inline __u32 uring_nonblock(void)
{
	if (bpf_core_enum_value_exists(enum io_uring_cmd_flags___ours, IO_URING_F_NONBLOCK___ours))
		return bpf_core_enum_value(enum io_uring_cmd_flags___ours,
					   IO_URING_F_NONBLOCK___ours);
	return 1;
}

enum inner_outcome {
	INNER_NONE,     /* not reached: bad flags, no free descriptor, unreadable name */
	INNER_REPORTED, /* it failed, and has been reported */
	INNER_OPENED,   /* `opened` is the file */
};

#define KEPT_NAME_BYTES 256

/* One open under way in a task, handed from function to function. */
struct call_state {
	struct opened opened;
	struct filename *filename; /* kprobe: the inner function's argument */
	struct io_kiocb *req;      /* in io_openat2(): its request */
	__u32 inner;               /* enum inner_outcome */
	__u32 may_retry; /* in io_openat2(): -EAGAIN means that a worker will do it again */
	char name[KEPT_NAME_BYTES]; /* io_uring: the kernel's copy is gone when the result is known
				     */
};

/*
 * For io_uring, for kprobe, and where programs can be preempted.
 * By tid: nothing but the task itself can meet its state.  Not task storage, which
 * would be faster: it is made by an allocator that gives up in some settings (on
 * 7.2 without cmpxchg16b always), and 5.10 has none in tracing programs.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct call_state);
} calls SEC(".maps");

/* How many there are, and one where the CPUs may not hand over.  Mostly none. */
volatile __u32 calls_kept = 0;

static const struct call_state no_call = {};

/* NULL if there is none.  It is not made if 16384 opens are under way: the outer function does
 * without. */
static __always_inline struct call_state *call_state(bool make)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct call_state *st = bpf_map_lookup_elem(&calls, &tid);

	if (!st && make) {
		if (!bpf_map_update_elem(&calls, &tid, &no_call, BPF_NOEXIST))
			__sync_fetch_and_add(&calls_kept, 1);
		st = bpf_map_lookup_elem(&calls, &tid);
	}
	return st;
}

static __always_inline void call_state_done(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	if (!bpf_map_delete_elem(&calls, &tid))
		__sync_fetch_and_add(&calls_kept, -1);
}

/*
 * Is what `opened` points to still the file that it was?  Its task has left the
 * RCU section in which it was read, so another thread may have closed the file;
 * a dentry with the same inode, parent, name hash and length is the same for us.
 */
static __always_inline bool opened_still(const struct opened *opened)
{
	struct dentry *dentry = opened->dentry;

	return dentry && kread(dentry, d_inode) == opened->inode &&
	       kread(dentry, d_parent) == opened->parent &&
	       kread(dentry, d_name.hash_len) == opened->name_hash_len;
}

/* What opened_still() asks for, too. */
static __always_inline void opened_remember(struct opened *opened)
{
	opened->parent = kread(opened->dentry, d_parent);
	opened->name_hash_len = kread(opened->dentry, d_name.hash_len);
}

static __always_inline void opened_hand_over(struct scratch *s, const struct call_state *st)
{
	if (opened_still(&st->opened))
		s->opened = st->opened;
	else
		s->opened.dentry = NULL;
}

/* --- system calls ----------------------------------------------------------------- */

/* What did the current task ask for?  False if its system call is none that opens. */
static __always_inline bool request_of_syscall(__u32 slot, struct scratch *s,
					       struct task_struct *task)
{
	struct pt_regs *regs = current_regs(task);

	return request_from_regs(slot, s, regs, syscall_nr(regs), task);
}

static __always_inline bool request_with(struct open_request *rq, int call, const __u64 *args,
					 struct pt_regs *regs, bool is_32)
{
	request_set(rq, call, args[0], args[1]);
	request_how_of_call(rq, regs, is_32);
	return call != CALL_COUNT;
}

/* The same, with what the kernel's function was called with. */
static __always_inline bool request_of_openat2(struct scratch *s, struct task_struct *task,
					       const __u64 *args)
{
	struct pt_regs *regs = current_regs(task);
	bool is_32 = caller_is_32(regs, task);
	__u64 nr = TYPED_LOADS ? handed_syscall_nr(regs) : syscall_nr(regs);

	request_start(&s->request, is_32);
	if (TYPED_LOADS && is_openat(nr, is_32)) {
		__u32 flags = handed_flags(regs);

		request_set(&s->request, CALL_OPENAT, args[0], args[1]);
		request_flags(&s->request, flags, flags_make(flags) ? handed_mode(regs) : 0);
		return true;
	}
	return request_with(&s->request, call_of_nr(nr, is_32), args, regs, is_32);
}

/* --- io_uring ---------------------------------------------------------------------- */

static __always_inline int uring_begun(struct io_kiocb *req, __u32 issue_flags)
{
	struct call_state *st;
	__u64 cgroup_id;

	if (!current_traced(&cgroup_id) || !task_wanted())
		return 0;
	st = call_state(true);
	if (!st)
		return 0;
	st->req = req;
	st->inner = INNER_NONE;
	st->may_retry = (issue_flags & uring_nonblock()) != 0;
	return 0;
}

/* The result: where the request keeps it (5.19 on), or unknown. */
static __always_inline bool uring_result(struct io_kiocb *req, __s64 *ret)
{
	if (!bpf_core_field_exists(req->cqe.res))
		return false;
	*ret = kread(req, cqe.res);
	return true;
}

static __always_inline int uring_done(struct io_kiocb *req, __s64 ret)
{
	struct cgroup_entry *traced;
	struct call_state *st;
	struct scratch *s;
	__u32 inner;
	__u64 cgroup_id;

	traced = current_traced(&cgroup_id);
	if (!traced || !task_wanted())
		return 0;
	st = call_state(false);
	s = scratch_get(SCRATCH_IO);
	if (!st || !s)
		return 0;
	inner = st->inner;
	if (ret == -EAGAIN || inner == INNER_REPORTED)
		goto done;

	request_of_uring(s, req);
	if (!uring_result(req, &ret)) {
		ret = 0;
		s->request.bits |= OPEN_NO_FD;
	}
	s->opened.dentry = NULL;
	if (inner == INNER_OPENED) {
		opened_hand_over(s, st);
		s->request.kernel_name = true;
		s->request.name = st->name[0] ? st->name : NULL;
	}
	if (request_wanted(s, current_task(), traced->flags, ret))
		open_report(SCRATCH_IO, cgroup_id, traced->root_id, ret);
done:
	call_state_done();
	return 0;
}

/* kprobe: the name is an argument, and those are gone when the function returns. */
static __always_inline int inner_begun(struct filename *filename)
{
	struct call_state *st;
	__u64 cgroup_id;

	if (!current_traced(&cgroup_id) || !task_wanted())
		return 0;
	st = call_state(true);
	if (st) {
		st->filename = filename;
		st->inner = INNER_NONE; /* what was there is of a call whose end was missed */
	}
	return 0;
}

/* It has been on its CPU ever since if there are no more: each time it is put aside counts. */
static __always_inline __u64 switches_of(struct task_struct *task)
{
	return kread_known(task, nvcsw) + kread_known(task, nivcsw);
}

/* --- from the inner function to the outer one ----------------------------------------- */

/*
 * By way of the CPU, in the outer program's scratch memory: 1,700 instructions less than by a
 * hash.  It is lost when the task is moved, or sleeps while others open: then the outer
 * function tells what the tracepoint would.  So the inner one reports nothing.
 */

/* Of a failed open: the kernel's copy of the name is gone when the outer function ends. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[EVENT_NAME_BYTES]);
} failed_name SEC(".maps");

static __always_inline char *failed_name_of_cpu(void)
{
	__u32 first = 0;

	return bpf_map_lookup_elem(&failed_name, &first);
}

/*
 * What the inner function was called with, and returned: a struct filename, a struct open_flags,
 * and a struct file or an error.  They are read where they are wanted, since to keep them takes
 * instructions.
 */
enum inner_args { INNER_FILENAME = 1, INNER_FLAGS, INNER_RESULT, INNER_ARGS };

/* It could not be taken over: nothing to open yet.  The outer function tells. */
static __always_inline bool lacks_name(const __u64 *args)
{
	return args[INNER_FILENAME] >= -(__u64)MAX_ERRNO;
}

/* False for an exec's and io_uring's, which don't end in do_sys_openat2(). */
static __always_inline bool hand_over(struct task_struct *task, const __u64 *args,
				      const struct cgroup_entry *traced, const __u64 *cgroup_id)
{
	struct scratch *s = scratch_get(SCRATCH_OUTER);
	struct filename *filename;
	char *name;

	if (calls_kept ||
	    kread_known((struct open_flags *)args[INNER_FLAGS], open_flag) & FMODE_EXEC || !s)
		return false;
	s->handed.task = task;
	s->handed.switches = switches_of(task);
	s->handed.cgroup_id = *cgroup_id;
	s->handed.root_id = traced->root_id;
	s->handed.traced_flags = traced->flags;
	/* The verifier takes it for a pointer until it has been through memory. */
	*(volatile __u64 *)&s->opened.file = args[INNER_RESULT];
	if (*(volatile __u64 *)&s->opened.file < -(__u64)MAX_ERRNO) {
		opened_fill(&s->opened, (struct file *)args[INNER_RESULT]);
		return true;
	}
	if (lacks_name(args)) {
		s->handed.task = NULL;
		return true;
	}
	filename = (struct filename *)args[INNER_FILENAME];
	s->opened.dentry = NULL;
	s->handed.name = kread_known(filename, uptr);
	name = failed_name_of_cpu();
	if (name)
		bpf_probe_read_kernel_str(name, EVENT_NAME_BYTES,
					  (const char *)kread(filename, name));
	return true;
}

/*
 * Not what was left when the kernel opened something for itself: that has another name.  Only a
 * failed open is asked, since what failed before it came to the inner function fails, too.
 */
static __always_inline bool taken_over(struct scratch *s, struct task_struct *task,
				       const __u64 *args)
{
	if (s->handed.task != task)
		return false;
	s->handed.task = NULL;
	return request_of_openat2(s, task, args) &&
	       (s->opened.dentry || s->request.name == s->handed.name);
}

/* --- the inner function -------------------------------------------------------------- */

/* at_hand: all of the arguments are. */
static __always_inline int inner_done(const __u64 *args, bool at_hand)
{
	struct task_struct *task = current_task();
	long error = 0;
	struct cgroup_entry *traced;
	struct call_state *st;
	struct scratch *s;
	__u64 cgroup_id;

	traced = traced_or_verdict(task, &cgroup_id);
	if (!traced || !task_wanted())
		return 0;
	if (at_hand && hand_over(task, args, traced, &cgroup_id))
		return 0;
	if (lacks_name(args))
		return 0;
	st = call_state(true);
	s = scratch_get(SCRATCH_INNER);
	if (!st || !s)
		return 0;
	/* The verifier takes it for a pointer until it has been through memory. */
	*(volatile __u64 *)&s->opened.file = args[INNER_RESULT];
	if (*(volatile __u64 *)&s->opened.file >= -(__u64)MAX_ERRNO)
		error = *(volatile __s64 *)&s->opened.file;

	if (st->req)
		request_of_uring(s, st->req);
	else if (!request_of_syscall(SCRATCH_INNER, s, task))
		goto not_ours; /* the kernel opens something for itself */
	if (error == -EAGAIN && st->req && st->may_retry)
		return 0;
	if (interrupted(error))
		return 0;

	s->request.name = (const char *)kread((struct filename *)args[INNER_FILENAME], name);
	s->request.kernel_name = true;
	opened_set(&s->opened, error ? NULL : (struct file *)args[INNER_RESULT]);
	if (!error && !is_exec(&s->request)) {
		st->opened = s->opened;
		opened_remember(&st->opened);
		st->inner = INNER_OPENED;
		if (st->req && bpf_probe_read_kernel_str(st->name, sizeof(st->name),
							 s->request.name) == sizeof(st->name))
			st->name[0] = 0; /* too long to keep: better none than a part */
		return 0;
	}

	if (is_exec(&s->request)) {
		s->request.bits |= error ? 0 : OPEN_NO_FD;
		call_state_done(); /* no outer function is hooked */
	} else {
		st->inner = INNER_REPORTED;
	}
	if (!request_wanted(s, task, traced->flags, error))
		return 0;
	return open_report(SCRATCH_INNER, cgroup_id, traced->root_id, error);
not_ours:
	call_state_done();
	return 0;
}

/* --- the outer functions -------------------------------------------------------------- */

/*
 * What a successful open led to.  Another thread may have put another file in the
 * descriptor's place already; but where the kernel skips programs, what the inner
 * function left may be of an earlier call.
 */
static __always_inline void opened_by_hash(struct scratch *s, const struct call_state *st,
					   struct file *file)
{
	if (st && st->inner == INNER_OPENED && file != st->opened.file && !settings.may_skip)
		opened_hand_over(s, st);
	else
		opened_set(&s->opened, file);
}

/*
 * With what was taken over, and the request.  False if it is not to be reported.  As long as the
 * task was not put aside, a file that another thread has closed meanwhile is still in memory,
 * since RCU waits for this CPU.
 */
static __always_inline bool outer_handed(struct scratch *s, struct task_struct *task, __s32 ret)
{
	if (ret >= 0) {
		if (s->handed.switches != switches_of(task))
			opened_set(&s->opened, file_of_fd(task, ret));
	} else if (interrupted(ret)) {
		interruption_keep(current_regs(task), ret);
		return false;
	} else if (!s->opened.dentry) {
		s->request.name = failed_name_of_cpu();
		s->request.kernel_name = true;
	} else {
		s->opened.dentry = NULL;
	}
	return request_wanted(s, task, s->handed.traced_flags, ret);
}

/*
 * do_sys_openat2() or do_handle_open(), on behalf of a system call.  args: what the first one was
 * called with, where that is at hand, and what either has returned, which is read where it is
 * wanted, as with the inner one.
 */
enum outer_args { OUTER_RESULT = 3, OUTER_ARGS };

static __always_inline int outer_done(__u32 slot, const __u64 *args, bool at_hand)
{
	struct task_struct *task = current_task();
	struct scratch *s = scratch_get(slot);
	struct call_state *st = NULL;
	struct cgroup_entry *traced;
	struct cpu_ring *ring;
	__u64 cgroup_id, root_id;
	__s32 ret;

	if (!s)
		return 0;
	if (at_hand && taken_over(s, task, args)) {
		if (!outer_handed(s, task, args[OUTER_RESULT]))
			return 0;
		cgroup_id = s->handed.cgroup_id;
		root_id = s->handed.root_id;
	} else {
		traced = traced_or_verdict(task, &cgroup_id);
		if (!traced || !task_wanted())
			return 0;
		ret = args[OUTER_RESULT];
		root_id = traced->root_id;
		st = calls_kept ? call_state(false) : NULL;
		if (interrupted(ret)) {
			interruption_keep(current_regs(task), ret);
			goto done;
		}
		/* A success was no failure: that was of a call whose end the kernel skipped. */
		if ((st && st->inner == INNER_REPORTED && ret < 0) ||
		    !request_of_syscall(slot, s, task) ||
		    !request_wanted(s, task, traced->flags, ret))
			goto done;
		opened_by_hash(s, st, ret >= 0 ? file_of_fd(task, ret) : NULL);
	}
	ring = own_ring();
	if (ring)
		open_deliver(ring, s, task, slot, cgroup_id, root_id, (__s32)args[OUTER_RESULT],
			     at_hand);
done:
	if (st)
		call_state_done();
	return 0;
}

#endif
