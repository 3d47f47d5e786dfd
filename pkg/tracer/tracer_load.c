// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The BPF object into the kernel, and its programs to where they hook in. */
#include "tracer/tracer_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "tracer/backend.h"
#include "tracer/features.h"
#include "tracer/kernel_btf.h"
#include "tracer/kretprobe.h"
#include "tracer/libbpf_log.h"
#include "tracer/tracefs.h"

/* Containers counted by themselves, and opens remembered so as not to be reported again. */
#define VOLUME_ENTRIES   8192
#define REPORTED_ENTRIES 65536

/* A record takes some 200 bytes, and has 8 KiB of room. */
#define CPU_RING_MOST  (1u << 20)
#define CPU_RING_LEAST (32u << 10)

/* A ring is a power of two of whole pages. */
static __u32 ring_size(size_t wanted)
{
	__u32 size = getpagesize();

	if (!wanted)
		wanted = TRACER_RING_BYTES;
	while (size < wanted && size < 1u << 30)
		size *= 2;
	return size;
}

/*
 * Each CPU's own ring, as large as still need not grow with the rate (at 200,000 opens a
 * second its half is full in 12 ms), but all of them no larger than the one that they flow
 * over into.  0: none, for record.bpf.h has a CPU's stores seen by others in their order
 * (which x86 keeps), and no program of ours in the middle of another (which raw tracepoints
 * alone can tell: probe_preemption() below refuses kernels that do so).
 */
static __u32 cpu_ring_size(enum backend backend, __u32 ring_bytes, int cpus)
{
	__u32 size = CPU_RING_MOST;

#ifndef __x86_64__
	return 0;
#endif
	while (size >= CPU_RING_LEAST && (__u64)size * cpus > ring_bytes)
		size /= 2;
	return backend != BACKEND_TRACEPOINT || size < CPU_RING_LEAST ? 0 : size;
}

/* libbpf's word names the program and what the kernel said of it; --verbose has the rest. */
static int refused(struct error *err, int code, const char *what)
{
	const char *reason = libbpf_log_reason();

	return *reason ? error_say(err, code, "can't %s: %s", what, reason)
		       : error_set(err, code, "%s", what);
}

/* What is not used stays as small as a map can be. */
static int prepare_volume(struct tracer *t, struct trace_settings *kernel, struct error *err)
{
	if (kernel->count_volume)
		bpf_map__set_max_entries(t->skel->maps.volumes, VOLUME_ENTRIES);
	if (kernel->count_processes)
		bpf_map__set_max_entries(t->skel->maps.processes, PROCESS_ENTRIES);
	if (!kernel->dedup_ns)
		return 0;
	bpf_map__set_max_entries(t->skel->maps.reported, REPORTED_ENTRIES);
	if (getrandom(kernel->hash_key, sizeof(kernel->hash_key), 0) != sizeof(kernel->hash_key))
		return error_set(err, -errno, "get random bytes");
	return 0;
}

/* libbpf is to look for the kernel's types in the file behind types_fd, which may be filled later.
 */
static int open_object(struct tracer *t, const struct kernel_btf *kernel, int types_fd,
		       struct error *err)
{
	struct bpf_object_open_opts opts = { .sz = sizeof(opts) };
	char types[32];
	int r = bpf_object_unpack(kernel);

	if (r < 0)
		return error_set(err, r, "unpack the BPF object");
	snprintf(types, sizeof(types), "/proc/self/fd/%d", types_fd);
	opts.btf_custom_path = types;
	t->skel = ctrace_bpf__open_opts(&opts);
	bpf_object_drop();
	return t->skel ? 0 : error_set(err, -errno, "open the BPF object");
}

static int prepare_rings(struct tracer *t, struct trace_settings *kernel, size_t wanted,
			 struct error *err)
{
	__u32 ring_bytes = ring_size(wanted),
	      programs = bpf_map__max_entries(t->skel->maps.scratch);
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return error_set(err, cpus, "count the processors");
	kernel->wakeup_bytes = ring_bytes / 4;
	kernel->cpu_ring_bytes = cpu_ring_size(t->backend, ring_bytes, cpus);
	bpf_map__set_max_entries(t->skel->maps.events, ring_bytes);
	bpf_map__set_max_entries(t->skel->maps.cpu_rings, cpus);
	bpf_map__set_max_entries(t->skel->maps.verdicts, cpus);
	bpf_map__set_value_size(t->skel->maps.cpu_rings,
				CPU_RING_SIZE(kernel->cpu_ring_bytes, programs));
	return 0;
}

static int prepare(struct tracer *t, const struct tracer_settings *settings,
		   const struct kernel_btf *types, struct error *err)
{
	struct trace_settings *kernel = (struct trace_settings *)&t->skel->rodata->settings;
	int r;

	r = backend_prepare(t->backend, settings->kernel.containers, t->skel->obj, types, err);
	if (r < 0)
		return r;
	*kernel = settings->kernel;
	kernel->own_tgid = getpid();
	kernel->may_skip = t->backend == BACKEND_FEXIT && features_preemption() != PREEMPTION_NO;
	r = prepare_rings(t, kernel, settings->ring_bytes, err);
	return r < 0 ? r : prepare_volume(t, kernel, err);
}

