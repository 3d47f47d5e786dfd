// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/tracer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/id_map.h"
#include "ctrace.skel.h"
#include "event/clock.h"
#include "tracer/backend.h"
#include "tracer/bpf_object.h"
#include "tracer/exe_table.h"
#include "tracer/features.h"
#include "tracer/kretprobe.h"
#include "tracer/libbpf_log.h"
#include "tracer/tracefs.h"

/* Drained at a stretch, so that signals and the clock are looked at in between. */
#define DRAIN_RECORDS 32768

#define MAX_LINKS 16

#define SKIPPED_INTERVAL_NS 1000000000ULL

/* Containers counted by themselves, and opens remembered so as not to be reported again. */
#define VOLUME_ENTRIES   8192
#define REPORTED_ENTRIES 65536
#define PROCESS_ENTRIES  8192

/* What the skeleton asks for. */
static inline const void *ctrace_bpf__elf_bytes(size_t *len)
{
	return bpf_object_bytes(len);
}

struct tracer {
	enum backend backend;
	struct ctrace_bpf *skel;
	struct ring_buffer *ring;
	const unsigned long *positions; /* of the ring: the consumer's page, then the producer's */
	struct bpf_link *links[MAX_LINKS];    /* of what is attached ... */
	struct bpf_program *progs[MAX_LINKS]; /* ... and its program */
	int link_count;
	struct kretprobes *kretprobes; /* NULL: none */
	struct exe_table *exes;
	struct tracer_handler handler;
	int drained;
	struct id_map *losses_seen; /* root id -> struct loss_counts, ours */
	struct loss_counts unattributed_seen;
	__u64 losses_looked_at; /* losses_counted of the kernel side, then */
	__u64 skipped_next_ns;  /* CLOCK_BOOTTIME; see time_for_skipped() */
	bool stopped;
	__u64 lost_cgroups_seen;
	char path_buffer[OPEN_EVENT_PATH_BYTES];
};

static int handle_open(struct tracer *t, const void *data, size_t len)
{
	struct open_event ev;
	int r;

	r = open_event_decode(&ev, data, len, t->path_buffer);
	if (r < 0)
		return r;
	ev.exe = exe_table_find(t->exes, ev.record->exe_id);
	return t->handler.open(&ev, t->handler.arg);
}

static int handle_cgroup(struct tracer *t, const void *data, size_t len)
{
	const struct cgroup_record *rec = data;
	char path[CGROUP_PATH_BYTES];

	if (len < sizeof(*rec) || rec->path_len >= sizeof(path) ||
	    len - sizeof(*rec) < rec->path_len)
		return -EBADMSG;
	memcpy(path, rec->path, rec->path_len);
	path[rec->path_len] = '\0';
	return t->handler.cgroup ? t->handler.cgroup(rec, path, t->handler.arg) : 0;
}

static int handle_record(void *arg, void *data, size_t len)
{
	struct tracer *t = arg;
	int r;

	switch (len < sizeof(__u32) ? 0 : *(__u32 *)data) {
	case RECORD_OPEN:
		r = handle_open(t, data, len);
		break;
	case RECORD_EXE:
		r = exe_table_add(t->exes, data, len);
		break;
	case RECORD_CGROUP_NEW:
	case RECORD_CGROUP_STARTED:
	case RECORD_CGROUP_GONE:
		r = handle_cgroup(t, data, len);
		break;
	default:
		r = -EBADMSG;
	}
	if (r < 0)
		return r;
	/* -EAGAIN never leaves this file: it is how a drain of many records comes up for air. */
	return ++t->drained < DRAIN_RECORDS ? 0 : -EAGAIN;
}

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

