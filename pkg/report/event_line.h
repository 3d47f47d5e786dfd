/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One line of ctrace's own JSON, read back: what docs/events.md describes. */
#ifndef CTRACE_EVENT_LINE_H
#define CTRACE_EVENT_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "event/open_event.h"

enum event_kind {
	EVENT_OPEN,
	EVENT_LOST,
	EVENT_CONTAINER, /* started or stopped: only who it is counts here */
	EVENT_OTHER,     /* a type that this version does not know */
};

/* What a container is called, by its runtime and by Kubernetes. */
enum label {
	LABEL_ID,
	LABEL_NAME,
	LABEL_IMAGE,
	LABEL_RUNTIME,
	LABEL_NODE,
	LABEL_NAMESPACE,
	LABEL_POD,
	LABEL_POD_UID,
	LABEL_POD_CONTAINER,
	LABEL_COUNT,
};

/* What an open was for. */
enum access {
	ACCESS_READ = 1 << 0,
	ACCESS_WRITE = 1 << 1,
	ACCESS_CREATE = 1 << 2,    /* O_CREAT: made if it was not there */
	ACCESS_EXECUTE = 1 << 3,   /* execve and execveat */
	ACCESS_DIRECTORY = 1 << 4, /* O_DIRECTORY */
	ACCESS_PATH = 1 << 5,      /* O_PATH: neither read nor written */
	ACCESS_TEMPORARY = 1 << 6, /* O_TMPFILE: a file without a name */
	ACCESS_BITS = 7,
};

/*
 * Strings and bytes point into the parsed line and live as long as it; a field
 * that the line does not have is NULL, 0 or empty.
 */
struct event_line {
	enum event_kind kind;
	__u64 time_ns; /* since 1970; 0: not known */
	__u64 cgroup_id;
	char *labels[LABEL_COUNT]; /* never written to */
	struct bytes exe;          /* exact bytes, as all names */
	/* of an open */
	struct bytes path;
	struct bytes name;
	const char *error; /* NULL: it succeeded */
	unsigned int access;
	bool path_truncated;
	/* of a loss */
	__u64 count;
	const char *reason;

	struct cJSON *json; /* what all of it points into */
};

/* The value of a label or annotation that the line has of its container, or NULL. */
char *event_line_label(const struct event_line *e, struct bytes key);

/*
 * Parses len bytes at text, without the newline.  0; or -EBADMSG where that is
 * not a line of ctrace, and *why is set to a constant that says what is wrong;
 * or -ENOMEM.  On 0 the caller ends with event_line_free().
 */
int event_line_parse(struct event_line *out, const char *text, size_t len, const char **why);

void event_line_free(struct event_line *e);

#endif
