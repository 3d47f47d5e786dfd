/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A table of things that open files (containers, processes) or are opened (paths): how
 * often in all, and a second since the last look; the rows to show, sorted.
 */
#ifndef CTRACE_COUNTERS_H
#define CTRACE_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "event/open_event.h"

enum counter { COUNT_OPENS, COUNT_FAILURES, COUNT_WRITES, COUNTERS };

struct counter_row {
	__u64 id;
	char *text;   /* any bytes, as the container chose them */
	char *detail; /* the same; NULL: none */
	__u64 total[COUNTERS];
	__u64 before[COUNTERS]; /* of total, at the last look */
	double rate[COUNTERS];  /* a second, between the last two looks */
	void *data;             /* the user's */
};

struct counters;

/* More rows than max make those that were opened least go.  NULL: no memory. */
struct counters *counters_new(size_t max, void (*free_data)(void *data));

/* NULL is fine. */
void counters_free(struct counters *t);

/*
 * The row of this id, made if there is none: with a copy of text.  A row stays where it is until
 * counters_remove() or counters_look().  NULL: no memory.
 */
struct counter_row *counters_get(struct counters *t, __u64 id, struct bytes text);

/* The same by the text alone, which rows differ in. */
struct counter_row *counters_named(struct counters *t, struct bytes text);

/* NULL if there is none. */
struct counter_row *counters_find(const struct counters *t, __u64 id);

void counters_remove(struct counters *t, __u64 id);

size_t counters_count(const struct counters *t);
struct counter_row *counters_at(const struct counters *t, size_t i);

/* Put another detail in the place of the row's; without memory it stays. */
void counters_detail(struct counter_row *row, const char *detail);

/* Reckon the rates of the seconds since the last look. */
void counters_look(struct counters *t, double seconds);

struct counter_order {
	enum counter by;
	bool total;         /* not by what is a second */
	bool by_name;       /* by neither */
	const char *filter; /* only rows with this in text or detail; NULL or "": all */
	enum counter needs; /* only rows with any of these */
};

/*
 * The first max rows in that order, to out; returns how many rows there are in all.
 */
size_t counters_sorted(const struct counters *t, const struct counter_order *order,
		       struct counter_row **out, size_t max);

#endif