/* libbpf's word names the program and what the kernel said of it; --verbose has the rest. */
static int refused(struct error *err, int code, const char *what)
{
	const char *reason = libbpf_log_reason();

	return *reason ? error_say(err, code, "%s: %s", what, reason)
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

static int load(struct tracer *t, const struct tracer_settings *settings, struct error *err)
{
	/* Where it is named, that is the only place where types are looked for. */
	const char *types = features_module_types() ? NULL : "/sys/kernel/btf/vmlinux";
	struct bpf_object_open_opts opts = { .sz = sizeof(opts), .btf_custom_path = types };
	__u32 ring_bytes = ring_size(settings->ring_bytes);
	struct trace_settings *kernel;
	int r;

	t->skel = ctrace_bpf__open_opts(&opts);
	bpf_object_drop();
	if (!t->skel)
		return error_set(err, -errno, "open the BPF object");

	r = backend_prepare(t->backend, settings->kernel.containers, t->skel->obj, err);
	if (r < 0)
		return r;
	bpf_map__set_max_entries(t->skel->maps.events, ring_bytes);
	kernel = (struct trace_settings *)&t->skel->rodata->settings;
	*kernel = settings->kernel;
	kernel->own_tgid = getpid();
	kernel->wakeup_bytes = ring_bytes / 4;
	kernel->may_skip = t->backend == BACKEND_FEXIT && features_preemption() != PREEMPTION_NO;
	r = prepare_volume(t, kernel, err);
	if (r < 0)
		return r;

	r = ctrace_bpf__load(t->skel);
	if (r < 0)
		return refused(err, r, "load the BPF programs");
	return 0;
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

static int attach_all(struct tracer *t, const char *const *names, struct error *err)
{
	int r = 0;

	for (; *names && !r; names++)
		r = strcmp(*names, "probe_preemption") ? attach_one(t, *names, err)
						       : probe_preemption(t, err);
	return r;
}

static int attach(struct tracer *t, struct error *err)
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

/* include/uapi/linux/bpf.h: a ring's map starts with a page for each position.  Or NULL. */
static const unsigned long *map_positions(int map_fd)
{
	void *at = mmap(NULL, 2 * (size_t)getpagesize(), PROT_READ, MAP_SHARED, map_fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

size_t tracer_ring_used(const struct tracer *t)
{
	size_t producer = getpagesize() / sizeof(*t->positions);

	return t->positions ? t->positions[producer] - t->positions[0] : 0;
}

size_t tracer_ring_bytes(const struct tracer *t)
{
	return bpf_map__max_entries(t->skel->maps.events);
}

static int open_ring(struct tracer *t, struct error *err)
{
	t->ring = ring_buffer__new(bpf_map__fd(t->skel->maps.events), handle_record, t, NULL);
	if (!t->ring)
		return error_set(err, -errno, "map the ring buffer");
	t->positions = map_positions(bpf_map__fd(t->skel->maps.events));
	return 0;
}

static int start(struct tracer *t, const struct tracer_settings *settings, struct error *err)
{
	int r = 0;

	libbpf_log_start(settings->verbose);
	if (t->backend == BACKEND_TRACEPOINT_PERF)
		r = tracefs_ensure(err);
	if (!r)
		r = load(t, settings, err);
	if (!r)
		r = open_ring(t, err);
	if (!r)
		r = attach(t, err);
	return r;
}

static void stop(struct tracer *t)
{
	tracer_stop(t);
	t->stopped = false;
	t->link_count = 0;
	kretprobes_free(t->kretprobes);
	t->kretprobes = NULL;
	ring_buffer__free(t->ring);
	t->ring = NULL;
	if (t->positions)
		munmap((void *)t->positions, 2 * (size_t)getpagesize());
	t->positions = NULL;
	ctrace_bpf__destroy(t->skel);
	t->skel = NULL;
}

/* The first that loads and attaches, and, unless it is forced by name, fits. */
static int start_first(struct tracer *t, const struct tracer_settings *settings, struct error *err)
{
	int r = -EOPNOTSUPP;

	for (int i = 0; i < BACKEND_COUNT; i++) {
		t->backend = i;
		if (settings->backend && !backend_has_name(i, settings->backend))
			continue;
		r = settings->backend ? 0 : backend_fits(i, err);
		if (!r)
			r = start(t, settings, err);
		if (!r)
			return 0;
		stop(t);
	}
	return r;
}

/* The backend that would be chosen; NULL if there is none.  Leaves nothing started. */
static const char *find_other(struct tracer *t, const struct tracer_settings *settings)
{
	struct tracer_settings any = *settings;
	struct error ignored;
	int r;

	any.backend = NULL;
	r = start_first(t, &any, &ignored);
	stop(t);
	return r < 0 ? NULL : backend_name(t->backend);
}

static int start_forced(struct tracer *t, const struct tracer_settings *settings, struct error *err)
{
	struct error cause;
	const char *other;
	int r = backend_check_name(settings->backend, err);

	if (r < 0)
		return r;
	r = start_first(t, settings, &cause);
	if (r < 0) {
		other = find_other(t, settings);
		error_say(err, r, "backend %s does not work here: %s; %s%s", settings->backend,
			  cause.text,
			  other ? "what works is --backend " : "the others don't either",
			  other ? other : ", as ctrace doctor tells");
	}
	return r;
}

/* A tracer that has not started yet; NULL without memory. */
static struct tracer *new_tracer(const struct tracer_handler *handler)
{
	struct tracer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->handler = *handler;
	t->exes = exe_table_new();
	t->losses_seen = id_map_new();
	if (t->exes && t->losses_seen)
		return t;
	tracer_free(t);
	return NULL;
}

int tracer_open(struct tracer **out, const struct tracer_settings *settings,
		const struct tracer_handler *handler, struct error *err)
{
	struct tracer *t;
	int r;

	libbpf_log_start(settings->verbose);
	r = features_check(err);
	if (r < 0)
		return r;

	t = new_tracer(handler);
	if (!t)
		return error_set(err, -ENOMEM, "start the tracer");
	r = settings->backend ? start_forced(t, settings, err) : start_first(t, settings, err);
	if (r < 0) {
		tracer_free(t);
		return r;
	}
	*out = t;
	return 0;
}

int tracer_open_only(struct tracer **out, const struct tracer_settings *settings,
		     const struct tracer_handler *handler, struct error *err)
{
	struct tracer *t = new_tracer(handler);
	int r;

	if (!t)
		return error_set(err, -ENOMEM, "start the tracer");
	r = start_first(t, settings, err);
	if (r < 0) {
		tracer_free(t);
		return r;
	}
	*out = t;
	return 0;
}

void tracer_free(struct tracer *t)
{
	void *seen;
	size_t pos = 0;

	if (!t)
		return;
	stop(t);
	exe_table_free(t->exes);
	while (t->losses_seen && id_map_next(t->losses_seen, &pos, NULL, &seen))
		free(seen);
	id_map_free(t->losses_seen);
	free(t);
}

const char *tracer_backend(const struct tracer *t)
{
	return backend_name(t->backend);
}

/* traced.bpf.h counts what it adds and removes itself. */
static void count_traced(struct tracer *t, __u64 cgroup_id, int change)
{
	__atomic_add_fetch(&t->skel->bss->traced_hints[cgroup_id % TRACED_HINTS], change,
			   __ATOMIC_RELAXED);
	if (cgroup_id & CGROUP_ID_V1)
		__atomic_add_fetch(&t->skel->bss->v1_traced, change, __ATOMIC_RELAXED);
}

int tracer_trace(struct tracer *t, __u64 cgroup_id, __u64 root_id, bool container,
		 struct error *err)
{
	struct cgroup_entry entry = {
		.root_id = root_id,
		.flags = CGROUP_JOINED | (container ? CGROUP_CONTAINER : 0),
	};
	int r;

	count_traced(t, cgroup_id, 1);
	r = bpf_map__update_elem(t->skel->maps.cgroups, &cgroup_id, sizeof(cgroup_id), &entry,
				 sizeof(entry), BPF_NOEXIST);
	if (r < 0)
		count_traced(t, cgroup_id, -1);
	if (r == -EEXIST)
		r = bpf_map__update_elem(t->skel->maps.cgroups, &cgroup_id, sizeof(cgroup_id),
					 &entry, sizeof(entry), BPF_EXIST);
	if (r < 0 && r != -ENOENT) /* it has been removed meanwhile */
		return error_set(err, r, "add a cgroup to the filter");
	return 0;
}

void tracer_untrace(struct tracer *t, __u64 cgroup_id)
{
	if (!bpf_map__delete_elem(t->skel->maps.cgroups, &cgroup_id, sizeof(cgroup_id), 0))
		count_traced(t, cgroup_id, -1);
}

bool tracer_maps_work(const struct tracer *t)
{
	__u64 nobody = 0;
	struct cgroup_entry entry;

	return bpf_map__lookup_elem(t->skel->maps.cgroups, &nobody, sizeof(nobody), &entry,
				    sizeof(entry), 0) != -EPERM;
}

bool tracer_missed_cgroups(struct tracer *t)
{
	__u64 lost = t->skel->bss->lost_cgroup_records;
	bool missed = lost != t->lost_cgroups_seen;

	t->lost_cgroups_seen = lost;
	return missed;
}

int tracer_fd(const struct tracer *t)
{
	return bpf_map__fd(t->skel->maps.events);
}

void tracer_sleep(struct tracer *t)
{
	t->skel->bss->reader_sleeps = 1;
}

int tracer_replay(struct tracer *t, const struct open_record *record, size_t len)
{
	return handle_open(t, record, len);
}

int tracer_drain(struct tracer *t)
{
	int r;

	t->drained = 0;
	r = ring_buffer__consume(t->ring);
	return r < 0 && r != -EAGAIN ? r : t->drained;
}

void tracer_stop(struct tracer *t)
{
	t->stopped = true;
	for (int i = 0; i < t->link_count; i++) {
		bpf_link__destroy(t->links[i]);
		t->links[i] = NULL;
	}
}

/* Report what has come since *seen, and remember it. */
static int report_losses(struct tracer *t, __u64 root_id, const struct loss_counts *now,
			 struct loss_counts *seen)
{
	for (int reason = 0; reason < LOSS_COUNT; reason++) {
		__u64 fresh = now->lost[reason] - seen->lost[reason];
		int r = fresh ? t->handler.lost(root_id, reason, fresh, t->handler.arg) : 0;

		if (r < 0)
			return r;
		seen->lost[reason] = now->lost[reason];
	}
	return 0;
}

/* What has been reported of a container, from the first loss on. */
static struct loss_counts *seen_of(struct tracer *t, __u64 root_id)
{
	struct loss_counts *seen = id_map_get(t->losses_seen, root_id);

	if (seen)
		return seen;
	seen = calloc(1, sizeof(*seen));
	if (seen && id_map_put(t->losses_seen, root_id, seen) < 0) {
		free(seen);
		return NULL;
	}
	return seen;
}

static int root_losses(struct tracer *t, __u64 root_id)
{
	struct loss_counts now, *seen;

	if (bpf_map__lookup_elem(t->skel->maps.losses, &root_id, sizeof(root_id), &now, sizeof(now),
				 0))
		return 0;
	seen = seen_of(t, root_id);
	return seen ? report_losses(t, root_id, &now, seen) : -ENOMEM;
}

/*
 * Asking the kernel about each program is nine tenths of what an idle ctrace costs, so
 * that is done once a second, and when it is over.
 */
static bool time_for_skipped(struct tracer *t)
{
	__u64 now = boot_now_ns();

	if (!t->stopped && now < t->skipped_next_ns)
		return false;
	t->skipped_next_ns = now + SKIPPED_INTERVAL_NS;
	return true;
}

/*
 * Runs of our programs that the kernel skipped: it believed them to be running already, or
 * had no room to remember where a function's return leads to.
 */
static __u64 skipped_runs(const struct tracer *t)
{
	__u64 sum = t->kretprobes ? kretprobes_missed(t->kretprobes) : 0;

	for (int i = 0; i < t->link_count; i++) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(t->progs[i]), &info, &size))
			sum += info.recursion_misses; /* since 5.12, 9ed9e9ba2337 */
	}
	return sum;
}

static int all_root_losses(struct tracer *t)
{
	const struct bpf_map *map = t->skel->maps.losses;
	__u64 root_id, *prev = NULL;
	int r;

	while (!bpf_map__get_next_key(map, prev, &root_id, sizeof(root_id))) {
		r = root_losses(t, root_id);
		if (r < 0)
			return r;
		prev = &root_id;
	}
	return 0;
}

int tracer_losses(struct tracer *t)
{
	/* before the map: what is counted meanwhile is for the next time */
	__u64 counted = __atomic_load_n(&t->skel->bss->losses_counted, __ATOMIC_ACQUIRE);
	struct loss_counts now = t->skel->bss->unattributed_losses;
	int r = counted != t->losses_looked_at ? all_root_losses(t) : 0;

	if (r < 0)
		return r;
	t->losses_looked_at = counted;
	now.lost[LOSS_SKIPPED] =
		time_for_skipped(t) ? skipped_runs(t) : t->unattributed_seen.lost[LOSS_SKIPPED];
	return report_losses(t, 0, &now, &t->unattributed_seen);
}

static int root_volume(struct tracer *t, __u64 root_id)
{
	struct volume_counts total;

	if (bpf_map__lookup_elem(t->skel->maps.volumes, &root_id, sizeof(root_id), &total,
				 sizeof(total), 0))
		return 0;
	return t->handler.volume(root_id, &total, t->handler.arg);
}

int tracer_volumes(struct tracer *t)
{
	const struct bpf_map *map = t->skel->maps.volumes;
	__u64 root_id, *prev = NULL;

	while (!bpf_map__get_next_key(map, prev, &root_id, sizeof(root_id))) {
		int r = root_volume(t, root_id);

		if (r < 0)
			return r;
		prev = &root_id;
	}
	return t->handler.volume(0, &t->skel->bss->unattributed_volume, t->handler.arg);
}

__u64 tracer_repeated(const struct tracer *t, __u64 hash)
{
	/* struct reported_open of the kernel side */
	struct {
		__u64 when_ns, repeated;
	} entry = {};

	bpf_map__lookup_elem(t->skel->maps.reported, &hash, sizeof(hash), &entry, sizeof(entry), 0);
	return entry.repeated;
}

int tracer_processes(const struct tracer *t, __u64 root_id, tracer_process *found, void *arg)
{
	const struct bpf_map *map = t->skel->maps.processes;
	struct process_key key, *prev = NULL;
	struct process_counts counts;
	int r = 0;

	/* a table that changes may begin again: no more rounds than it has places */
	for (int i = 0; !r && i < PROCESS_ENTRIES; i++) {
		if (bpf_map__get_next_key(map, prev, &key, sizeof(key)))
			return 0;
		prev = &key;
		if (key.root_id == root_id &&
		    !bpf_map__lookup_elem(map, &key, sizeof(key), &counts, sizeof(counts), 0))
			r = found(key.tgid, &counts, arg);
	}
	return r;
}

int tracer_forget(struct tracer *t, __u64 root_id)
{
	int r = root_losses(t, root_id);

	if (!r)
		r = root_volume(t, root_id);
	bpf_map__delete_elem(t->skel->maps.volumes, &root_id, sizeof(root_id), 0);
	bpf_map__delete_elem(t->skel->maps.losses, &root_id, sizeof(root_id), 0);
	free(id_map_remove(t->losses_seen, root_id));
	return r;
}
