/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What x86-64 has of its own: registers, system call numbers, 32-bit callers.
 * arch_arm64.bpf.h has the same names.
 */
#ifndef CTRACE_ARCH_X86_BPF_H
#define CTRACE_ARCH_X86_BPF_H

#include "read.bpf.h"

#define LOADS_IN_ORDER true /* see verdict_lasts() */

#define THREAD_SIZE     16384  /* arch/x86/include/asm/page_64_types.h, without KASAN */
#define TS_COMPAT       0x0002 /* arch/x86/include/asm/thread_info.h */
#define X32_SYSCALL_BIT 0x40000000
#define O_LARGEFILE     00100000 /* asm-generic/fcntl.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	unsigned long r10, dx, si, di, cx, bx;
	unsigned long ax, orig_ax, ip;
};

#pragma clang attribute pop

/* A kprobe's context is user space's struct pt_regs (asm/ptrace.h), an ABI: words 14, 13 and 10. */
#define PROBE_ARG1(ctx)   (((const __u64 *)(ctx))[14]) /* di */
#define PROBE_ARG2(ctx)   (((const __u64 *)(ctx))[13]) /* si */
#define PROBE_RESULT(ctx) (((const __u64 *)(ctx))[10]) /* ax */

/* arch/x86/entry/syscalls/syscall_64.tbl, syscall_32.tbl */
enum {
	NR_open = 2,
	NR_execve = 59,
	NR_creat = 85,
	NR_openat = 257,
	NR_open_by_handle_at = 304,
	NR_execveat = 322,
	NR_openat2 = 437, /* the same everywhere */
	NR_x32_execve = 520,
	NR_x32_execveat = 545
};
enum {
	NR32_open = 5,
	NR32_creat = 8,
	NR32_execve = 11,
	NR32_openat = 295,
	NR32_open_by_handle_at = 342,
	NR32_execveat = 358
};

/*
 * See may_open_nr().  The slots of what opens have no other call that programs make often.  A
 * multiple of four leaves out the bit of x32.
 */
#define NR_FACTOR           0x7b315fe4
#define OPENING_NRS_HERE(X) X(NR_open) X(NR_creat) X(NR_x32_execve) X(NR_x32_execveat)

static __always_inline int call_of_nr(__u64 nr, bool is_32)
{
	if (is_32) {
		switch (nr) {
		case NR32_open:
			return CALL_OPEN;
		case NR32_creat:
			return CALL_CREAT;
		case NR32_openat:
			return CALL_OPENAT;
		case NR_openat2:
			return CALL_OPENAT2;
		case NR32_open_by_handle_at:
			return CALL_OPEN_BY_HANDLE_AT;
		case NR32_execve:
			return CALL_EXECVE;
		case NR32_execveat:
			return CALL_EXECVEAT;
		}
		return CALL_COUNT;
	}
	switch (nr & ~(__u64)X32_SYSCALL_BIT) {
	case NR_open:
		return CALL_OPEN;
	case NR_creat:
		return CALL_CREAT;
	case NR_openat:
		return CALL_OPENAT;
	case NR_openat2:
		return CALL_OPENAT2;
	case NR_open_by_handle_at:
		return CALL_OPEN_BY_HANDLE_AT;
	case NR_execve:
	case NR_x32_execve:
		return CALL_EXECVE;
	case NR_execveat:
	case NR_x32_execveat:
		return CALL_EXECVEAT;
	}
	return CALL_COUNT;
}

/* int 0x80 from 64-bit code sets it, too; cleared only on the way out, after our hooks. */
static __always_inline bool caller_is_32(struct pt_regs *regs, struct task_struct *task)
{
	return kread_known(task, thread_info.status) & TS_COMPAT;
}

/* Of those that the kernel hands to a program, with their type; the arguments are openat's. */
#define handed_syscall_nr(regs) ((regs)->orig_ax)
#define handed_flags(regs)      ((regs)->dx)
#define handed_mode(regs)       ((regs)->r10)

static __always_inline __u64 syscall_nr(struct pt_regs *regs)
{
	return kread(regs, orig_ax);
}

/* Where user space goes on. */
static __always_inline __u64 regs_ip(struct pt_regs *regs)
{
	return kread(regs, ip);
}

static __always_inline __u64 syscall_arg(struct pt_regs *regs, bool is_32, int n)
{
	__u64 arg;

	switch (n) {
	case 0:
		arg = is_32 ? kread(regs, bx) : kread(regs, di);
		break;
	case 1:
		arg = is_32 ? kread(regs, cx) : kread(regs, si);
		break;
	case 2:
		arg = kread(regs, dx);
		break;
	default:
		arg = is_32 ? kread(regs, si) : kread(regs, r10);
	}
	return is_32 ? (__u32)arg : arg;
}

/*
 * A call that a signal interrupted, as signal_deliver finds it.  Here the
 * registers still tell all of it, so nothing has to be kept until then.
 */
struct interruption {
	__u64 nr;
	__s64 ret;
};

static __always_inline void interruption_keep(struct pt_regs *regs, __s64 ret)
{
}

static __always_inline bool may_open_nr(__u64 nr); /* syscall.bpf.h */

static __always_inline bool interruption_get(struct interruption *was, struct pt_regs *regs)
{
	was->nr = kread(regs, orig_ax);
	if (!may_open_nr(was->nr))
		return false;
	was->ret = kread(regs, ax);
	return true;
}

static __always_inline void interruption_forget(void)
{
}

#endif
