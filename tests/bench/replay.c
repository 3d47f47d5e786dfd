// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * ctrace itself, linked with other rings (ld --wrap): from where they are read on,
 * to the bytes that come out, all is the real thing.
 *
 *	CTRACE_RECORD=FILE  the records that come from the kernel are copied to FILE as well
 *	CTRACE_REPLAY=FILE  they come from FILE, round and round; end it by --count.  Then
 *	                    one line of JSON on stderr: events and CPU time
 *
 * FILE: for each record its length (4 bytes) and its bytes.  They are laid out in
 * memory as a CPU's ring has them, 8 MiB of them, so that the caches see the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tracer/rings.h"

#define REPLAY_BYTES (8u << 20)

static struct {
	FILE *record;          /* NULL: not recording */
	struct cpu_ring *ring; /* NULL: not replaying */
	unsigned long long events;
	unsigned long long start_ns;
} replay;

struct rings *__real_rings_new(size_t most);
void __real_rings_look(struct rings *rings, __u64 until_ns);
const struct record_head *__real_rings_next(struct rings *rings, size_t *len);
void __real_rings_free(struct rings *rings);

struct rings *__wrap_rings_new(size_t most);
void __wrap_rings_look(struct rings *rings, __u64 until_ns);
const struct record_head *__wrap_rings_next(struct rings *rings, size_t *len);
void __wrap_rings_free(struct rings *rings);

static unsigned long long cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* One more entry, and where the next one will be. */
static __u64 put(__u64 at, const void *data, __u32 len)
{
	struct ring_entry *entry = (struct ring_entry *)(replay.ring->data + at);

	*entry = (struct ring_entry){ .start = sizeof(*entry), .len = len };
	memcpy(entry + 1, data, len);
	return ring_next(at, entry, REPLAY_BYTES);
}

/* All of it again and again, until the ring is full: what is behind goes beyond its end. */
static void fill(FILE *f)
{
	static char data[65536] __attribute__((aligned(8)));
	__u64 at = 0;
	__u32 len;

	while (at < REPLAY_BYTES) {
		if (fread(&len, sizeof(len), 1, f) == 1 && len <= sizeof(data) &&
		    fread(data, len, 1, f) == 1)
			at = put(at, data, len);
		else if (at)
			rewind(f);
		else
			abort();
	}
}

static void load(const char *path)
{
	FILE *f = fopen(path, "r");

	replay.ring = calloc(1, CPU_RING_SIZE(REPLAY_BYTES, 0));
	if (!f || !replay.ring)
		abort();
	fill(f);
	fclose(f);
}

struct rings *__wrap_rings_new(size_t most)
{
	const char *to = getenv("CTRACE_RECORD"), *from = getenv("CTRACE_REPLAY");
	struct rings *rings = __real_rings_new(most + 1);

	if (to)
		replay.record = fopen(to, "w");
	if (from && !replay.ring)
		load(from);
	if (rings && from)
		rings_add_cpu(rings, replay.ring, REPLAY_BYTES);
	return rings;
}

/* There is always one more round. */
void __wrap_rings_look(struct rings *rings, __u64 until_ns)
{
	if (replay.ring) {
		replay.ring->put = replay.ring->taken / REPLAY_BYTES * REPLAY_BYTES + REPLAY_BYTES;
		if (!replay.start_ns)
			replay.start_ns = cpu_ns();
	}
	__real_rings_look(rings, until_ns);
}

const struct record_head *__wrap_rings_next(struct rings *rings, size_t *len)
{
	const struct record_head *record = __real_rings_next(rings, len);
	__u32 size = record ? *len : 0;

	if (record && replay.record) {
		fwrite(&size, sizeof(size), 1, replay.record);
		fwrite(record, size, 1, replay.record);
	}
	replay.events += record && record->type == RECORD_OPEN;
	return record;
}

void __wrap_rings_free(struct rings *rings)
{
	if (replay.ring && replay.events)
		fprintf(stderr, "{\"events\":%llu,\"cpu_ns\":%llu}\n", replay.events,
			cpu_ns() - replay.start_ns);
	if (replay.record)
		fclose(replay.record);
	replay.record = NULL;
	replay.events = 0;
	__real_rings_free(rings);
}
