// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Rings in memory, as the kernel side writes them, are read as one. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tracer/rings.h"

enum { RING_BYTES = 32768, BUSY = 1u << 31, DISCARDED = 1u << 30 };

/* --- what a test has, and has no more at its end -------------------------------------------- */

static struct rings *rings;
static void *memory[4];
static size_t memory_count;

static void *zeroed(size_t bytes)
{
	cr_assert(rings && memory_count < sizeof(memory) / sizeof(memory[0]));
	return memory[memory_count++] = calloc(1, bytes);
}

static void make_rings(void)
{
	rings = rings_new(4);
}

static void free_all(void)
{
	rings_free(rings);
	while (memory_count)
		free(memory[--memory_count]);
}

TestSuite(rings, .init = make_rings, .fini = free_all);

/* --- what the kernel side does ------------------------------------------------------------- */

static struct cpu_ring *cpu_ring(void)
{
	struct cpu_ring *ring = zeroed(CPU_RING_SIZE(RING_BYTES, 0));

	rings_add_cpu(rings, ring, RING_BYTES);
	return ring;
}

static struct record_head *cpu_put(struct cpu_ring *ring, __u64 when_ns, __u32 own, __u32 len)
{
	struct ring_entry *entry = (void *)(ring->data + (ring->put & (RING_BYTES - 1)));
	struct record_head *head = (struct record_head *)(entry + 1);

	*entry = (struct ring_entry){ .start = sizeof(*entry), .len = len };
	*head = (struct record_head){ .type = RECORD_OPEN, .own = own, .when_ns = when_ns };
	memset(head + 1, (int)own, len - sizeof(*head));
	ring->put = ring_next(ring->put, entry, RING_BYTES);
	return head;
}

static struct {
	unsigned long taken, put;
	char *data; /* twice, though no record of ours gets so far */
} shared;

static void shared_ring(void)
{
	shared.data = zeroed(2 * RING_BYTES);
	rings_add_shared(rings, &shared.taken, &shared.put, shared.data, RING_BYTES);
}

static __u32 *shared_put(__u64 when_ns, __u32 own, __u32 word)
{
	__u32 *header = (__u32 *)(shared.data + shared.put);

	*header = sizeof(struct record_head) | word;
	*(struct record_head *)(header + 2) =
		(struct record_head){ .type = RECORD_OPEN, .own = own, .when_ns = when_ns };
	shared.put += 8 + sizeof(struct record_head);
	return header;
}

/* --- what comes of it ---------------------------------------------------------------------- */

/* The `own` of the next record, or 0. */
static __u32 next(void)
{
	size_t len;
	const struct record_head *head = rings_next(rings, &len);

	return head ? head->own : 0;
}

Test(rings, nothing_in_them_is_nothing)
{
	cpu_ring();
	shared_ring();
	rings_look(rings, 100);
	cr_expect_eq(next(), 0);
	cr_expect_eq(next(), 0);
}

Test(rings, records_of_all_come_in_the_order_of_time)
{
	struct cpu_ring *cpus[] = { cpu_ring(), cpu_ring(), cpu_ring() };

	shared_ring();
	for (__u32 i = 1; i <= 100; i++) {
		if (i * 7 % 4 == 3)
			shared_put(i, i, 0);
		else
			cpu_put(cpus[i * 7 % 4], i, i, 24);
	}
	rings_look(rings, 100);
	for (__u32 i = 1; i <= 100; i++)
		cr_assert_eq(next(), i);
	cr_expect_eq(next(), 0);
}

Test(rings, an_executable_comes_before_an_open_of_the_same_time)
{
	struct cpu_ring *opens = cpu_ring(), *exes = cpu_ring();

	cpu_put(opens, 50, 2, 24);
	cpu_put(exes, 50, 1, 24)->type = RECORD_EXE;
	rings_look(rings, 50);
	cr_expect_eq(next(), 1);
	cr_expect_eq(next(), 2);
}

