// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The BPF object into the kernel.
 *
 * The kernel verifies a program while the system call waits, which is half of a start.  So our
 * object is opened three times: once for the maps, which are made while the kernel's types are
 * read, then for two parts of the programs, which share those maps and are verified at the same
 * time (10 ms less on two processors of one core).
 */
#include "tracer/tracer_parts.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "tracer/backend.h"
#include "tracer/features.h"
#include "tracer/kernel_btf.h"
#include "tracer/libbpf_log.h"

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
 * (which x86 keeps), and no program of ours in the middle of another.
 */
static __u32 cpu_ring_size(bool uninterrupted, __u32 ring_bytes, int cpus)
{
	__u32 size = CPU_RING_MOST;

#ifndef __x86_64__
	return 0;
#endif
	while (size >= CPU_RING_LEAST && (__u64)size * cpus > ring_bytes)
		size /= 2;
	return !uninterrupted || size < CPU_RING_LEAST ? 0 : size;
}

/* --- maps -------------------------------------------------------------------------------- */

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

static int prepare_rings(struct tracer *t, struct trace_settings *kernel, size_t wanted,
			 struct error *err)
{
	__u32 ring_bytes = ring_size(wanted),
	      programs = bpf_map__max_entries(t->skel->maps.scratch);
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return error_set(err, cpus, "count the processors");
	kernel->wakeup_bytes = ring_bytes / 4;
	kernel->cpus = cpus;
	kernel->cpu_ring_bytes = cpu_ring_size(kernel->uninterrupted, ring_bytes, cpus);
	bpf_map__set_max_entries(t->skel->maps.events, ring_bytes);
	bpf_map__set_max_entries(t->skel->maps.cpu_rings, cpus);
	bpf_map__set_value_size(t->skel->maps.cpu_rings,
				CPU_RING_SIZE(kernel->cpu_ring_bytes, programs));
	return 0;
}

/*
 * Raw tracepoints' programs run with preemption off, where the tracer does not refuse them
 * (probe_preemption); fexit's as the kernel's own code does.  None of ours runs in interrupts.
 */
static void set_preemption(enum backend backend, struct trace_settings *kernel)
{
	bool preempted = backend == BACKEND_FEXIT && features_preemption() != PREEMPTION_NO;

	kernel->may_skip = preempted;
	kernel->uninterrupted =
		backend == BACKEND_TRACEPOINT || (backend == BACKEND_FEXIT && !preempted);
}

static int open_maps(struct tracer *t, const struct tracer_settings *settings, struct error *err)
{
	struct trace_settings *kernel;
	int r = bpf_object_unpack(BPF_OBJECT_MAPS);

	if (r < 0)
		return error_set(err, r, "unpack the BPF maps");
	t->skel = ctrace_bpf__open();
	if (!t->skel)
		return error_set(err, -errno, "open the BPF object");
	backend_choose_maps(t->backend, t->skel->obj);
	kernel = (struct trace_settings *)&t->skel->rodata->settings;
	*kernel = settings->kernel;
	kernel->own_tgid = getpid();
	set_preemption(t->backend, kernel);
	t->skel->bss->calls_kept = !kernel->uninterrupted; /* a CPU may not hand over then */
	r = prepare_rings(t, kernel, settings->ring_bytes, err);
	return r < 0 ? r : prepare_volume(t, kernel, err);
}

static int load_maps(void *skel, struct error *err)
{
	int r = ctrace_bpf__load(skel);

	return r < 0 ? libbpf_log_refusal(err, r, "load the BPF maps") : 0;
}

/* --- programs ---------------------------------------------------------------------------- */

/* libbpf looks for the kernel's types in the file behind types_fd. */
static struct bpf_object *open_object(const struct tracer *t)
{
	struct bpf_object_open_opts opts = { .sz = sizeof(opts) };
	char types[32];
	size_t len;
	const void *bytes = bpf_object_bytes(&len);

	snprintf(types, sizeof(types), "/proc/self/fd/%d", t->types_fd);
	opts.btf_custom_path = types;
	opts.object_name = bpf_object__name(t->skel->obj); /* is in the names of some maps */
	return bpf_object__open_mem(bytes, len, &opts);
}

