/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the current system call was asked for, from its registers into scratch memory. */
#ifndef CTRACE_REQUEST_BPF_H
#define CTRACE_REQUEST_BPF_H

#include "maps.bpf.h"

/*
 * Of any call but openat.  A global function, since the verifier goes all of its ways once instead
 * of once for each way that leads here: 1,600 instructions less in open_done().  To call it takes
 * 12 ns, of musl's open() for example.
 */
__noinline int request_of_other_call(__u32 slot, __u64 nr, __u32 is_32)
{
	struct scratch *s = scratch_get(slot);

	return s && request_of_call(&s->request, call_of_nr(nr, is_32), s->regs, is_32);
}

/* s is the slot's.  False if the call opens nothing after all. */
static __always_inline bool request_from_regs(__u32 slot, struct scratch *s, struct pt_regs *regs,
					      __u64 nr, struct task_struct *task)
{
	bool is_32 = caller_is_32(regs, task);

	request_start(&s->request, is_32);
	if (is_openat(nr, is_32))
		return request_of_call(&s->request, CALL_OPENAT, regs, false);
	s->regs = regs;
	return request_of_other_call(slot, nr, is_32);
}

#endif
