/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * When things happened, in a fixed number of bars, however long it took.
 *
 * All containers share one scale, so that their bars can be compared.  A bar
 * is 1 << shift nanoseconds wide; when a moment comes that no bar has room
 * for, the scale gets coarser and each container's bars are merged two by two.
 */
#ifndef CTRACE_TIMELINE_H
#define CTRACE_TIMELINE_H

#include <stdbool.h>

#include <linux/types.h>

#define TIMELINE_BARS 240

struct timeline_scale {
	bool started;
	unsigned int shift;
	__u64 first; /* bar 0 begins at first << shift nanoseconds */
	__u64 last;  /* the last bar in use, counted as first is */
};

struct timeline_bar {
	__u32 opens, failed, writes;
};

struct timeline {
	unsigned int shift; /* of the scale when the bars were last touched */
	__u64 first;
	struct timeline_bar bars[TIMELINE_BARS];
};

/* Makes the scale one that has a bar for the moment. */
void timeline_scale_include(struct timeline_scale *scale, __u64 when_ns);

/* Brings a container's bars to the scale as it is now. */
void timeline_fit(struct timeline *t, const struct timeline_scale *scale);

/* The bar of a moment that the scale includes. */
struct timeline_bar *timeline_bar_at(struct timeline *t, const struct timeline_scale *scale,
				     __u64 when_ns);

#endif
