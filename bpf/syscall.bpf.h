/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A system call that opens: which it is and what it was asked, from the caller's registers. */
#ifndef CTRACE_SYSCALL_BPF_H
#define CTRACE_SYSCALL_BPF_H

#include <linux/openat2.h>

#include "read.bpf.h"

#if defined(__TARGET_ARCH_x86)
#include "arch_x86.bpf.h"
#elif defined(__TARGET_ARCH_arm64)
#include "arch_arm64.bpf.h"
#else
#error "no registers and system call numbers for this architecture: see arch_x86.bpf.h"
#endif

#define AT_FDCWD (-100)

#define O_ACCMODE     00000003
#define O_CREAT       00000100
#define O_TRUNC       00001000
#define O_WRONLY      00000001
#define FMODE_EXEC    0x20      /* __FMODE_EXEC of linux/fs.h, the kernel's own */
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

static __always_inline bool request_of_call(struct open_request *rq, int call, struct pt_regs *regs,
					    bool is_32)
{
	__u64 a = syscall_arg(regs, is_32, 0), b = syscall_arg(regs, is_32, 1);
	__u64 c = syscall_arg(regs, is_32, 2);

	switch (call) {
	case CALL_OPEN:
		request_set(rq, call, AT_FDCWD, a);
		request_flags(rq, b, c);
		return true;
	case CALL_CREAT:
		request_set(rq, call, AT_FDCWD, a);
		request_flags(rq, O_CREAT | O_WRONLY | O_TRUNC, b);
		return true;
	case CALL_OPENAT:
		request_set(rq, call, a, b);
		request_flags(rq, c, syscall_arg(regs, is_32, 3));
		return true;
	case CALL_OPENAT2:
		request_set(rq, call, a, b);
		request_how(rq, (const void *)c);
		return true;
	case CALL_OPEN_BY_HANDLE_AT:
		request_set(rq, call, a, 0);
		request_flags(rq, c, 0);
		return true;
	case CALL_EXECVE:
		request_set(rq, call, AT_FDCWD, a);
		return true;
	case CALL_EXECVEAT:
		request_set(rq, call, a, b);
		return true;
	}
	return false;
}

/* False if the call opens nothing after all (a number that means one thing to 32-bit callers only).
 */
static __always_inline bool request_from_regs(struct open_request *rq, struct pt_regs *regs,
					      __u64 nr, struct task_struct *task)
{
	bool is_32 = caller_is_32(regs, task);

	request_start(rq);
	if (is_32)
		rq->bits |= OPEN_COMPAT;
	return request_of_call(rq, call_of_nr(nr, is_32), regs, is_32);
}

#endif
