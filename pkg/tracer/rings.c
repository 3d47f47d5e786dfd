// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/rings.h"

#include <stdbool.h>
#include <stdlib.h>

#include <linux/bpf.h>

/*
 * Room is given back by this part of a ring: what the kernel side looks at for each record
 * it had better not find changed by another CPU.
 */
#define GIVE_BACK_PART 16

/*
 * No record is so much later than the look that finds it.  The clock that programs read may be
 * wrong for a moment when a sleep of the machine is added to it (ktime_get_boot_fast_ns() in
 * kernel/time/timekeeping.c): that must not hold up what is behind it.
 */
#define WRONG_NS 1000000000ull

struct ring {
	const char *data;
	__u64 bytes;
	bool shared;
	unsigned long *taken;     /* what the kernel side knows to be read */
	const unsigned long *put; /* where it has got to */
	__u64 at, end;            /* the next entry; what is there ends here */
	/* The record there; NULL: there is none. */
	const struct record_head *head;
	size_t len;
	__u64 behind; /* the entry behind it */
};

struct rings {
	size_t count;
	__u64 until_ns;
	struct ring *current; /* whose record was handed out last */
	/* Those with a record, a heap: none is before what is at half its index. */
	struct ring **waiting;
	size_t waiting_count;
	struct ring ring[];
};

struct rings *rings_new(size_t most)
{
	struct rings *rings = calloc(1, sizeof(*rings) + most * sizeof(rings->ring[0]));

	if (!rings)
		return NULL;
	rings->waiting = calloc(most, sizeof(*rings->waiting));
	if (rings->waiting)
		return rings;
	free(rings);
	return NULL;
}

void rings_free(struct rings *rings)
{
	if (!rings)
		return;
	free(rings->waiting);
	free(rings);
}

void rings_add_cpu(struct rings *rings, struct cpu_ring *ring, size_t ring_bytes)
{
	rings->ring[rings->count++] = (struct ring){
		.data = ring->data,
		.bytes = ring_bytes,
		.taken = (unsigned long *)&ring->taken,
		.put = (unsigned long *)&ring->put,
	};
}

void rings_add_shared(struct rings *rings, unsigned long *taken, const unsigned long *put,
		      const void *data, size_t ring_bytes)
{
	rings->ring[rings->count++] = (struct ring){
		.data = data,
		.bytes = ring_bytes,
		.shared = true,
		.taken = taken,
		.put = put,
	};
}

/* --- one ring -------------------------------------------------------------------------- */

static const void *entry_of(const struct ring *ring)
{
	return ring->data + (ring->at & (ring->bytes - 1));
}

/* Entries of CPU rings are whole when put is past them. */
static void find_in_cpu_ring(struct ring *ring)
{
	const struct ring_entry *entry = entry_of(ring);

	ring->head = (const void *)((const char *)entry + entry->start);
	ring->len = entry->len;
	ring->behind = ring_next(ring->at, entry, ring->bytes);
}

/* Those of the kernel's ring have a place first, and are whole when they are not busy any more. */
static void find_in_shared_ring(struct ring *ring)
{
	const char *entry = entry_of(ring);
	__u32 word = __atomic_load_n((const __u32 *)entry, __ATOMIC_ACQUIRE);
	__u32 len = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

	if (word & BPF_RINGBUF_BUSY_BIT) {
		ring->end = ring->at;
		return;
	}
	ring->behind = ring->at + ((BPF_RINGBUF_HDR_SZ + len + 7) & ~7u);
	if (word & BPF_RINGBUF_DISCARD_BIT) {
		ring->at = ring->behind;
		return;
	}
	ring->head = (const void *)(entry + BPF_RINGBUF_HDR_SZ);
	ring->len = len;
}

static void find_record(struct ring *ring)
{
	while (!ring->head && ring->at < ring->end) {
		if (ring->shared)
			find_in_shared_ring(ring);
		else
			find_in_cpu_ring(ring);
	}
}

static void give_back(struct ring *ring)
{
	__atomic_store_n(ring->taken, ring->at, __ATOMIC_RELEASE);
}

static void step(struct ring *ring)
{
	ring->at = ring->behind;
	ring->head = NULL;
	find_record(ring);
	if (ring->at - *ring->taken >= ring->bytes / GIVE_BACK_PART)
		give_back(ring);
}

/* --- all of them ------------------------------------------------------------------------ */

/* An executable is told of before what refers to it, also in the same nanosecond. */
static bool is_before(const struct ring *a, const struct ring *b)
{
	if (a->head->when_ns != b->head->when_ns)
		return a->head->when_ns < b->head->when_ns;
	return a->head->type == RECORD_EXE && b->head->type != RECORD_EXE;
}

/* The ring at index i of the heap may be later than those below it. */
static void sink(struct rings *rings, size_t i)
{
	struct ring **heap = rings->waiting, *moved = heap[i];
	size_t below;

	while ((below = 2 * i + 1) < rings->waiting_count) {
		if (below + 1 < rings->waiting_count && is_before(heap[below + 1], heap[below]))
			below++;
		if (!is_before(heap[below], moved))
			break;
		heap[i] = heap[below];
		i = below;
	}
	heap[i] = moved;
}

/* Step over what was handed out last. */
static void leave_current(struct rings *rings)
{
	struct ring *ring = rings->current;

	if (!ring)
		return;
	rings->current = NULL;
	step(ring);
	if (!ring->head)
		rings->waiting[0] = rings->waiting[--rings->waiting_count];
	if (rings->waiting_count)
		sink(rings, 0);
}

void rings_look(struct rings *rings, __u64 until_ns)
{
	leave_current(rings);
	rings->until_ns = until_ns;
	rings->waiting_count = 0;
	for (size_t i = 0; i < rings->count; i++) {
		struct ring *ring = &rings->ring[i];

		ring->end = __atomic_load_n(ring->put, __ATOMIC_ACQUIRE);
		find_record(ring);
		if (ring->head)
			rings->waiting[rings->waiting_count++] = ring;
	}
	for (size_t i = rings->waiting_count / 2; i-- > 0;)
		sink(rings, i);
}

static bool is_too_late(const struct rings *rings, const struct ring *ring)
{
	return ring->head->when_ns > rings->until_ns &&
	       ring->head->when_ns - rings->until_ns < WRONG_NS;
}

const struct record_head *rings_next(struct rings *rings, size_t *len)
{
	struct ring *first;

	leave_current(rings);
	first = rings->waiting_count ? rings->waiting[0] : NULL;
	if (!first || is_too_late(rings, first)) {
		for (size_t i = 0; i < rings->count; i++)
			if (rings->ring[i].at != *rings->ring[i].taken)
				give_back(&rings->ring[i]);
		return NULL;
	}
	rings->current = first;
	*len = first->len;
	return first->head;
}
