/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A system call that opens: which it is and what it was asked, from the caller's registers. */
#ifndef CTRACE_SYSCALL_BPF_H
#define CTRACE_SYSCALL_BPF_H

#include <linux/openat2.h>

#include "read.bpf.h"

#define AT_FDCWD (-100)

#define O_ACCMODE     00000003
#define O_CREAT       00000100
#define O_TRUNC       00001000
#define O_WRONLY      00000001
#define O_TMPFILE_BIT 020000000 /* __O_TMPFILE of asm-generic/fcntl.h, alone */

/* What the caller asked for. */
struct open_request {
	const char *name; /* in user memory; NULL: none was passed */
	__u64 resolve;
	__s32 dirfd;
	__u32 flags;
	__u16 mode;
	__u16 call;       /* enum open_call */
	__u16 bits;       /* those of enum open_bits that the caller decides */
	bool kernel_name; /* name is in kernel memory */
};

/* The request lives in scratch memory, which still holds the one before. */
static __always_inline void request_start(struct open_request *rq)
{
	rq->resolve = 0;
	rq->flags = 0;
	rq->mode = 0;
	rq->bits = 0;
	rq->kernel_name = false;
}

static __always_inline void request_flags(struct open_request *rq, __u32 flags, __u16 mode)
{
	rq->flags = flags;
	rq->bits |= OPEN_HAS_FLAGS;
	if (flags & (O_CREAT | O_TMPFILE_BIT)) {
		rq->mode = mode;
		rq->bits |= OPEN_HAS_MODE;
	}
}

static __always_inline void request_how(struct open_request *rq, const void *user_how)
{
	struct open_how how;

	/* A caller that passed a bad pointer or a short struct has no flags to show. */
	if (bpf_probe_read_user(&how, sizeof(how), user_how))
		return;
	rq->resolve = how.resolve;
	request_flags(rq, how.flags, how.mode);
}

static __always_inline void request_set(struct open_request *rq, __u16 call, __s32 dirfd,
					__u64 name)
{
	rq->call = call;
	rq->dirfd = dirfd;
	rq->name = (const char *)name;
}

#ifdef __TARGET_ARCH_x86

#define TS_COMPAT       0x0002 /* arch/x86/include/asm/thread_info.h */
#define X32_SYSCALL_BIT 0x40000000

/* arch/x86/entry/syscalls/syscall_64.tbl, syscall_32.tbl */
enum {
	NR_open = 2,
	NR_execve = 59,
	NR_creat = 85,
	NR_openat = 257,
	NR_open_by_handle_at = 304,
	NR_execveat = 322,
	NR_openat2 = 437,
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

static __always_inline bool may_open_nr(__u64 nr)
{
	switch (nr & ~(__u64)X32_SYSCALL_BIT) {
	case NR_open:
	case NR_execve:
	case NR_creat:
	case NR_openat:
	case NR_open_by_handle_at:
	case NR_execveat:
	case NR_openat2:
	case NR_x32_execve:
	case NR_x32_execveat:
	case NR32_open:
	case NR32_creat:
	case NR32_execve:
	case NR32_openat:
	case NR32_open_by_handle_at:
	case NR32_execveat:
		return true;
	}
	return false;
}

static __always_inline bool request_32(struct open_request *rq, struct pt_regs *regs, __u64 nr)
{
	__u64 a = (__u32)kread(regs, bx), b = (__u32)kread(regs, cx), c = (__u32)kread(regs, dx);

	rq->bits |= OPEN_COMPAT;
	switch (nr) {
	case NR32_open:
		request_set(rq, CALL_OPEN, AT_FDCWD, a);
		request_flags(rq, b, c);
		return true;
	case NR32_creat:
		request_set(rq, CALL_CREAT, AT_FDCWD, a);
		request_flags(rq, O_CREAT | O_WRONLY | O_TRUNC, b);
		return true;
	case NR32_openat:
		request_set(rq, CALL_OPENAT, a, b);
		request_flags(rq, c, kread(regs, si));
		return true;
	case NR_openat2: /* the same number everywhere */
		request_set(rq, CALL_OPENAT2, a, b);
		request_how(rq, (const void *)c);
		return true;
	case NR32_open_by_handle_at:
		request_set(rq, CALL_OPEN_BY_HANDLE_AT, a, 0);
		request_flags(rq, c, 0);
		return true;
	case NR32_execve:
		request_set(rq, CALL_EXECVE, AT_FDCWD, a);
		return true;
	case NR32_execveat:
		request_set(rq, CALL_EXECVEAT, a, b);
		return true;
	}
	return false;
}

static __always_inline bool request_64(struct open_request *rq, struct pt_regs *regs, __u64 nr)
{
	__u64 a = kread(regs, di), b = kread(regs, si), c = kread(regs, dx);

	switch (nr & ~(__u64)X32_SYSCALL_BIT) {
	case NR_open:
		request_set(rq, CALL_OPEN, AT_FDCWD, a);
		request_flags(rq, b, c);
		return true;
	case NR_creat:
		request_set(rq, CALL_CREAT, AT_FDCWD, a);
		request_flags(rq, O_CREAT | O_WRONLY | O_TRUNC, b);
		return true;
	case NR_openat:
		request_set(rq, CALL_OPENAT, a, b);
		request_flags(rq, c, kread(regs, r10));
		return true;
	case NR_openat2:
		request_set(rq, CALL_OPENAT2, a, b);
		request_how(rq, (const void *)c);
		return true;
	case NR_open_by_handle_at:
		request_set(rq, CALL_OPEN_BY_HANDLE_AT, a, 0);
		request_flags(rq, c, 0);
		return true;
	case NR_execve:
	case NR_x32_execve:
		request_set(rq, CALL_EXECVE, AT_FDCWD, a);
		return true;
	case NR_execveat:
	case NR_x32_execveat:
		request_set(rq, CALL_EXECVEAT, a, b);
		return true;
	}
	return false;
}

static __always_inline __u64 syscall_nr(struct pt_regs *regs)
{
	return kread(regs, orig_ax);
}

static __always_inline __s64 syscall_ret(struct pt_regs *regs)
{
	return kread(regs, ax);
}

/* False if the call opens nothing after all (a number that means one thing to 32-bit callers only).
 */
static __always_inline bool request_from_regs(struct open_request *rq, struct pt_regs *regs,
					      struct task_struct *task)
{
	__u64 nr = syscall_nr(regs);

	request_start(rq);
	/* int 0x80 from 64-bit code sets it, too; cleared only on the way out, after our hook. */
	if (kread(task, thread_info.status) & TS_COMPAT)
		return request_32(rq, regs, nr);
	return request_64(rq, regs, nr);
}

#define THREAD_SIZE 16384 /* arch/x86/include/asm/page_64_types.h, without KASAN */

#endif /* __TARGET_ARCH_x86 */

#endif
