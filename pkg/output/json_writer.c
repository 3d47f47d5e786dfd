/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdint.h>

#include "output/json_writer.h"
#include "output/utf8.h"

void json_begin(struct json_writer *w, char *buffer, size_t room)
{
	*w = (struct json_writer){ .at = buffer, .end = buffer + room };
}

static void put(struct json_writer *w, const char *bytes, size_t n)
{
	if (!json_has_room(w, n))
		return;
	memcpy(w->at, bytes, n);
	w->at += n;
}

#define CHUNK 16

/* Vectors of the compiler's own: SSE2, NEON, or whatever the machine has. */
typedef unsigned char chunk_bytes __attribute__((vector_size(CHUNK)));
typedef uint64_t chunk_words __attribute__((vector_size(CHUNK)));

/* Whether any byte of these is a control character, '"', '\\', DEL or not ASCII. */
static bool needs_care(const char *at)
{
	chunk_bytes bytes;
	chunk_words found;

	memcpy(&bytes, at, CHUNK);
	found = (chunk_words)((bytes < 0x20) | (bytes >= 0x7f) | (bytes == '"') | (bytes == '\\'));
	return found[0] | found[1];
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/*
 * Copies until a byte that needs care, or the end; returns what is left.  Sixteen at a
 * time, the last sixteen overlapping those before.
 */
static struct bytes put_plain(struct json_writer *w, struct bytes text)
{
	const char *in = text.at, *end = in + text.len;
	bool room = (size_t)(w->end - w->at) >= text.len;

	if (room && text.len >= CHUNK) {
		for (; end - in >= CHUNK && !needs_care(in); in += CHUNK, w->at += CHUNK)
			memcpy(w->at, in, CHUNK);
		if (end - in < CHUNK && !needs_care(end - CHUNK)) {
			memcpy(w->at + (end - in) - CHUNK, end - CHUNK, CHUNK);
			w->at += end - in;
			return (struct bytes){ end, 0 };
		}
	}
	while (in < end && is_plain(*in) && json_has_room(w, 1))
		*w->at++ = *in++;
	return (struct bytes){ in, end - in };
}

static void put_escape(struct json_writer *w, __s32 code)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = { '\\', 'u' };

	for (int i = 0; i < 4; i++)
		text[2 + i] = hex[code >> (12 - 4 * i) & 15];
	put(w, text, sizeof(text));
}

/* Puts one character in a way that is safe to show; returns the bytes it took of text. */
static size_t put_careful(struct json_writer *w, struct bytes text, bool *valid)
{
	size_t size;
	__s32 code = utf8_next(text, &size);

	if (code == UTF8_BAD) {
		*valid = false;
		put(w, "\xef\xbf\xbd", 3);
	} else if (utf8_is_hidden(code)) {
		put_escape(w, code);
	} else {
		if (code == '"' || code == '\\')
			json_put_char(w, '\\');
		put(w, text.at, size);
	}
	return size;
}

static bool put_text(struct json_writer *w, struct bytes text)
{
	bool valid = true;

	for (;;) {
		size_t size;

		text = put_plain(w, text);
		if (!text.len || w->overflow)
			return valid;
		size = put_careful(w, text, &valid);
		text = (struct bytes){ text.at + size, text.len - size };
	}
}

bool json_text(struct json_writer *w, struct bytes text)
{
	bool valid;

	json_separate(w);
	json_put_char(w, '"');
	valid = put_text(w, text);
	json_put_char(w, '"');
	return valid;
}

void json_text_key(struct json_writer *w, struct bytes key)
{
	json_text(w, key);
	json_put_char(w, ':');
	w->comma = false;
}

size_t json_text_cost(__s32 code)
{
	if (code == UTF8_BAD)
		return 3;
	if (utf8_is_hidden(code))
		return 6;
	return code == '"' || code == '\\' ? 2 : utf8_size(code);
}

void json_label(struct json_writer *w, struct bytes text, size_t max)
{
	static const char more[] = "…";

	if (text.len * 6 <= max || utf8_cost(text, json_text_cost) <= max) {
		json_text(w, text);
		return;
	}

	json_separate(w);
	json_put_char(w, '"');
	put_text(w, utf8_head(text, max - (sizeof(more) - 1), json_text_cost));
	put(w, more, sizeof(more) - 1);
	json_put_char(w, '"');
}

size_t json_base64_len(size_t data_len)
{
	return (data_len + 2) / 3 * 4;
}

void json_base64(struct json_writer *w, struct bytes data)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = (const unsigned char *)data.at;

	json_separate(w);
	json_put_char(w, '"');
	if (!json_has_room(w, json_base64_len(data.len)))
		return;

	for (size_t left = data.len; left; in += 3) {
		__u32 three = in[0] << 16 | (left > 1 ? in[1] : 0) << 8 | (left > 2 ? in[2] : 0);

		*w->at++ = digits[three >> 18];
		*w->at++ = digits[three >> 12 & 63];
		*w->at++ = left > 1 ? digits[three >> 6 & 63] : '=';
		*w->at++ = left > 2 ? digits[three & 63] : '=';
		left -= left < 3 ? left : 3;
	}
	json_put_char(w, '"');
}

static unsigned int count_digits(__u64 number)
{
	unsigned int digits = 1;

	for (; number >= 100; number /= 100)
		digits += 2;
	return digits + (number >= 10);
}

/* Two digits a division, and each where it belongs at once. */
static void put_digits(struct json_writer *w, __u64 number)
{
	unsigned int digits = count_digits(number);
	char *to = w->at + digits;

	if (!json_has_room(w, digits))
		return;
	w->at = to;
	for (; number >= 10; number /= 100) {
		unsigned int two = number % 100;

		*--to = (char)('0' + two % 10);
		*--to = (char)('0' + two / 10);
	}
	if (digits % 2)
		*--to = (char)('0' + number);
}

void json_u64(struct json_writer *w, __u64 number)
{
	json_separate(w);
	put_digits(w, number);
}

void json_s64(struct json_writer *w, __s64 number)
{
	json_separate(w);
	if (number < 0)
		json_put_char(w, '-');
	put_digits(w, number < 0 ? -(__u64)number : (__u64)number);
}

void json_bool(struct json_writer *w, bool value)
{
	json_separate(w);
	if (value)
		put(w, "true", 4);
	else
		put(w, "false", 5);
}

void json_newline(struct json_writer *w)
{
	json_put_char(w, '\n');
	w->comma = false;
}
