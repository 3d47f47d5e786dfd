/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a format of output is: one sibling of json.c and table.c.
 *
 * Each function makes one line of at most OUTPUT_LINE_BYTES, newline included,
 * at line, where there is room for that much, and returns its length.
 */
#ifndef CTRACE_FORMAT_H
#define CTRACE_FORMAT_H

#include <stddef.h>

#include "container/container.h"
#include "event/clock.h"
#include "event/open_event.h"
#include "output/output.h"

/*
 * Flags as JSON has them: a program passes few sorts of them, again and again, and their
 * names take a quarter of the time of a line (370 ns of CPU an event without this, 282 with).
 */
#define FLAGS_TEXTS      16
#define FLAGS_TEXT_BYTES 120

struct flags_text {
	__u32 flags;
	__u32 len; /* 0: none yet */
	char text[FLAGS_TEXT_BYTES];
};

/* What lines are made with, beyond the record itself. */
struct format_context {
	struct event_clock clock;
	struct time_text time_text;
	const char *node_name; /* NULL: not known */
	unsigned int columns;  /* of the terminal; 0: none, nothing needs to be cut */
	bool color;            /* escape sequences are welcome */
	struct flags_text flags_texts[FLAGS_TEXTS];
};

struct lost_event {
	__u64 when_ns;   /* CLOCK_BOOTTIME */
	__u64 cgroup_id; /* 0: not known */
	__u64 count;
	const char *reason;
};

struct container_event {
	__u64 when_ns; /* CLOCK_BOOTTIME */
	enum container_action action;
};

struct gap_event {
	__u64 when_ns;    /* CLOCK_BOOTTIME: until then */
	const char *from; /* TIME_TEXT_BYTES of text */
};

/* The word for it in every format; static. */
const char *container_action_name(enum container_action action);

struct format {
	/* NULL where a format has none. */
	size_t (*header)(struct format_context *ctx, char *line);
	/* c may be NULL in both. */
	size_t (*open_event)(struct format_context *ctx, char *line, const struct open_event *ev,
			     const struct container *c);
	size_t (*lost)(struct format_context *ctx, char *line, const struct lost_event *lost,
		       const struct container *c);
	/* c is never NULL here, and has a cgroup. */
	size_t (*container)(struct format_context *ctx, char *line,
			    const struct container_event *change, const struct container *c);
	size_t (*gap)(struct format_context *ctx, char *line, const struct gap_event *gap);
	size_t (*summary)(struct format_context *ctx, char *line, const struct summary_event *ev,
			  const struct container *c);
};

extern const struct format json_format;
extern const struct format table_format;

#endif
