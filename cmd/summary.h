/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One record a container every so often: how much was opened, and what became of it. */
#ifndef CTRACE_CMD_SUMMARY_H
#define CTRACE_CMD_SUMMARY_H

#include "container/container.h"
#include "output/output.h"
#include "tracer/tracer.h"

struct summary;

/* All of it must live longer. */
struct summary_settings {
	struct tracer *tracer;
	struct output *output;
	__u64 interval_ns; /* 0: no summaries; what is counted is forgotten */
};

/* NULL where there is no memory. */
struct summary *summary_new(const struct summary_settings *settings);
void summary_free(struct summary *s);

/* A loss was reported.  0 or -ENOMEM. */
int summary_lost(struct summary *s, __u64 root_id, enum loss_reason reason, __u64 count);

/*
 * The handler of tracer_volumes() and tracer_forget(): write what came since the last
 * record, if anything did.  c: whose cgroup root_id is, NULL if no container's.  0, or
 * negative errno of the write.
 */
int summary_volume(struct summary *s, const struct container *c, __u64 root_id,
		   const struct volume_counts *total);

/* Nothing more of this container will come. */
void summary_forget(struct summary *s, __u64 root_id);

/* Write those that are due, by CLOCK_MONOTONIC.  0, or negative errno of the write. */
int summary_tick(struct summary *s, __u64 now_ns);

/* Write the last ones: with them the sums are exact.  As above. */
int summary_finish(struct summary *s);

/* Opens that were left out as repeats or too many, of all containers, as far as it was told. */
__u64 summary_suppressed(const struct summary *s);

#endif
