/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Text for a terminal, of which a container may have chosen every byte.  Only
 * visible characters come through as they are; the others become \n, \x1b,
 * \xff or \u202e, and a backslash becomes \\.
 */
#ifndef CTRACE_VISIBLE_H
#define CTRACE_VISIBLE_H

#include <stddef.h>

#include <linux/types.h>

#include "event/open_event.h"

/*
 * What a code point (or UTF8_BAD) takes once it is visible.  Never zero
 * columns, so that so many columns are at most four times as many bytes.
 */
size_t visible_columns(__s32 code);
size_t visible_bytes(__s32 code);

/*
 * Makes text visible at to, which has room for utf8_cost(text, visible_bytes).
 * Returns where it ends; no NUL is added.
 */
char *visible_put(char *to, struct bytes text);

/* The same as a C string of room bytes, 4 or more; what does not fit ends with "…". */
void visible_text(char *out, size_t room, const char *text);

#endif
