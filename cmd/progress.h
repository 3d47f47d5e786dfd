/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One line on stderr that says how far long work has come: on a terminal, and nowhere else. */
#ifndef CTRACE_PROGRESS_H
#define CTRACE_PROGRESS_H

#include <stdbool.h>

#include <linux/types.h>

struct progress {
	bool is_shown; /* something is on the line now */
	bool is_terminal;
	__u64 next_ns; /* CLOCK_MONOTONIC: not to be written again before */
};

void progress_start(struct progress *p);

/* Whether it is time to write the line again; cheap enough for every thousandth step. */
bool progress_due(struct progress *p);

void progress_show(struct progress *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Takes the line away, so that something else can be said. */
void progress_clear(struct progress *p);

#endif
