// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * To be preloaded: what a tracer hooks in at the end of all system calls goes where nothing ever
 * happens instead.  It is loaded, knows what to trace and takes what comes, but whoever wants its
 * program to run hooks it in: see "hook" in workload.c.
 */
#include <dlfcn.h>
#include <string.h>

#include <bpf/libbpf.h>

#define NEVER "cgroup_transfer_tasks" /* in cgroup v1, when a cpuset has lost its processors */

struct bpf_link *bpf_program__attach(const struct bpf_program *prog)
{
	const char *name = bpf_program__name(prog);
	struct bpf_link *(*attach)(const struct bpf_program *prog);

	if (!strcmp(name, "sys_exit") || !strcmp(name, "raw_exit"))
		return bpf_program__attach_raw_tracepoint(prog, NEVER);
	*(void **)&attach = dlsym(RTLD_NEXT, __func__);
	return attach(prog);
}
