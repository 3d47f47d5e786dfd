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

typedef struct bpf_link *attach_fn(const struct bpf_program *prog);

static const struct bpf_program *other; /* of a type that can be hooked in there */

static attach_fn *attach_of(const char *name)
{
	attach_fn *attach;

	*(void **)&attach = dlsym(RTLD_NEXT, name);
	return attach;
}

struct bpf_link *bpf_program__attach(const struct bpf_program *prog)
{
	if (!strcmp(bpf_program__name(prog), "raw_exit"))
		return bpf_program__attach_raw_tracepoint(prog, NEVER);
	if (bpf_program__type(prog) == BPF_PROG_TYPE_RAW_TRACEPOINT)
		other = prog;
	return attach_of(__func__)(prog);
}

/* The kernel knows what it is for, and lets it be nowhere else: another one's link must do. */
struct bpf_link *bpf_program__attach_trace(const struct bpf_program *prog)
{
	if (!strcmp(bpf_program__name(prog), "sys_exit"))
		return bpf_program__attach_raw_tracepoint(other, NEVER);
	return attach_of(__func__)(prog);
}
