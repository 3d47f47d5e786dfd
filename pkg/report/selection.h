/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What of a report fits a page.
 *
 * Every container gets the same number of files, the most opened, failing and
 * written ones, until the budget is used up.  All others are folded into their
 * directory's "more": opens are never left out, only not told apart.
 */
#ifndef CTRACE_SELECTION_H
#define CTRACE_SELECTION_H

#include "report/report_data.h"

/* How much detail the folded opens keep. */
enum fold {
	FOLD_ALL,        /* executable, error and purpose */
	FOLD_EXE,        /* not the executable */
	FOLD_EXE_ERRORS, /* nor which error it was */
};

/* Nodes and facts are sorted by the root of their container, then by node. */
struct selection {
	__u32 *nodes; /* that are kept; a container's first is its root */
	size_t node_count;
	struct fact *facts; /* merged; the node of each is kept */
	size_t fact_count;
	__u32 *root_of;    /* by node: the root of its container */
	__u32 *more_files; /* by node: files folded into it that are known one by one */
	bool *keeps;       /* by node */
};

/*
 * Chooses files that take about `budget` bytes in a page.  0, or -ENOMEM.  To be
 * given to selection_done(), after a failure, too.
 */
int selection_make(struct selection *s, const struct report *r, size_t budget, enum fold fold);

void selection_done(struct selection *s);

#endif
