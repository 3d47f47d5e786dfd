/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From the kernel's CLOCK_BOOTTIME to the time of day.
 *
 * The two run at the same rate and differ by an offset that only a step of the
 * wall clock changes.  The offset is looked at again about once a second; a
 * new value counts only where it differs by more than the two looks could be
 * wrong, so that times of one stream go backwards only if the clock did.
 */
#ifndef CTRACE_CLOCK_H
#define CTRACE_CLOCK_H

#include <linux/types.h>

struct event_clock {
	__s64 offset_ns;   /* CLOCK_REALTIME minus CLOCK_BOOTTIME */
	__u64 error_ns;    /* by how much that may be wrong */
	__u64 measured_ns; /* CLOCK_BOOTTIME of the last look */
};

/* One look at both clocks. */
struct clock_sample {
	__u64 boot_ns;
	__u64 real_ns;
	__u64 error_ns; /* the two are this far apart at most */
};

/* Measures the offset for the first time. */
void event_clock_start(struct event_clock *c);

/* Take a look into account.  event_clock_start() and event_clock_real_ns() do this by themselves.
 */
void event_clock_learn(struct event_clock *c, const struct clock_sample *s);

/*
 * The CLOCK_REALTIME of a moment of CLOCK_BOOTTIME, both in nanoseconds.
 * Looks at the clocks when the moment is a second or more after the last look.
 */
__u64 event_clock_real_ns(struct event_clock *c, __u64 boot_ns);

/* CLOCK_BOOTTIME now, in nanoseconds: what records are stamped with. */
__u64 boot_now_ns(void);

/*
 * CLOCK_MONOTONIC now, in nanoseconds: it stands still while the machine sleeps, and so
 * does everybody that something is waited for.
 */
__u64 awake_now_ns(void);

#define TIME_TEXT_BYTES 30 /* 2026-01-02T03:04:05.678901234Z */

/* The text of the last second asked for; all zero bytes to begin with. */
struct time_text {
	__u64 second;
	char text[TIME_TEXT_BYTES];
};

/* RFC 3339 in UTC with nanoseconds.  No NUL is added. */
void time_text_utc(struct time_text *cache, __u64 real_ns, char out[static TIME_TEXT_BYTES]);

#endif
