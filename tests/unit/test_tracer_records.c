// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What the tracer makes of its rings, without a kernel that fills them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "event/clock.h"
#include "tracer/rings.h"
#include "tracer/tracer_parts.h"

enum { RING_BYTES = 32768 };

static int gone;

static int count_gone(const struct cgroup_record *rec, const char *path, void *arg)
{
	(void)path, (void)arg;
	gone += rec->type == RECORD_CGROUP_GONE;
	return 0;
}

static void put_gone(struct cpu_ring *ring)
{
	struct ring_entry *entry = (void *)(ring->data + (ring->put & (RING_BYTES - 1)));
	struct cgroup_record *rec = (struct cgroup_record *)(entry + 1);

	*entry = (struct ring_entry){ .start = sizeof(*entry), .len = sizeof(*rec) + 8 };
	*rec = (struct cgroup_record){
		.type = RECORD_CGROUP_GONE, .when_ns = boot_now_ns(), .cgroup_id = 7, .path_len = 3
	};
	memcpy(rec + 1, "/ab", 4);
	ring->put = ring_next(ring->put, entry, RING_BYTES);
}

/* Or what they tell of removed cgroups would come behind the end of these. */
Test(tracer_records, that_some_were_lost_is_told_when_all_before_have_been_read)
{
	struct ctrace_bpf skel = { .bss = calloc(1, sizeof(*skel.bss)) };
	struct cpu_ring *ring = calloc(1, CPU_RING_SIZE(RING_BYTES, 0));
	struct tracer t = { .skel = &skel, .rings = rings_new(1), .handler.cgroup = count_gone };

	rings_add_cpu(t.rings, ring, RING_BYTES);
	cr_expect_eq(tracer_drain(&t), 0);
	cr_expect_not(tracer_missed_cgroups(&t));
	put_gone(ring);
	skel.bss->lost_cgroup_records = 1;
	cr_expect_not(tracer_missed_cgroups(&t), "what came before has not been read");
	cr_expect_eq(tracer_drain(&t), 1);
	cr_expect_eq(gone, 1);
	cr_expect(tracer_missed_cgroups(&t));
	cr_expect_not(tracer_missed_cgroups(&t), "it was told of already");

	rings_free(t.rings);
	free(ring);
	free(skel.bss);
}
