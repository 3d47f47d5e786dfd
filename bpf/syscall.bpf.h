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

/*
 * Every number has one of 64 slots, and one bit tells of most calls that they open nothing.  To
 * compare the number with all that do is a way of several branches, which the processor has
 * mostly forgotten since the last call: some 10 ns of an open outside of all that is traced.
 */
#define NR_SLOT(nr)     ((NR_FACTOR * (__u32)(nr)) >> 26)
#define NR_SLOT_BIT(nr) | 1ULL << NR_SLOT(nr)

/* Those of all architectures, behind what this one has beside them. */
#define OPENING_NRS(X)            \
	OPENING_NRS_HERE(X)       \
	X(NR_openat)              \
	X(NR_execve)              \
	X(NR_open_by_handle_at)   \
	X(NR_execveat)            \
	X(NR_openat2)             \
	X(NR32_open)              \
	X(NR32_creat)             \
	X(NR32_execve)            \
	X(NR32_openat)            \
	X(NR32_open_by_handle_at) \
	X(NR32_execveat)

/* By callers of either word size.  call_of_nr() knows for sure, and costs more. */
static __always_inline bool may_open_nr(__u64 nr)
{
	const __u64 opening_slots = 0 OPENING_NRS(NR_SLOT_BIT);

	return opening_slots >> NR_SLOT(nr) & 1;
}

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
static __always_inline void request_start(struct open_request *rq, bool is_32)
{
	rq->resolve = 0;
	rq->flags = 0;
	rq->mode = 0;
	rq->bits = is_32 ? OPEN_COMPAT : 0;
	rq->kernel_name = false;
}

static __always_inline bool is_exec(const struct open_request *rq)
{
	return rq->call == CALL_EXECVE || rq->call == CALL_EXECVEAT;
}

/* Do they ask for a file to be made? */
static __always_inline bool flags_make(__u32 flags)
{
	return flags & (O_CREAT | O_TMPFILE_BIT);
}

static __always_inline void request_flags(struct open_request *rq, __u32 flags, __u16 mode)
{
	rq->flags = flags;
	rq->bits |= OPEN_HAS_FLAGS;
	if (flags_make(flags)) {
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

/* Flags, and a mode if they ask for one, are the arguments from that one on. */
static __always_inline void request_flags_from(struct open_request *rq, struct pt_regs *regs,
					       bool is_32, int arg)
{
	__u32 flags = syscall_arg(regs, is_32, arg);

	request_flags(rq, flags, flags_make(flags) ? syscall_arg(regs, is_32, arg + 1) : 0);
}

/* How it is to be opened. */
static __always_inline void request_how_of_call(struct open_request *rq, struct pt_regs *regs,
						bool is_32)
{
	switch (rq->call) {
	case CALL_OPEN:
		request_flags_from(rq, regs, is_32, 1);
		break;
	case CALL_CREAT:
		request_flags(rq, O_CREAT | O_WRONLY | O_TRUNC, syscall_arg(regs, is_32, 1));
		break;
	case CALL_OPENAT:
		request_flags_from(rq, regs, is_32, 2);
		break;
	case CALL_OPENAT2:
		request_how(rq, (const void *)syscall_arg(regs, is_32, 2));
		break;
	case CALL_OPEN_BY_HANDLE_AT:
		request_flags(rq, syscall_arg(regs, is_32, 2), 0);
		break;
	}
}

/* What is to be opened.  False if the call opens nothing. */
static __always_inline bool request_what_of_call(struct open_request *rq, int call,
						 struct pt_regs *regs, bool is_32)
{
	__u64 first = syscall_arg(regs, is_32, 0);

	switch (call) {
	case CALL_OPEN:
	case CALL_CREAT:
	case CALL_EXECVE:
		request_set(rq, call, AT_FDCWD, first);
		return true;
	case CALL_OPENAT:
	case CALL_OPENAT2:
	case CALL_EXECVEAT:
		request_set(rq, call, first, syscall_arg(regs, is_32, 1));
		return true;
	case CALL_OPEN_BY_HANDLE_AT:
		request_set(rq, call, first, 0);
		return true;
	}
	return false;
}

static __always_inline bool request_of_call(struct open_request *rq, int call, struct pt_regs *regs,
					    bool is_32)
{
	if (!request_what_of_call(rq, call, regs, is_32))
		return false;
	request_how_of_call(rq, regs, is_32);
	return true;
}

/*
 * What nearly all opens are, to be looked for before all others, for the same reason: some 30 ns
 * of a traced one that fails.
 */
static __always_inline bool is_openat(__u64 nr, bool is_32)
{
	return __builtin_expect(nr == NR_openat && !is_32, true);
}

#endif