static int open_parts(struct tracer *t, const struct tracer_settings *settings,
		      const struct kernel_btf *types, struct error *err)
{
	int r = 0;

	for (int part = 0; part < PROGRAM_PARTS; part++) {
		t->parts[part] = open_object(t);
		if (!t->parts[part])
			return error_set(err, -errno, "open the BPF object");
	}
	for (int list = 0; list < PROGRAM_LISTS && !r; list++)
		if (list != PROGRAMS_CONTAINERS || settings->kernel.containers)
			r = backend_choose_programs(t->backend, list, t->parts[program_part(list)],
						    types, err);
	return r;
}

static enum bpf_object_part programs_of(enum backend backend)
{
	if (!bpf_object_has_casts())
		return BPF_OBJECT_OLD;
	return backend == BACKEND_TRACEPOINT ? BPF_OBJECT_TRACEPOINT : BPF_OBJECT_ALL;
}

/* With all that the verifier will ask of this kernel. */
static int open_programs(struct tracer *t, const struct tracer_settings *settings,
			 struct error *err)
{
	struct kernel_btf *types = NULL;
	int r = kernel_btf_open(&types, err);

	if (!r)
		r = kernel_btf_subset(types, bpf_object__btf(t->skel->obj), t->types_fd,
				      &bpf_object_look, err);
	if (!r) {
		r = bpf_object_unpack(programs_of(t->backend));
		if (r < 0)
			error_set(err, r, "unpack the BPF programs");
	}
	if (!r) {
		bpf_object_fill_in();
		r = bpf_object_register();
		if (r < 0)
			error_set(err, r, "tell libbpf of our BPF programs");
	}
	if (!r)
		r = open_parts(t, settings, types, err);
	kernel_btf_free(types);
	return r;
}

static int share_maps(const struct bpf_object *from, const struct bpf_object *to, struct error *err)
{
	const struct bpf_map *map;

	bpf_object__for_each_map(map, from)
	{
		struct bpf_map *copy = bpf_object__find_map_by_name(to, bpf_map__name(map));
		int r = !copy                      ? -ENOENT
			: bpf_map__autocreate(map) ? bpf_map__reuse_fd(copy, bpf_map__fd(map))
						   : bpf_map__set_autocreate(copy, false);

		if (r < 0)
			return error_set(err, r, "share the BPF map %s", bpf_map__name(map));
	}
	return 0;
}

static int load_programs(void *object, struct error *err)
{
	int r = bpf_object__load(object);

	return r < 0 ? libbpf_log_refusal(err, r, "load the BPF programs") : 0;
}

static int start_programs(struct tracer *t, struct error *err)
{
	for (int part = 0; part < PROGRAM_PARTS; part++) {
		int r = share_maps(t->skel->obj, t->parts[part], err);

		if (r < 0)
			return r;
		job_start(&t->loading[part], load_programs, t->parts[part]);
	}
	return 0;
}

int tracer_loaded(struct tracer *t, enum program_part part, struct error *err)
{
	return job_end(&t->loading[part], err);
}

/* What is in the kernel by then stays there by its descriptors. */
void tracer_load_end(struct tracer *t)
{
	struct error ignored;

	for (int part = 0; part < PROGRAM_PARTS; part++) {
		job_end(&t->loading[part], &ignored);
		bpf_object__close(t->parts[part]);
		t->parts[part] = NULL;
	}
	if (t->types_fd >= 0)
		close(t->types_fd);
	t->types_fd = -1;
}

/* ------------------------------------------------------------------------------------------ */

static int load_all(struct tracer *t, const struct tracer_settings *settings, struct error *err)
{
	struct job maps = {};
	struct error maps_err;
	int r, maps_r;

	job_start(&maps, load_maps, t->skel);
	r = open_programs(t, settings, err);
	maps_r = job_end(&maps, r < 0 ? &maps_err : err);
	if (!r)
		r = maps_r;
	return r < 0 ? r : start_programs(t, err);
}

int tracer_load(struct tracer *t, const struct tracer_settings *settings, struct error *err)
{
	int r;

	t->types_fd = memfd_create("kernel-types", MFD_CLOEXEC);
	if (t->types_fd < 0)
		return error_set(err, -errno, "make a file without a name");
	r = open_maps(t, settings, err);
	if (!r)
		r = load_all(t, settings, err);
	bpf_object_drop();
	return r;
}
