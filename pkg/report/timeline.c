// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "report/timeline.h"

#include <string.h>

#define FIRST_SHIFT 20 /* bars of a millisecond to begin with */

void timeline_scale_include(struct timeline_scale *scale, __u64 when_ns)
{
	if (!scale->started) {
		*scale = (struct timeline_scale){ .started = true, .shift = FIRST_SHIFT };
		scale->first = scale->last = when_ns >> FIRST_SHIFT;
	}
	for (;;) {
		__u64 at = when_ns >> scale->shift;
		__u64 first = at < scale->first ? at : scale->first;
		__u64 last = at > scale->last ? at : scale->last;

		if (last - first < TIMELINE_BARS) {
			scale->first = first;
			scale->last = last;
			return;
		}
		scale->shift++;
		scale->first >>= 1;
		scale->last >>= 1;
	}
}

void timeline_fit(struct timeline *t, const struct timeline_scale *scale)
{
	unsigned int coarser = scale->shift - t->shift;
	struct timeline old;

	if (!coarser && t->first == scale->first)
		return;
	old = *t;
	memset(t, 0, sizeof(*t));
	t->shift = scale->shift;
	t->first = scale->first;
	for (size_t i = 0; i < TIMELINE_BARS; i++) {
		const struct timeline_bar *from = &old.bars[i];
		struct timeline_bar *to;

		if (!from->opens)
			continue;
		to = &t->bars[((old.first + i) >> coarser) - scale->first];
		to->opens += from->opens;
		to->failed += from->failed;
		to->writes += from->writes;
	}
}

struct timeline_bar *timeline_bar_at(struct timeline *t, const struct timeline_scale *scale,
				     __u64 when_ns)
{
	timeline_fit(t, scale);
	return &t->bars[(when_ns >> scale->shift) - scale->first];
}
