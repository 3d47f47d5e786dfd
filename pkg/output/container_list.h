/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The table that `ctrace ps` prints, for people; programs get the records of output.h. */
#ifndef CTRACE_CONTAINER_LIST_H
#define CTRACE_CONTAINER_LIST_H

#include <stdbool.h>
#include <stdio.h>

#include "container/container.h"
#include "output/output.h"

enum { CONTAINER_LIST_COLUMNS = 6 };

struct container_list {
	FILE *f;
	bool actions; /* a first column says what has happened, for changes follow */
	int width[CONTAINER_LIST_COLUMNS];
};

/*
 * The header and count containers, in columns as wide as they need.  What a
 * container can name is shown escaped.  Errors stay in f, see ferror(3).
 */
void container_list_write(struct container_list *list, const struct container *const *containers,
			  size_t count);

/* One more line, in the same columns. */
void container_list_change(struct container_list *list, enum container_action action,
			   const struct container *c);

#endif
