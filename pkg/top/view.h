/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What of it all is looked at, and how keys change that.  No terminal is needed for it. */
#ifndef CTRACE_TOP_VIEW_H
#define CTRACE_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "top/top.h"

/* Besides the characters themselves. */
enum top_key {
	TOP_KEY_UP = 0x200000, /* beyond Unicode */
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_ENTER,
	TOP_KEY_BACK,
	TOP_KEY_DELETE,
};

enum top_view_bytes { TOP_FILTER_BYTES = 64 };

struct top_view {
	enum top_table table;
	enum counter by;
	bool total, by_name;
	bool paused, help, typing; /* typing: keys go to the filter */
	char filter[TOP_FILTER_BYTES];
	__u64 open_id; /* the container; 0: none */
	char open_name[128];
	__u64 selected_id; /* its row stays selected where others overtake it */
	size_t selected;   /* its place */
	size_t rows;       /* that a page has */
};

/* The first max rows to show; out: their number in all.  Keeps what is selected selected. */
size_t top_view_rows(struct top_view *v, const struct top *top, struct counter_row **out,
		     size_t max);

/* False: that was enough. */
bool top_view_key(struct top_view *v, struct top *top, int key);

/* --- text -------------------------------------------------------------------------- */

enum top_text { TOP_LINE_BYTES = 8192 };

/*
 * Each makes one line of at most so many columns (0: as long as it gets), without its
 * newline, NUL-terminated; what containers chose is made visible.
 */
void top_text_sums(char line[static TOP_LINE_BYTES], const struct top_sums *sums,
		   const struct top_view *v, unsigned int columns);
void top_text_titles(char line[static TOP_LINE_BYTES], enum top_table table, unsigned int columns);
void top_text_row(char line[static TOP_LINE_BYTES], enum top_table table,
		  const struct counter_row *row, unsigned int columns);

/* "12.3", "4567", "1.23M": what fits nine columns. */
void top_text_rate(char out[static 16], double rate);

#endif
