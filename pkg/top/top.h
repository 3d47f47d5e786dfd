/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What `ctrace top` knows: containers with what they open, and of each the paths and the
 * processes.  Counts are the kernel side's: records come of what is opened for the first
 * time, so many a second at most, and the rest is counted where it happens.
 */
#ifndef CTRACE_TOP_H
#define CTRACE_TOP_H

#include "container/container.h"
#include "event/open_event.h"
#include "output/output.h"
#include "top/counters.h"

struct top;

struct top_source {
	/* How often an open was repeated since it was reported: tracer_repeated(). */
	__u64 (*repeated)(__u64 hash, void *arg);
	/* Call top_process() for each process of a container. */
	void (*processes)(__u64 root_id, struct top *top, void *arg);
	/* Of one that is no container's: the caller's to free, NULL if it is not known. */
	char *(*cgroup_path)(__u64 root_id, void *arg);
	void *arg;
};

/* NULL: no memory. */
struct top *top_new(const struct top_source *source);
void top_free(struct top *top);

/* What came of a container since the last call.  c: NULL if it is none.  0 or -ENOMEM. */
int top_summary(struct top *top, const struct container *c, const struct summary_event *ev);

/* An open that was reported.  0 or -ENOMEM. */
int top_open(struct top *top, const struct container *c, const struct open_event *ev);

/* Losses of a container.  0 or -ENOMEM. */
int top_lost(struct top *top, const struct container *c, __u64 root_id, __u64 count);

/* It has ended: its row goes once that was quiet for a look. */
void top_gone(struct top *top, __u64 root_id);

/* What one process opened so far, called by source.processes(). */
void top_process(struct top *top, __u32 tgid, const struct process_counts *total);

/* A container of which more is wanted; root_id 0: none. */
void top_open_container(struct top *top, __u64 root_id);

/* All counts of the seconds since the last look, to be shown. */
void top_look(struct top *top, double seconds);

enum top_table { TOP_CONTAINERS, TOP_PATHS, TOP_FAILING, TOP_PROCESSES, TOP_TABLES };

/* NULL: the container that is open has no such table (yet). */
const struct counters *top_table(const struct top *top, enum top_table table);

struct top_sums {
	double rate[COUNTERS];
	__u64 lost;     /* in all */
	__u64 unlisted; /* opens of the open container that are in no table of paths */
	size_t containers;
};

/* Of all containers at the last look. */
void top_sums(const struct top *top, struct top_sums *sums);

#endif
