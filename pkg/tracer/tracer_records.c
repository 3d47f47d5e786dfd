// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What the kernel side has to tell: the ring, and the records in it. */
#include "tracer/tracer_parts.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "event/cgroup_record.h"
#include "tracer/exe_table.h"

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

/* include/uapi/linux/bpf.h: a ring's map starts with a page for each position.  Or NULL. */
static const unsigned long *map_positions(int map_fd)
{
	void *at = mmap(NULL, 2 * (size_t)getpagesize(), PROT_READ, MAP_SHARED, map_fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

int tracer_ring_open(struct tracer *t, struct error *err)
{
	t->ring = ring_buffer__new(bpf_map__fd(t->skel->maps.events), handle_record, t, NULL);
	if (!t->ring)
		return error_set(err, -errno, "map the ring buffer");
	t->positions = map_positions(bpf_map__fd(t->skel->maps.events));
	return 0;
}

void tracer_ring_close(struct tracer *t)
{
	ring_buffer__free(t->ring);
	t->ring = NULL;
	if (t->positions)
		munmap((void *)t->positions, 2 * (size_t)getpagesize());
	t->positions = NULL;
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
	int r;

	t->drained = 0;
	r = ring_buffer__consume(t->ring);
	return r < 0 && r != -EAGAIN ? r : t->drained;
}

int tracer_replay(struct tracer *t, const struct open_record *record, size_t len)
{
	return handle_open(t, record, len);
}

bool tracer_missed_cgroups(struct tracer *t)
{
	__u64 lost = t->skel->bss->lost_cgroup_records;
	bool missed = lost != t->lost_cgroups_seen;

	t->lost_cgroups_seen = lost;
	return missed;
}