/* Another CPU may still be at something earlier, which is here at the next look. */
Test(rings, what_is_later_than_the_look_waits_for_the_next)
{
	struct cpu_ring *a = cpu_ring(), *b = cpu_ring();

	cpu_put(a, 10, 1, 24);
	cpu_put(a, 30, 3, 24);
	rings_look(rings, 20);
	cr_expect_eq(next(), 1);
	cr_expect_eq(next(), 0);
	cpu_put(b, 25, 2, 24);
	rings_look(rings, 40);
	cr_expect_eq(next(), 2);
	cr_expect_eq(next(), 3);
}

Test(rings, a_time_that_cannot_be_right_holds_nothing_up)
{
	struct cpu_ring *a = cpu_ring(), *b = cpu_ring();

	cpu_put(a, 3600000000000, 2, 24);
	cpu_put(a, 20, 3, 24);
	cpu_put(b, 10, 1, 24);
	rings_look(rings, 30);
	cr_expect_eq(next(), 1);
	cr_expect_eq(next(), 2);
	cr_expect_eq(next(), 3);
}

Test(rings, what_is_written_after_the_look_waits_for_the_next)
{
	struct cpu_ring *ring = cpu_ring();

	rings_look(rings, 100);
	cpu_put(ring, 10, 1, 24);
	cr_expect_eq(next(), 0);
	rings_look(rings, 100);
	cr_expect_eq(next(), 1);
}

/* Whatever the lengths: the last of a round goes beyond the end, the next begins at the front. */
Test(rings, round_after_round_each_record_is_whole)
{
	struct cpu_ring *ring = cpu_ring();

	srand(1);
	for (__u32 i = 1; i <= 20000; i++) {
		__u32 len = 24 + rand() % (RECORD_PLACE_BYTES - 32);
		const struct record_head *head;
		size_t found;

		cpu_put(ring, i, i, len);
		rings_look(rings, i);
		head = rings_next(rings, &found);
		cr_assert(head && head->own == i && found == len);
		for (const char *at = (const char *)(head + 1); at < (const char *)head + len; at++)
			cr_assert_eq(*at, (char)i);
	}
	cr_expect_gt(ring->put, 100 * RING_BYTES);
}

Test(rings, room_is_given_back_when_all_is_read)
{
	struct cpu_ring *ring = cpu_ring();

	shared_ring();
	cpu_put(ring, 1, 1, 200);
	shared_put(2, 2, 0);
	rings_look(rings, 2);
	while (next())
		;
	cr_expect_eq(ring->taken, ring->put);
	cr_expect_eq(shared.taken, shared.put);
}

/* It may take long to write what was read, and the kernel side need not wait for all of it. */
Test(rings, room_is_given_back_on_the_way_but_not_that_of_the_record_in_hand)
{
	struct cpu_ring *ring = cpu_ring();

	for (__u32 i = 1; i <= 100; i++)
		cpu_put(ring, i, i, 200);
	rings_look(rings, 100);
	for (__u32 i = 1; i <= 100; i++) {
		cr_assert_eq(next(), i);
		cr_assert_leq(ring->taken, (i - 1) * 208);
	}
	cr_expect_gt(ring->taken, 0);
}

Test(rings, what_is_discarded_is_not_seen)
{
	shared_ring();
	shared_put(1, 1, DISCARDED);
	shared_put(2, 2, 0);
	shared_put(3, 3, DISCARDED);
	rings_look(rings, 10);
	cr_expect_eq(next(), 2);
	cr_expect_eq(next(), 0);
	cr_expect_eq(shared.taken, shared.put);
}

Test(rings, what_is_being_written_is_waited_for_and_what_is_behind_it_too)
{
	__u32 *busy;

	shared_ring();
	busy = shared_put(1, 1, BUSY);
	shared_put(2, 2, 0);
	rings_look(rings, 10);
	cr_expect_eq(next(), 0);
	cr_expect_eq(shared.taken, 0);
	*busy &= ~(__u32)BUSY;
	rings_look(rings, 10);
	cr_expect_eq(next(), 1);
	cr_expect_eq(next(), 2);
}
