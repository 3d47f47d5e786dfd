/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What arm64 has of its own: registers, system call numbers, 32-bit callers.
 * arch_x86.bpf.h has the same names.
 */
#ifndef CTRACE_ARCH_ARM64_BPF_H
#define CTRACE_ARCH_ARM64_BPF_H

#include "read.bpf.h"

#define LOADS_IN_ORDER false /* see verdict_lasts() */

/* arch/arm64/include/asm/memory.h, without KASAN and with pages of up to 16 KiB; with those of
 * 64 KiB a stack is 64 KiB, too, which matters before 5.15 alone: see current_regs(). */
#define THREAD_SIZE 16384

/* of pstate, and of the hardware: arch/arm64/include/uapi/asm/ptrace.h, asm/ptrace.h */
#define PSR_MODE32_BIT 0x10
#define PSR_AA32_T_BIT 0x20 /* Thumb: instructions of 2 bytes */

#define NO_SYSCALL (-1)

#define O_LARGEFILE 00400000 /* arch/arm64/include/uapi/asm/fcntl.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	__u64 regs[31];
	__u64 pc, pstate;
	__u64 orig_x0;
	__s32 syscallno;
};

#pragma clang attribute pop

/* A kprobe's context is struct user_pt_regs (asm/ptrace.h), an ABI: x0 and x1 are its first words.
 */
#define PROBE_ARG1(ctx)   (((const __u64 *)(ctx))[0])
#define PROBE_ARG2(ctx)   (((const __u64 *)(ctx))[1])
#define PROBE_RESULT(ctx) (((const __u64 *)(ctx))[0])

/* include/uapi/asm-generic/unistd.h: open and creat are not there, libc makes openat of them */
enum {
	NR_openat = 56,
	NR_execve = 221,
	NR_open_by_handle_at = 265,
	NR_execveat = 281,
	NR_openat2 = 437, /* the same everywhere */
};
/* arch/arm/tools/syscall.tbl; callers of the old ABI, with the number in the instruction, don't
 * run on arm64 */
enum {
	NR32_open = 5,
	NR32_creat = 8,
	NR32_execve = 11,
	NR32_openat = 322,
	NR32_open_by_handle_at = 371,
	NR32_execveat = 387
};

/* See may_open_nr().  The slots of what opens have no other call that programs make often. */
#define NR_FACTOR           0xc4537f10
#define OPENING_NRS_HERE(X) /* none */

static __always_inline int call_of_nr(__u64 nr, bool is_32)
{
	if (nr == NR_openat2)
		return CALL_OPENAT2;
	if (is_32) {
		switch (nr) {
		case NR32_open:
			return CALL_OPEN;
		case NR32_creat:
			return CALL_CREAT;
		case NR32_openat:
			return CALL_OPENAT;
		case NR32_open_by_handle_at:
			return CALL_OPEN_BY_HANDLE_AT;
		case NR32_execve:
			return CALL_EXECVE;
		case NR32_execveat:
			return CALL_EXECVEAT;
		}
		return CALL_COUNT;
	}
	switch (nr) {
	case NR_openat:
		return CALL_OPENAT;
	case NR_open_by_handle_at:
		return CALL_OPEN_BY_HANDLE_AT;
	case NR_execve:
		return CALL_EXECVE;
	case NR_execveat:
		return CALL_EXECVEAT;
	}
	return CALL_COUNT;
}

/* The processor's own word on it; TIF_32BIT says the same of the task. */
static __always_inline bool caller_is_32(struct pt_regs *regs, struct task_struct *task)
{
	return kread(regs, pstate) & PSR_MODE32_BIT;
}

/* Of those that the kernel hands to a program, with their type; the arguments are openat's. */
#define handed_syscall_nr(regs) ((__u64)(regs)->syscallno)
#define handed_flags(regs)      ((regs)->regs[2])
#define handed_mode(regs)       ((regs)->regs[3])

static __always_inline __u64 syscall_nr(struct pt_regs *regs)
{
	return kread(regs, syscallno);
}

/* Where user space goes on. */
static __always_inline __u64 regs_ip(struct pt_regs *regs)
{
	return kread(regs, pc);
}

/* The first register has the result by now, what it was is kept beside. */
static __always_inline __u64 syscall_arg(struct pt_regs *regs, bool is_32, int n)
{
	__u64 arg;

	switch (n) {
	case 0:
		arg = kread(regs, orig_x0);
		break;
	case 1:
		arg = kread(regs, regs[1]);
		break;
	case 2:
		arg = kread(regs, regs[2]);
		break;
	default:
		arg = kread(regs, regs[3]);
	}
	return is_32 ? (__u32)arg : arg;
}

/*
 * A call that a signal interrupted, as signal_deliver finds it.
 *
 * By then do_signal() has made the registers ready to start the call again:
 * syscallno is NO_SYSCALL, the result is overwritten by the first argument, and
 * pc is back at the instruction that made the call.  So number and result are
 * kept when the call ends, which is just before, with no way through user space
 * in between.  If no signal comes of it after all, they are left over; the place
 * in the program tells that they belong to something else.
 */
struct interruption {
	__u64 nr;
	__u64 restart_pc;
	__s64 ret;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); /* tid */
	__type(value, struct interruption);
} interruptions SEC(".maps");

static __always_inline void interruption_keep(struct pt_regs *regs, __s64 ret)
{
	__u64 pstate = kread(regs, pstate), pc = kread(regs, pc);
	bool thumb = pstate & PSR_MODE32_BIT && pstate & PSR_AA32_T_BIT;
	struct interruption was = {
		.nr = syscall_nr(regs),
		.restart_pc = pc - (thumb ? 2 : 4),
		.ret = ret,
	};
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_update_elem(&interruptions, &tid, &was, BPF_ANY);
}

static __always_inline void interruption_forget(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&interruptions, &tid);
}

static __always_inline bool interruption_get(struct interruption *was, struct pt_regs *regs)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct interruption *kept = bpf_map_lookup_elem(&interruptions, &tid);

	if (!kept)
		return false;
	*was = *kept;
	if (kread(regs, syscallno) == NO_SYSCALL && kread(regs, pc) == was->restart_pc)
		return true;
	interruption_forget();
	return false;
}

#endif
