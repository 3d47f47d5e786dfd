/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdint.h>

#include "output/json_writer.h"
#include "output/utf8.h"

void json_begin(struct json_writer *w, char *buffer, size_t room)
{
	*w = (struct json_writer){ .at = buffer, .end = buffer + room };
}

static bool has_room(struct json_writer *w, size_t n)
{
	if ((size_t)(w->end - w->at) >= n)
		return true;

	w->overflow = true;
	w->end = w->at; /* nothing shorter may slip in behind the gap */
	return false;
}

static void put(struct json_writer *w, const char *bytes, size_t n)
{
	if (!has_room(w, n))
		return;
	memcpy(w->at, bytes, n);
	w->at += n;
}

static void put_char(struct json_writer *w, char c)
{
	if (has_room(w, 1))
		*w->at++ = c;
}

static void separate(struct json_writer *w)
{
	if (w->comma)
		put_char(w, ',');
	w->comma = true;
}

void json_open_object(struct json_writer *w)
{
	separate(w);
	put_char(w, '{');
	w->comma = false;
}

void json_close_object(struct json_writer *w)
{
	put_char(w, '}');
	w->comma = true;
}

void json_open_array(struct json_writer *w)
{
	separate(w);
	put_char(w, '[');
	w->comma = false;
}

void json_close_array(struct json_writer *w)
{
	put_char(w, ']');
	w->comma = true;
}

void json_key_bytes(struct json_writer *w, const char *key, size_t len)
{
	char *to = w->at;

	if (!has_room(w, len + 4))
		return;
	if (w->comma)
		*to++ = ',';
	*to++ = '"';
	memcpy(to, key, len);
	to += len;
	*to++ = '"';
	*to++ = ':';
	w->at = to;
	w->comma = false;
}

void json_word_bytes(struct json_writer *w, const char *word, size_t len)
{
	separate(w);
	put_char(w, '"');
	put(w, word, len);
	put_char(w, '"');
}

#define EACH_BYTE(value) (0x0101010101010101ULL * (value))

/*
 * Whether any of eight bytes is a control character, '"', '\\', DEL or not
 * ASCII.  A subtraction that borrows from the byte above can only do so where
 * there is such a byte below, so the answer is right either way.
 */
static bool needs_care(uint64_t eight)
{
	uint64_t found = eight; /* not ASCII */

	found |= eight - EACH_BYTE(0x20);                    /* control */
	found |= eight + EACH_BYTE(0x01);                    /* DEL */
	found |= (eight ^ EACH_BYTE('"')) - EACH_BYTE(0x01); /* zero where it is one */
	found |= (eight ^ EACH_BYTE('\\')) - EACH_BYTE(0x01);
	return found & EACH_BYTE(0x80);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Copies until a byte that needs care, or the end; returns what is left. */
static struct bytes put_plain(struct json_writer *w, struct bytes text)
{
	const char *in = text.at, *end = in + text.len;
	uint64_t eight;

	while (end - in >= 8 && w->end - w->at >= 8) {
		memcpy(&eight, in, 8);
		if (needs_care(eight))
			break;
		memcpy(w->at, &eight, 8);
		w->at += 8;
		in += 8;
	}
	while (in < end && is_plain(*in) && has_room(w, 1))
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
			put_char(w, '\\');
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

	separate(w);
	put_char(w, '"');
	valid = put_text(w, text);
	put_char(w, '"');
	return valid;
}

void json_text_key(struct json_writer *w, struct bytes key)
{
	json_text(w, key);
	put_char(w, ':');
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

	separate(w);
	put_char(w, '"');
	put_text(w, utf8_head(text, max - (sizeof(more) - 1), json_text_cost));
	put(w, more, sizeof(more) - 1);
	put_char(w, '"');
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

	separate(w);
	put_char(w, '"');
	if (!has_room(w, json_base64_len(data.len)))
		return;

	for (size_t left = data.len; left; in += 3) {
		__u32 three = in[0] << 16 | (left > 1 ? in[1] : 0) << 8 | (left > 2 ? in[2] : 0);

		*w->at++ = digits[three >> 18];
		*w->at++ = digits[three >> 12 & 63];
		*w->at++ = left > 1 ? digits[three >> 6 & 63] : '=';
		*w->at++ = left > 2 ? digits[three & 63] : '=';
		left -= left < 3 ? left : 3;
	}
	put_char(w, '"');
}

static void put_digits(struct json_writer *w, __u64 number)
{
	char digits[20], *to = digits + sizeof(digits);

	do {
		*--to = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	put(w, to, digits + sizeof(digits) - to);
}

void json_u64(struct json_writer *w, __u64 number)
{
	separate(w);
	put_digits(w, number);
}

void json_s64(struct json_writer *w, __s64 number)
{
	separate(w);
	if (number < 0)
		put_char(w, '-');
	put_digits(w, number < 0 ? -(__u64)number : (__u64)number);
}

void json_bool(struct json_writer *w, bool value)
{
	separate(w);
	if (value)
		put(w, "true", 4);
	else
		put(w, "false", 5);
}

void json_newline(struct json_writer *w)
{
	put_char(w, '\n');
	w->comma = false;
}
