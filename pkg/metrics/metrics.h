/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Counts for a monitoring system, in the text form of Prometheus.
 *
 * One thread, the tracing loop, sets them; any other may read.  Neither waits for the
 * other: there is no lock.
 */
#ifndef CTRACE_METRICS_H
#define CTRACE_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "container/container.h"

struct metrics;

/* Containers with series of their own; all further ones share the container "other". */
#define METRICS_SERIES 256

enum metrics_count { METRICS_EVENTS, METRICS_LOST, METRICS_SUPPRESSED, METRICS_COUNTS };

/* NULL where there is no memory.  version: of ctrace. */
struct metrics *metrics_new(const char *version);
void metrics_free(struct metrics *m);

/* --- by the tracing loop -------------------------------------------------------------- */

/* The filters are live, and the ring of so many bytes is drained.  backend is static. */
void metrics_live(struct metrics *m, const char *backend, size_t ring_bytes);

/* The loop goes round, as it must every few moments; what it sees of the ring and the filter. */
void metrics_beat(struct metrics *m, size_t ring_used, size_t traced);

/* c may be NULL: a cgroup that is no container, named by its id. */
void metrics_add(struct metrics *m, enum metrics_count what, __u64 root_id,
		 const struct container *c, __u64 count);

/* Gone: its series end, its place is free.  The sums keep what it added. */
void metrics_forget(struct metrics *m, __u64 root_id);

/* --- by any thread ---------------------------------------------------------------------- */

/* Has the loop gone round lately?  Waiting for a reader that has stopped counts, too. */
bool metrics_healthy(const struct metrics *m);

/* ... and are the filters live? */
bool metrics_ready(const struct metrics *m);

/* The text; *len is its length.  To be freed; NULL where there is no memory. */
char *metrics_text(const struct metrics *m, size_t *len);

#endif