int tracer_load(struct tracer *t, const struct tracer_settings *settings, struct error *err)
{
	auto_close int types_fd = memfd_create("kernel-types", MFD_CLOEXEC);
	struct kernel_btf *kernel = NULL;
	int r;

	if (types_fd < 0)
		return error_set(err, -errno, "make a file without a name");
	r = kernel_btf_open(&kernel, err);
	if (!r)
		r = open_object(t, kernel, types_fd, err);
	if (!r)
		r = prepare(t, settings, kernel, err);
	if (!r)
		r = kernel_btf_subset(kernel, bpf_object__btf(t->skel->obj), types_fd, err);
	kernel_btf_free(kernel);
	if (r < 0)
		return r;
	r = ctrace_bpf__load(t->skel);
	return r < 0 ? refused(err, r, "load the BPF programs") : 0;
}

static struct bpf_program *program(const struct tracer *t, const char *name)
{
	return bpf_object__find_program_by_name(t->skel->obj, name);
}

static bool is_probe(const struct bpf_program *prog, const char *kind)
{
	const char *section = bpf_program__section_name(prog);

	return !strncmp(section, kind, strlen(kind)) && section[strlen(kind)] == '/';
}

/* Some kernels have another name for what a program's section names. */
static struct bpf_link *attach_by_libbpf(struct bpf_program *prog)
{
	struct bpf_link *link;

	if (is_probe(prog, "kprobe"))
		return bpf_program__attach_kprobe(prog, false, backend_function(prog));
	link = bpf_program__attach(prog);
	if (!link && errno == ENOENT && !strcmp(bpf_program__name(prog), "uring_submit"))
		link = bpf_program__attach_raw_tracepoint(prog, "io_uring_submit_sqe");
	return link;
}

static int attach_program(struct tracer *t, struct bpf_link **link, struct bpf_program *prog,
			  struct error *err)
{
	if (is_probe(prog, "kretprobe"))
		return kretprobes_attach(t->kretprobes, link, prog, backend_function(prog), err);
	*link = attach_by_libbpf(prog);
	return *link ? 0 : refused(err, -errno, "attach the BPF programs");
}

static int attach_one(struct tracer *t, const char *name, struct error *err)
{
	struct bpf_program *prog = program(t, name);
	struct bpf_link *link;
	int r;

	if (!bpf_program__autoload(prog))
		return 0; /* this kernel can't have it */
	if (t->link_count == MAX_LINKS)
		return error_set(err, -E2BIG, "attach the BPF program %s", name);
	r = attach_program(t, &link, prog, err);
	if (r < 0)
		return r == -ENOENT && backend_hook_may_lack(name) ? 0 : r;
	t->links[t->link_count] = link;
	t->progs[t->link_count++] = prog;
	return 0;
}

/*
 * May this kernel preempt a raw tracepoint program, and so skip others?  See
 * probe_preemption() in bpf/.  Not seen to run: what perf runs is right on every kernel.
 */
static int probe_preemption(struct tracer *t, struct error *err)
{
	struct bpf_link *link = bpf_program__attach(t->skel->progs.probe_preemption);

	if (!link)
		return error_set(err, -errno, "attach a BPF program to system calls");
	syscall(SYS_getppid);
	bpf_link__destroy(link);
	if (t->skel->bss->preemption_probed && !t->skel->bss->preemption_possible)
		return 0;
	return error_say(err, -EOPNOTSUPP, "this kernel may preempt raw tracepoint programs");
}

/* Others go over to it: see go_on() in bpf/. */
static int put_next(struct tracer *t, __u32 which, const struct bpf_program *prog,
		    struct error *err)
{
	__u32 fd = bpf_program__fd(prog);
	int r = bpf_map__update_elem(t->skel->maps.next, &which, sizeof(which), &fd, sizeof(fd),
				     BPF_ANY);

	return r < 0 ? error_set(err, r, "put a BPF program where others find it") : 0;
}

static int attach_all(struct tracer *t, const char *const *names, struct error *err)
{
	int r = 0;

	for (; *names && !r; names++) {
		if (!strcmp(*names, "probe_preemption"))
			r = probe_preemption(t, err);
		else if (!strcmp(*names, "report"))
			r = put_next(t, NEXT_REPORT, t->skel->progs.report, err);
		else if (!strcmp(*names, "open_call"))
			r = put_next(t, NEXT_OPEN_CALL, t->skel->progs.open_call, err);
		else
			r = attach_one(t, *names, err);
	}
	return r;
}

int tracer_attach(struct tracer *t, struct error *err)
{
	int r = attach_all(t, backend_shared_programs(), err);

	if (!r && t->backend == BACKEND_KPROBE)
		r = tracefs_ensure(err);
	if (!r && t->backend == BACKEND_KPROBE)
		r = kretprobes_open(&t->kretprobes, err);
	if (!r && t->skel->rodata->settings.containers)
		r = attach_all(t, backend_container_programs(), err);
	return r < 0 ? r : attach_all(t, backend_programs(t->backend), err);
}
