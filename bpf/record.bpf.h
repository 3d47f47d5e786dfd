/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A record, from where it is put together to where user space finds it.
 *
 * The kernel's ring takes a lock that all CPUs share and an exchange for each record, a
 * third of what a traced open cost.  So each CPU has a ring of its own in a map that user
 * space maps, too: the record is put together where it will be read, and one store of the
 * position hands it over.  Nothing but stores in order is needed for that, as long as no
 * other program of ours can come in between on the same CPU (settings.uninterrupted), and
 * as long as other CPUs see them in order, which holds on x86.  Elsewhere, and when a CPU's
 * ring is full, the record is put together in the program's own place and copied into the
 * ring that all share.
 */
#ifndef CTRACE_RECORD_BPF_H
#define CTRACE_RECORD_BPF_H

#include "maps.bpf.h"

/* The ring that all share.  User space sets the size before load. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} events SEC(".maps");

/*
 * struct cpu_ring by CPU, its ring (and room for what goes beyond its end), then a struct
 * record for each slot.  User space sets both sizes before load.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, CPU_RING_SIZE(0, SCRATCH_COUNT));
} cpu_rings SEC(".maps");

/* The same data behind each kind of record: one is put together at a time. */
struct record {
	struct ring_entry entry;
	union {
		struct {
			char exe_gap[sizeof(struct open_record) - sizeof(struct exe_record)];
			struct exe_record exe;
		};
		struct {
			char cgroup_gap[sizeof(struct open_record) - sizeof(struct cgroup_record)];
			struct cgroup_record cgroup;
		};
		struct open_record open;
	};
	char data[RECORD_DATA_BYTES];
};
_Static_assert(sizeof(struct record) == RECORD_PLACE_BYTES, "user space makes room for them");

/* Cgroup records that found no room in the ring: user space has to look for itself. */
__u64 lost_cgroup_records = 0;

/* Set by a reader that found nothing and looks seldom from now on: the next record wakes it. */
volatile __u32 reader_sleeps;

/* --- where a record is put together ---------------------------------------------------- */

static __always_inline struct cpu_ring *own_ring(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&cpu_rings, &cpu);
}

static __always_inline struct record *place_at(struct cpu_ring *ring, __u64 place)
{
	__u64 last = CPU_RING_SIZE(settings.cpu_ring_bytes, SCRATCH_COUNT) - sizeof(struct record);

	if (place > last)
		place = last; /* never; but the verifier wants to see a bound ... */
	barrier_var(place);   /* ... before the sum */
	return (void *)ring + place;
}

/* Offset of the slot's own place: behind the ring, and the place that goes beyond its end. */
static __always_inline __u64 slots_place(__u32 slot)
{
	return sizeof(struct cpu_ring) + settings.cpu_ring_bytes +
	       (1 + (__u64)slot) * sizeof(struct record);
}

static __always_inline bool has_room(struct cpu_ring *ring)
{
	if (ring->put <= ring->room_to)
		return true;
	ring->room_to =
		*(volatile __u64 *)&ring->taken + settings.cpu_ring_bytes - sizeof(struct record);
	return ring->put <= ring->room_to;
}

/* The slot's own place, whatever there is room for. */
static __always_inline struct record *record_own(__u32 slot)
{
	struct cpu_ring *ring = own_ring();

	return ring ? place_at(ring, slots_place(slot)) : NULL;
}

/* The record under way, where record_begin() has put it. */
static __always_inline struct record *record_get(__u32 slot)
{
	struct cpu_ring *ring = own_ring();

	if (!ring)
		return NULL;
	return place_at(ring, settings.cpu_ring_bytes ? ring->place : slots_place(slot));
}

/* A place for one more record; what was there and was not sent is gone. */
static __always_inline struct record *record_begin(struct cpu_ring *ring, __u32 slot)
{
	__u64 place = slots_place(slot);

	if (settings.cpu_ring_bytes) {
		if (has_room(ring))
			place = sizeof(*ring) + (ring->put & (settings.cpu_ring_bytes - 1));
		ring->place = place;
	}
	return place_at(ring, place);
}

/* --- and how it is handed over ------------------------------------------------------------ */

/*
 * Wake the reader only when a good part of the ring waits: it looks by itself every
 * few milliseconds.  How much waits is worth a look only now and then (25 ns of a
 * traced open): a 64th of that part may go by unseen on each CPU.
 */
static __always_inline long shared_ring_write(struct scratch *s, void *record, __u64 size)
{
	__u64 flags = BPF_RB_NO_WAKEUP;

	s->unlooked += size;
	if (s->unlooked >= settings.wakeup_bytes / 64) {
		s->unlooked = 0;
		if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= settings.wakeup_bytes)
			flags = BPF_RB_FORCE_WAKEUP;
	}
	if (reader_sleeps) {
		reader_sleeps = 0;
		flags = BPF_RB_FORCE_WAKEUP;
	}
	return bpf_ringbuf_output(&events, record, size, flags);
}

/* By an entry in the ring that all share which says nothing.  No room there: it has work enough. */
static __always_inline void reader_wake(void)
{
	void *nothing = bpf_ringbuf_reserve(&events, sizeof(__u64), 0);

	if (nothing)
		bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
}

/* Once for what it has left there, when that is half of the ring. */
static __always_inline bool wake_is_due(struct cpu_ring *ring, __u64 put)
{
	__u64 taken;

	if (put < ring->look_at)
		return false;
	ring->look_at = put + settings.cpu_ring_bytes / 16;
	taken = *(volatile __u64 *)&ring->taken;
	if (put - taken < settings.cpu_ring_bytes / 2 || ring->woken == (taken | 1))
		return false;
	ring->woken = taken | 1;
	return true;
}

static __always_inline void cpu_ring_write(struct cpu_ring *ring, struct record *r, void *record,
					   __u64 size)
{
	bool wake;
	__u64 put;

	r->entry.start = record - (void *)r;
	r->entry.len = size;
	put = ring_next(ring->put, &r->entry, settings.cpu_ring_bytes);
	wake = wake_is_due(ring, put);
	barrier(); /* the record before the position; x86 keeps that order */
	*(volatile __u64 *)&ring->put = put;
	if (reader_sleeps) {
		reader_sleeps = 0;
		wake = true;
	}
	if (wake)
		reader_wake();
}

/* Hand over size bytes at `record`, a part of r.  0, or negative where there was no room. */
static __always_inline long record_send(struct cpu_ring *ring, struct scratch *s, struct record *r,
					void *record, __u64 size)
{
	if (settings.cpu_ring_bytes && ring->place < sizeof(*ring) + settings.cpu_ring_bytes) {
		cpu_ring_write(ring, r, record, size);
		return 0;
	}
	return shared_ring_write(s, record, size);
}

#endif
