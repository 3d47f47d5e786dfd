/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Writes records for people or programs.  Nothing else in ctrace prints events. */
#ifndef CTRACE_OUTPUT_H
#define CTRACE_OUTPUT_H

#include <stdbool.h>

#include "base/error.h"
#include "container/container.h"
#include "event/clock.h"
#include "event/open_event.h"
#include "output/sink.h"

enum output_format { OUTPUT_JSON, OUTPUT_TABLE };

enum output_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Is what goes to fd coloured?  By itself on a terminal alone, and not with NO_COLOR set. */
bool output_color_wanted(enum output_color when, int fd);

/* What has come to be known of a container. */
enum container_action {
	CONTAINER_RUNNING, /* it was there when ctrace began */
	CONTAINER_STARTED,
	CONTAINER_STOPPED,
};

struct summary_event;

/* Takes what else would be written, for somebody who looks at it otherwise; all are there. */
struct output_view {
	int (*open)(const struct open_event *ev, const struct container *c, void *arg);
	int (*lost)(const struct container *c, __u64 cgroup_id, __u64 count, void *arg);
	int (*container)(enum container_action action, const struct container *c, void *arg);
	int (*summary)(const struct container *c, const struct summary_event *ev, void *arg);
	void *arg;
};

struct output_settings {
	enum output_format format;
	int fd;                /* where to write; stays the caller's */
	const char *node_name; /* k8s.node of every record, or NULL */
	struct give_up give_up;
	const struct output_view *view; /* NULL: none; then format does not matter */
	enum output_color color;
};

struct output;

/* A line is never longer than this, newline included: Docker and CRI split there. */
#define OUTPUT_LINE_BYTES 16384

/*
 * Returns 0 and an output to be given to output_free(), or negative errno.
 * A terminal is found out by isatty(fd): every record is flushed at once there.
 */
int output_open(struct output **out, const struct output_settings *settings, struct error *err);

/*
 * Each adds one record to the buffer, writing it out when it is full.  c may
 * be NULL: a cgroup traced by path, or one whose container is not known.
 * Returns 0, or negative errno of the write: -EPIPE when the reader is gone, -ETIMEDOUT when
 * it takes nothing and the run was told to end.  A failure is for good.
 */
int output_open_event(struct output *o, const struct open_event *ev, const struct container *c);

/* reason: a word such as "ring_full"; cgroup_id: 0 if not known. */
int output_lost(struct output *o, const struct container *c, __u64 cgroup_id, __u64 count,
		const char *reason);

int output_container(struct output *o, enum container_action action, const struct container *c);

/* What a container did since the last summary of it. */
struct summary_event {
	__u64 when_ns;   /* CLOCK_BOOTTIME; set by output_summary() */
	__u64 cgroup_id; /* its root's; 0: not known */
	__u64 opens, failures, writes;
	__u64 repeated, over_rate; /* of opens: not reported, since ... */
	__u64 lost;                /* of opens: not reported, since there was no room */
};

/* From then on (as in the text of events) until to_ns (CLOCK_BOOTTIME) nobody looked. */
int output_gap(struct output *o, const char from[static TIME_TEXT_BYTES], __u64 to_ns);

int output_summary(struct output *o, const struct container *c, const struct summary_event *ev);

/* Writes out what is buffered.  Call it whenever the ring is empty. */
int output_flush(struct output *o);

/* Lines that were added and not written, once writing has failed. */
size_t output_unwritten(const struct output *o);

void output_free(struct output *o);

#endif
