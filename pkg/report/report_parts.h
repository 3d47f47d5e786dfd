/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What fills a report, one file each.  Nothing but report*.c includes this. */
#ifndef CTRACE_REPORT_PARTS_H
#define CTRACE_REPORT_PARTS_H

#include <string.h>

#include "report/report_data.h"

/* Hostile names may be as long as lines.  Of the files of all containers, and of the rest. */
#define FILE_BYTES_MAX  (64u << 20)
#define OTHER_BYTES_MAX (4u << 20)

static inline struct bytes text(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

/* The event's container, made if need be, or the one for all the rest.  0 or -ENOMEM. */
int report_container_of(struct report *r, const struct event_line *e,
			struct report_container **out);

/* NULL is fine. */
void report_container_free(struct report_container *c);

/* Is the event's container one of those that report_only() asks for? */
bool report_wants(const struct report *r, const struct event_line *e);

/* Count an open of c as a fact.  0 or -ENOMEM. */
int report_count_open(struct report *r, struct report_container *c, const struct event_line *e);

#endif
