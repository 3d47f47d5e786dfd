/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <string.h>

#include "output/utf8.h"
#include "output/visible.h"

/* Two columns are for East Asian wide characters and emoji. */
static bool is_wide(__s32 code)
{
	if (code < 0x1100)
		return false;
	return code <= 0x115f || (code >= 0x2e80 && code <= 0xa4cf) ||
	       (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
	       (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
	       (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff) ||
	       (code >= 0x20000 && code <= 0x3fffd);
}

/* The letter of a short escape such as \n; 0 if there is none. */
static char escape_letter(__s32 code)
{
	switch (code) {
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '\\':
		return '\\';
	}
	return 0;
}

/* Length of the escape for what is not shown as it is; 0 if it is. */
static size_t escape_len(__s32 code)
{
	if (code == UTF8_BAD)
		return 4;
	if (escape_letter(code))
		return 2;
	if (!utf8_is_hidden(code))
		return 0;
	return code < 0x80 ? 4 : 6;
}

size_t visible_columns(__s32 code)
{
	size_t len = escape_len(code);

	if (len)
		return len;
	return is_wide(code) ? 2 : 1;
}

size_t visible_bytes(__s32 code)
{
	size_t len = escape_len(code);

	return len ? len : utf8_size(code);
}

static char *put_hex(char *to, __u32 number, size_t digits)
{
	while (digits--)
		*to++ = "0123456789abcdef"[number >> 4 * digits & 15];
	return to;
}

static char *put_escape(char *to, __s32 code, size_t len)
{
	*to++ = '\\';
	if (len == 2) {
		*to++ = escape_letter(code);
		return to;
	}
	*to++ = len == 4 ? 'x' : 'u';
	return put_hex(to, code, len - 2);
}

char *visible_put(char *to, struct bytes text)
{
	const char *end = text.at + text.len;
	size_t size;

	for (const char *in = text.at; in < end; in += size) {
		__s32 code = utf8_next((struct bytes){ in, end - in }, &size);
		size_t escape = escape_len(code);

		if (escape) {
			to = put_escape(to, code == UTF8_BAD ? (unsigned char)*in : code, escape);
		} else {
			memcpy(to, in, size);
			to += size;
		}
	}
	return to;
}

void visible_text(char *out, size_t room, const char *text)
{
	static const char more[] = "…";
	struct bytes all = { text, strlen(text) }, shown = all;

	if (utf8_cost(all, visible_bytes) >= room)
		shown = utf8_head(all, room - sizeof(more), visible_bytes);

	out = visible_put(out, shown);
	if (shown.len < all.len)
		memcpy(out, more, sizeof(more));
	else
		*out = '\0';
}
