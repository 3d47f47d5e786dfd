/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The rings that the kernel side writes, each CPU's own and the one that all share, read
 * as one: where they are, in memory, and in the order of time.
 */
#ifndef CTRACE_RINGS_H
#define CTRACE_RINGS_H

#include <stddef.h>

#include "event.h"

struct rings;

/* For up to so many rings; NULL without memory. */
struct rings *rings_new(size_t most);

/* The memory of the rings stays the caller's.  NULL is fine. */
void rings_free(struct rings *rings);

/* One CPU's ring, of ring_bytes, a power of two: see struct cpu_ring. */
void rings_add_cpu(struct rings *rings, struct cpu_ring *ring, size_t ring_bytes);

/*
 * A map of type BPF_MAP_TYPE_RINGBUF, as the kernel lays it out (kernel/bpf/ringbuf.c): the
 * page with the consumer's position, the one with the producer's, and the data, which
 * appears twice.
 */
void rings_add_shared(struct rings *rings, unsigned long *taken, const unsigned long *put,
		      const void *data, size_t ring_bytes);

/*
 * See what is there by now.  rings_next() will hand out what was recorded up to
 * until_ns (CLOCK_BOOTTIME, a moment before this call): whatever was recorded before that
 * is there, unless it is being put together just now, so nothing is handed out before what
 * led to it.
 */
void rings_look(struct rings *rings, __u64 until_ns);

/* The next record and its length, good until the next call of either; NULL: no more. */
const struct record_head *rings_next(struct rings *rings, size_t *len);

#endif
