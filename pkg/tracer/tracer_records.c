// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What the kernel side has to tell: the rings, and the records in them. */
#include "tracer/tracer_parts.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "event/cgroup_record.h"
#include "event/clock.h"
#include "tracer/exe_table.h"
#include "tracer/rings.h"

/* Drained at a stretch, so that signals and the clock are looked at in between. */
#define DRAIN_RECORDS 32768

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
	int r = cgroup_record_decode(rec, len, path);

	if (r < 0)
		return r;
	return t->handler.cgroup ? t->handler.cgroup(rec, path, t->handler.arg) : 0;
}

static int handle_record(struct tracer *t, const struct record_head *data, size_t len)
{
	switch (len < sizeof(*data) ? 0 : data->type) {
	case RECORD_OPEN:
		return handle_open(t, data, len);
	case RECORD_EXE:
		return exe_table_add(t->exes, data, len);
	case RECORD_CGROUP_NEW:
	case RECORD_CGROUP_STARTED:
	case RECORD_CGROUP_GONE:
		return handle_cgroup(t, data, len);
	default:
		return -EBADMSG;
	}
}

/* --- the rings ----------------------------------------------------------------------------- */

static void *map_rings(struct mapping *m, int fd, size_t bytes, int protection, off_t offset)
{
	void *at = mmap(NULL, bytes, protection, MAP_SHARED, fd, offset);

	if (at == MAP_FAILED)
		return NULL;
	*m = (struct mapping){ at, bytes };
	return at;
}

/* include/uapi/linux/bpf.h: only the first page, the consumer's, may be written. */
static bool add_shared(struct tracer *t)
{
	const struct bpf_map *map = t->skel->maps.events;
	size_t page = getpagesize(), bytes = bpf_map__max_entries(map);
	unsigned long *taken =
		map_rings(&t->mapped[0], bpf_map__fd(map), page, PROT_READ | PROT_WRITE, 0);
	char *put = taken ? map_rings(&t->mapped[1], bpf_map__fd(map), page + 2 * bytes, PROT_READ,
				      page)
			  : NULL;

	if (!put)
		return false;
	rings_add_shared(t->rings, taken, (unsigned long *)put, put + page, bytes);
	t->shared_taken = taken;
	t->shared_put = (unsigned long *)put;
	return true;
}

static bool add_cpus(struct tracer *t)
{
	const struct bpf_map *map = t->skel->maps.cpu_rings;
	size_t bytes = bpf_map__value_size(map), cpus = bpf_map__max_entries(map);
	size_t ring_bytes = t->skel->rodata->settings.cpu_ring_bytes;
	char *at;

	if (!ring_bytes)
		return true;
	at = map_rings(&t->mapped[2], bpf_map__fd(map), bytes * cpus, PROT_READ | PROT_WRITE, 0);
	for (size_t i = 0; at && i < cpus; i++)
		rings_add_cpu(t->rings, (struct cpu_ring *)(at + i * bytes), ring_bytes);
	return at;
}

int tracer_ring_open(struct tracer *t, struct error *err)
{
	t->rings = rings_new(1 + bpf_map__max_entries(t->skel->maps.cpu_rings));
	if (!t->rings)
		return error_set(err, -ENOMEM, "read the rings");
	if (!add_shared(t) || !add_cpus(t))
		return error_set(err, -errno, "map the rings");
	return 0;
}

void tracer_ring_close(struct tracer *t)
{
	rings_free(t->rings);
	t->rings = NULL;
	t->shared_taken = t->shared_put = NULL;
	for (size_t i = 0; i < sizeof(t->mapped) / sizeof(t->mapped[0]); i++) {
		if (t->mapped[i].at)
			munmap(t->mapped[i].at, t->mapped[i].bytes);
		t->mapped[i].at = NULL;
	}
}

size_t tracer_ring_used(const struct tracer *t)
{
	return t->shared_put ? *t->shared_put - *t->shared_taken : 0;
}

size_t tracer_ring_bytes(const struct tracer *t)
{
	return bpf_map__max_entries(t->skel->maps.events);
}

int tracer_fd(const struct tracer *t)
{
	return bpf_map__fd(t->skel->maps.events);
}

void tracer_sleep(struct tracer *t)
{
	t->skel->bss->reader_sleeps = 1;
}

int tracer_drain(struct tracer *t)
{
	/* nothing comes any more once it is stopped, so nothing may be left */
	__u64 until_ns = t->stopped ? UINT64_MAX : boot_now_ns();
	const struct record_head *record;
	int r, drained = 0;
	size_t len;

	rings_look(t->rings, until_ns);
	while (drained < DRAIN_RECORDS && (record = rings_next(t->rings, &len))) {
		r = handle_record(t, record, len);
		if (r < 0)
			return r;
		drained++;
	}
	if (drained < DRAIN_RECORDS)
		t->drained_to_ns = until_ns;
	return drained;
}

int tracer_replay(struct tracer *t, const struct open_record *record, size_t len)
{
	return handle_open(t, record, len);
}

bool tracer_missed_cgroups(struct tracer *t)
{
	__u64 lost = t->skel->bss->lost_cgroup_records;

	if (!t->missed_ns && lost != t->lost_cgroups_seen) {
		t->lost_cgroups_seen = lost;
		t->missed_ns = boot_now_ns();
	}
	if (!t->missed_ns || t->drained_to_ns < t->missed_ns)
		return false;
	t->missed_ns = 0;
	return true;
}
