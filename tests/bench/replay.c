// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * ctrace itself, linked with another ring (ld --wrap): everything behind the ring,
 * from record to bytes, is the real thing.
 *
 *	CTRACE_RECORD=FILE  the records of the kernel's ring are copied to FILE as well
 *	CTRACE_REPLAY=FILE  they come from FILE, round and round; end it by --count.  Then
 *	                    one line of JSON on stderr: events and CPU time
 *
 * FILE: for each record its length (4 bytes) and its bytes.  They are laid out in
 * memory as the ring has them, 8 MiB of them, so that the caches see the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "event.h"

#define REPLAY_BYTES (8u << 20) /* the ring's default */
#define HEADER_BYTES 8          /* BPF_RINGBUF_HDR_SZ */

static struct {
	ring_buffer_sample_fn handle;
	void *arg;
	FILE *record;
	char *records; /* NULL: not replaying */
	size_t used, next;
	unsigned long long events;
	unsigned long long start_ns;
} replay;

struct ring_buffer *__real_ring_buffer__new(int fd, ring_buffer_sample_fn handle, void *arg,
					    const struct ring_buffer_opts *opts);
int __real_ring_buffer__consume(struct ring_buffer *ring);
void __real_ring_buffer__free(struct ring_buffer *ring);

struct ring_buffer *__wrap_ring_buffer__new(int fd, ring_buffer_sample_fn handle, void *arg,
					    const struct ring_buffer_opts *opts);
int __wrap_ring_buffer__consume(struct ring_buffer *ring);
void __wrap_ring_buffer__free(struct ring_buffer *ring);

static unsigned long long cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int record_and_handle(void *arg, void *data, size_t len)
{
	__u32 size = len;

	fwrite(&size, sizeof(size), 1, replay.record);
	fwrite(data, len, 1, replay.record);
	return replay.handle(arg, data, len);
}

/* Opens go into the ring; the executables that they refer to are told at once. */
static void take(const void *data, __u32 len)
{
	char *at = replay.records + replay.used;

	if (*(const __u32 *)data == RECORD_EXE) {
		replay.handle(replay.arg, (void *)data, len);
	} else if (*(const __u32 *)data == RECORD_OPEN) {
		memcpy(at, &len, sizeof(len));
		memcpy(at + HEADER_BYTES, data, len);
		replay.used += HEADER_BYTES + (len + 7) / 8 * 8;
	}
}

static void load(const char *path)
{
	static char data[65536] __attribute__((aligned(8)));
	FILE *f = fopen(path, "r");
	size_t once, copies;
	__u32 len;

	replay.records = malloc(REPLAY_BYTES);
	if (!f || !replay.records)
		abort();
	while (fread(&len, sizeof(len), 1, f) == 1 && len <= sizeof(data) &&
	       fread(data, len, 1, f) == 1 && replay.used + HEADER_BYTES + len + 8 < REPLAY_BYTES)
		take(data, len);
	fclose(f);
	once = replay.used;
	if (!once)
		abort();
	for (copies = 1; (copies + 1) * once < REPLAY_BYTES; copies++)
		memcpy(replay.records + copies * once, replay.records, once);
	replay.used = copies * once;
}

struct ring_buffer *__wrap_ring_buffer__new(int fd, ring_buffer_sample_fn handle, void *arg,
					    const struct ring_buffer_opts *opts)
{
	const char *to = getenv("CTRACE_RECORD"), *from = getenv("CTRACE_REPLAY");

	replay.handle = handle;
	replay.arg = arg;
	if (to)
		replay.record = fopen(to, "w");
	if (from)
		load(from);
	return __real_ring_buffer__new(fd, replay.record ? record_and_handle : handle, arg, opts);
}

int __wrap_ring_buffer__consume(struct ring_buffer *ring)
{
	int r = 0;

	if (!replay.records)
		return __real_ring_buffer__consume(ring);
	if (!replay.start_ns)
		replay.start_ns = cpu_ns();
	while (!r) {
		char *at = replay.records + replay.next;
		__u32 len = *(__u32 *)at;

		r = replay.handle(replay.arg, at + HEADER_BYTES, len);
		replay.events++;
		replay.next += HEADER_BYTES + (len + 7) / 8 * 8;
		if (replay.next >= replay.used)
			replay.next = 0;
	}
	return r;
}

void __wrap_ring_buffer__free(struct ring_buffer *ring)
{
	if (replay.records && replay.events)
		fprintf(stderr, "{\"events\":%llu,\"cpu_ns\":%llu}\n", replay.events,
			cpu_ns() - replay.start_ns);
	if (replay.record)
		fclose(replay.record);
	__real_ring_buffer__free(ring);
}
