/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* All options there are: what the parser, the help, the manual and the completions read. */
#ifndef CTRACE_OPTION_TABLE_H
#define CTRACE_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"

/* Whether a command's screen of help tells of it where there is not room for all. */
enum option_rank { RANK_RARE, RANK_COMMON };

struct option_row {
	unsigned int commands; /* enum command_bits */
	char letter;           /* 0: none */
	const char *name;
	const char *arg;  /* NULL: takes none */
	const char *help; /* NULL: a row before tells of this one, too */
	/* NULL: a flag, or only a line of the help */
	int (*set)(struct options *o, const char *value, struct error *err);
	size_t flag; /* offset in struct options of the byte that it sets to 1; 0: none */
	enum option_rank rank;
	/*
	 * What a shell may offer as its value: words with spaces between, or "@" and one of
	 * files, folders, users and the kinds of completion.h; NULL: nothing.
	 */
	const char *values;
	const char *more;  /* what the manual adds to help: sentences; NULL: nothing */
	const char *group; /* a heading before this row; NULL: the one before goes on */
};

enum option_table_limit { OPTION_ROWS_MAX = 64 };

extern const struct option_row option_rows[];
extern const size_t option_row_count;

/* Is it an option, and not only a line of the help? */
bool option_is_real(const struct option_row *row);

/* string_list_add(), with the reason of a failure. */
int option_list_add(struct string_list *list, const char *value, struct error *err);

#endif
