/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which opens are wanted, cheapest question first. */
#ifndef CTRACE_FILTER_BPF_H
#define CTRACE_FILTER_BPF_H

#include "maps.bpf.h"
#include "setup.bpf.h"
#include "syscall.bpf.h"

static __always_inline bool task_wanted(void)
{
	if (settings.tgid && bpf_get_current_pid_tgid() >> 32 != settings.tgid)
		return false;
	if (settings.uid_set && (__u32)bpf_get_current_uid_gid() != settings.uid)
		return false;
	if (settings.comm_len) {
		/*
		 * Two words, since a byte loop costs and __builtin_memcmp() wants constant sizes.
		 * Zeroed, since some kernels write no further than the name's end: 6.1 does so,
		 * which has strscpy() in bpf_get_current_comm() (kernel/bpf/helpers.c).
		 */
		__u64 comm[EVENT_COMM_BYTES / 8] = {};
		const volatile __u64 *wanted = (const volatile __u64 *)settings.comm;

		bpf_get_current_comm(comm, sizeof(comm));
		if (comm[0] != wanted[0] || comm[1] != wanted[1])
			return false;
	}
	return true;
}

static __always_inline bool flags_write(__u32 flags)
{
	return flags & (O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE_BIT);
}

/* Of scratch->request, which ended as ret; scratch->opened tells of an exec what it executes. */
static __always_inline bool request_wanted(struct scratch *s, struct task_struct *task,
					   __u32 traced_flags, long ret)
{
	struct open_request *rq = &s->request;

	if (settings.failed_only && ret >= 0)
		return false;
	if (settings.writes_only && !flags_write(rq->flags))
		return false;
	if (settings.containers && in_setup(s, task, traced_flags)) {
		rq->bits |= OPEN_SETUP;
		return settings.setup;
	}
	return true;
}

#endif
