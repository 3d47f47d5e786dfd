/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Bytes that should be UTF-8 and may be anything, character by character. */
#ifndef CTRACE_UTF8_H
#define CTRACE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "event/open_event.h"

/* In place of a code point: one byte that is not part of valid UTF-8. */
#define UTF8_BAD (-1)

/*
 * The code point at the start of text, which is not empty, and in *size the
 * bytes that it takes.  A byte that starts no valid character (overlong forms,
 * surrogates, beyond U+10FFFF, cut short) is UTF8_BAD, of size 1.
 */
__s32 utf8_next(struct bytes text, size_t *size);

/* Bytes that UTF-8 takes for a code point. */
size_t utf8_size(__s32 code);

/*
 * Moves a cursor, changes the writing direction or shows nothing at all: what
 * must not reach a terminal or a reader's eye as it is.  C0, DEL, C1, zero
 * width, line and paragraph separators, directional marks.
 */
bool utf8_is_hidden(__s32 code);

/*
 * cost says what a code point (or UTF8_BAD) takes where it is shown, in bytes
 * or columns.  This is the sum for all of text.
 */
size_t utf8_cost(struct bytes text, size_t (*cost)(__s32 code));

/* The longest beginning or end of text that costs max or less; never splits a character. */
struct bytes utf8_head(struct bytes text, size_t max, size_t (*cost)(__s32 code));
struct bytes utf8_tail(struct bytes text, size_t max, size_t (*cost)(__s32 code));

#endif
