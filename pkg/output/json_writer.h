/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Writes JSON into memory that is there already.  It owns commas and escaping,
 * allocates nothing and cannot fail half way: what does not fit sets overflow,
 * and the caller throws the whole of it away.
 *
 *	json_begin(&w, buffer, sizeof(buffer));
 *	json_open_object(&w);
 *	json_key(&w, "pid");
 *	json_u64(&w, 42);
 *	json_close_object(&w);
 */
#ifndef CTRACE_JSON_WRITER_H
#define CTRACE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <linux/types.h>

#include "event/open_event.h"

struct json_writer {
	char *at;      /* where the next byte goes */
	char *end;     /* no byte goes here or behind */
	bool comma;    /* the next key or value has one before it */
	bool overflow; /* something did not fit; what is written is of no use */
};

void json_begin(struct json_writer *w, char *buffer, size_t room);

/*
 * What an event's line has thirty of is inline, so that the length of a constant
 * key is one and copying it a store or two (a fifth of the time of a line).
 */
static inline bool json_has_room(struct json_writer *w, size_t n)
{
	if ((size_t)(w->end - w->at) >= n)
		return true;

	w->overflow = true;
	w->end = w->at; /* nothing shorter may slip in behind the gap */
	return false;
}

static inline void json_put_char(struct json_writer *w, char c)
{
	if (json_has_room(w, 1))
		*w->at++ = c;
}

static inline void json_separate(struct json_writer *w)
{
	if (w->comma)
		json_put_char(w, ',');
	w->comma = true;
}

static inline void json_open(struct json_writer *w, char bracket)
{
	json_separate(w);
	json_put_char(w, bracket);
	w->comma = false;
}

static inline void json_close(struct json_writer *w, char bracket)
{
	json_put_char(w, bracket);
	w->comma = true;
}

static inline void json_open_object(struct json_writer *w)
{
	json_open(w, '{');
}

static inline void json_close_object(struct json_writer *w)
{
	json_close(w, '}');
}

static inline void json_open_array(struct json_writer *w)
{
	json_open(w, '[');
}

static inline void json_close_array(struct json_writer *w)
{
	json_close(w, ']');
}

/*
 * A key or value that needs no escaping: a word of the program's own.  The comma is stored in any
 * case, and stepped over or not: a branch is mispredicted too often (60 ns of an event's 330).
 */
static inline void json_key_bytes(struct json_writer *w, const char *key, size_t len)
{
	char *to = w->at;

	if (!json_has_room(w, len + 4))
		return;
	*to = ',';
	to += w->comma;
	*to++ = '"';
	memcpy(to, key, len);
	to += len;
	*to++ = '"';
	*to++ = ':';
	w->at = to;
	w->comma = false;
}

static inline void json_word_bytes(struct json_writer *w, const char *word, size_t len)
{
	char *to = w->at;

	if (!json_has_room(w, len + 3))
		return;
	*to = ',';
	to += w->comma;
	*to++ = '"';
	memcpy(to, word, len);
	to += len;
	*to++ = '"';
	w->at = to;
	w->comma = true;
}

static inline void json_key(struct json_writer *w, const char *key)
{
	json_key_bytes(w, key, strlen(key));
}

static inline void json_word(struct json_writer *w, const char *word)
{
	json_word_bytes(w, word, strlen(word));
}

/* What a writer has written before, begun without a comma: a member or a value. */
static inline void json_again(struct json_writer *w, const char *written, size_t len)
{
	json_separate(w);
	if (!json_has_room(w, len))
		return;
	memcpy(w->at, written, len);
	w->at += len;
}

/* A key of any bytes at all, as json_text() writes them. */
void json_text_key(struct json_writer *w, struct bytes key);

/*
 * Any bytes at all, as a string of valid UTF-8.  Quotes, backslashes and what
 * utf8_is_hidden() are escaped; a byte that is not UTF-8 becomes U+FFFD.
 * Returns whether there was none of those, so that the string says it all.
 */
bool json_text(struct json_writer *w, struct bytes text);

/* What json_text() makes of a code point or UTF8_BAD, in bytes. */
size_t json_text_cost(__s32 code);

/* The beginning of text if the whole would take more than max bytes, "…" behind it. */
void json_label(struct json_writer *w, struct bytes text, size_t max);

/* The bytes as a string of base64, padded (RFC 4648, section 4). */
void json_base64(struct json_writer *w, struct bytes data);
size_t json_base64_len(size_t data_len);

void json_u64(struct json_writer *w, __u64 number);
void json_s64(struct json_writer *w, __s64 number);
void json_bool(struct json_writer *w, bool value);

/* Ends the line. */
void json_newline(struct json_writer *w);

#endif
