// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The system calls that are left.  One that is on neither list fails with EPERM: a
 * library that tries something new shall not end a tracer that many rely on.  What
 * ctrace never does, but one who took it over would, ends the process: the kernel
 * then tells its log.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/bpf.h>
#include <linux/perf_event.h>

#include "sandbox/parts.h"

static const int of_all[] = {
	/* what is open */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(close),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	/* waiting */
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(restart_syscall),
	/* memory and the C library */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(getrandom),
	SCMP_SYS(sysinfo),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

static const int of_tracing[] = {
	/* state files in */
	SCMP_SYS(lseek),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(fstatfs),
	SCMP_SYS(getdents64),
	SCMP_SYS(openat2),
	SCMP_SYS(name_to_handle_at),
	SCMP_SYS(inotify_add_watch),
	/* waiting */
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(wait4),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigreturn),
};

/* Connections come from a socket that listens already. */
static const int of_serving[] = {
	SCMP_SYS(accept4),    SCMP_SYS(readv),       SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt), SCMP_SYS(getpeername), SCMP_SYS(epoll_ctl),
};

static const int fatal[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
};

/* The maps that are held, and the counters of programs; nothing new, nobody else's. */
static const enum bpf_cmd bpf_commands[] = {
	BPF_MAP_LOOKUP_ELEM,  BPF_MAP_UPDATE_ELEM,    BPF_MAP_DELETE_ELEM,
	BPF_MAP_GET_NEXT_KEY, BPF_OBJ_GET_INFO_BY_FD,
};

/* Is it a terminal, how wide is it, and a perf event is over. */
static const unsigned long ioctls[] = { TCGETS, TIOCGWINSZ, PERF_EVENT_IOC_DISABLE };

/* The modes of a terminal, for who has the whole of it. */
static const unsigned long screen_ioctls[] = { TCSETS, TCSETSW, TCSETSF };

#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY))

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int add_calls(scmp_filter_ctx ctx, __u32 action, const int calls[], size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && !r; i++)
		r = seccomp_rule_add(ctx, action, calls[i], 0);
	return r;
}

static int add_masked(scmp_filter_ctx ctx, int call, struct scmp_arg_cmp argument)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1, argument);
}

static int add_memory(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int r = add_masked(ctx, SCMP_SYS(mmap), no_code);

	return r ? r : add_masked(ctx, SCMP_SYS(mprotect), no_code);
}

static int add_ioctls(scmp_filter_ctx ctx, const unsigned long *requests, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && !r; i++)
		r = add_masked(ctx, SCMP_SYS(ioctl),
			       SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, requests[i]));
	return r;
}

/* Calls of which one argument decides.  openat2's are in memory, where a filter can't look. */
static int add_tracing(scmp_filter_ctx ctx, const struct sandbox_settings *settings)
{
	pid_t child = settings->child;
	int r = add_calls(ctx, SCMP_ACT_ALLOW, of_tracing, COUNT(of_tracing));

	for (size_t i = 0; i < COUNT(bpf_commands) && !r; i++)
		r = add_masked(ctx, SCMP_SYS(bpf), SCMP_A0(SCMP_CMP_EQ, bpf_commands[i], 0));
	if (!r)
		r = add_ioctls(ctx, ioctls, COUNT(ioctls));
	if (!r && settings->screen)
		r = add_ioctls(ctx, screen_ioctls, COUNT(screen_ioctls));
	if (!r)
		r = add_masked(ctx, SCMP_SYS(openat),
			       SCMP_A2(SCMP_CMP_MASKED_EQ, WRITING, O_RDONLY));
	if (!r && child)
		r = add_masked(ctx, SCMP_SYS(kill), SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, child));
	return r;
}

static int add_serving(scmp_filter_ctx ctx)
{
	int r = add_calls(ctx, SCMP_ACT_ALLOW, of_serving, COUNT(of_serving));

	/* how much there is to read */
	return r ? r
		 : add_masked(ctx, SCMP_SYS(ioctl),
			      SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, FIONREAD));
}

static int fill(scmp_filter_ctx ctx, const struct sandbox_settings *settings)
{
	int r = add_calls(ctx, SCMP_ACT_ALLOW, of_all, COUNT(of_all));

	if (!r)
		r = add_calls(ctx, SCMP_ACT_KILL_PROCESS, fatal, COUNT(fatal));
	if (!r)
		r = add_memory(ctx);
	if (!r)
		r = settings->serves ? add_serving(ctx) : add_tracing(ctx, settings);
	return r;
}

int seccomp_restrict(const struct sandbox_settings *settings, struct error *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (!ctx)
		return error_set(err, -ENOMEM, "make the filter of system calls");
	/* A binary tree of numbers and not a list: each call is looked at. */
	r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!r)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (!r)
		r = fill(ctx, settings);
	if (!r)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	return r < 0 ? error_set(err, r, "load the filter of system calls") : 0;
}
