/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a stream of events comes to: per container the files, who opened them,
 * how often, for what, and what failed.
 *
 *	report_new(&r, &limits)
 *	report_add_line(r, line, len, &why)	for each line
 *	page_write(r, ...) or profile_write(r, ...)
 *
 * Memory is bounded by the limits, whatever the events say.  What goes beyond
 * them is not kept apart any more, but is counted all the same: every open is
 * in the container's sum and in a directory's "more".
 */
#ifndef CTRACE_REPORT_H
#define CTRACE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "base/error.h"
#include "container/selector.h"

struct report;

/* How many are kept apart.  0 in a field: as many as fit the field's maximum. */
struct report_limits {
	__u32 containers; /* 1000 */
	__u32 files;      /* files and directories of one container; 200,000 */
	__u32 all_files;  /* of all containers together; 1,000,000 */
	__u32 exes;       /* 8,000 */
	__u32 facts;      /* file by executable, result and purpose; 2,000,000 */
};

/* An empty report, or NULL when there is no memory.  limits may be NULL. */
struct report *report_new(const struct report_limits *limits);

void report_free(struct report *r);

/*
 * Take only what belongs to a wanted container into account, by what its lines say of
 * it.  Both are borrowed; keys are those of the labels that the selector asks for.
 * 0, or -ENOMEM.
 */
int report_only(struct report *r, const struct selector *wanted, const struct label_keys *keys);

/*
 * Adds one line without its newline.  0; -EBADMSG for what is not an event, which
 * is counted, with the reason in *why (a constant); or -ENOMEM.
 */
int report_add_line(struct report *r, const char *line, size_t len, const char **why);

/* Counts a line that could not be looked at; always -EBADMSG. */
int report_skip_line(struct report *r);

/* Opens, losses and container records taken in so far. */
__u64 report_events(const struct report *r);

#endif
