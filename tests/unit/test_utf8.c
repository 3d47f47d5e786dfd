/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <criterion/criterion.h>
#include <string.h>

#include "output/utf8.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct bytes bytes_of(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

Test(utf8, next)
{
	static const struct {
		const char *text;
		__s32 code;
		size_t size;
	} facts[] = {
		{ "a", 'a', 1 },
		{ "\x7f", 0x7f, 1 },
		{ "\xc2\x80", 0x80, 2 },
		{ "\xdf\xbf", 0x7ff, 2 },
		{ "\xe0\xa0\x80", 0x800, 3 },
		{ "\xed\x9f\xbf", 0xd7ff, 3 },
		{ "\xee\x80\x80", 0xe000, 3 },
		{ "\xef\xbf\xbf", 0xffff, 3 },
		{ "\xf0\x90\x80\x80", 0x10000, 4 },
		{ "\xf4\x8f\xbf\xbf", 0x10ffff, 4 },

		{ "\x80", UTF8_BAD, 1 },             /* a continuation without a start */
		{ "\xff", UTF8_BAD, 1 },             /* never in UTF-8 */
		{ "\xc0\x80", UTF8_BAD, 1 },         /* overlong NUL */
		{ "\xc1\xbf", UTF8_BAD, 1 },         /* overlong */
		{ "\xe0\x9f\xbf", UTF8_BAD, 1 },     /* overlong */
		{ "\xf0\x8f\xbf\xbf", UTF8_BAD, 1 }, /* overlong */
		{ "\xed\xa0\x80", UTF8_BAD, 1 },     /* a surrogate */
		{ "\xed\xbf\xbf", UTF8_BAD, 1 },     /* a surrogate */
		{ "\xf4\x90\x80\x80", UTF8_BAD, 1 }, /* beyond U+10FFFF */
		{ "\xf5\x80\x80\x80", UTF8_BAD, 1 }, /* far beyond */
		{ "\xc2", UTF8_BAD, 1 },             /* cut short */
		{ "\xe2\x82", UTF8_BAD, 1 },
		{ "\xf0\x9f\x98", UTF8_BAD, 1 },
		{ "\xe2\x82x", UTF8_BAD, 1 },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		size_t size = 0;
		__s32 code = utf8_next(bytes_of(facts[i].text), &size);

		cr_expect(code == facts[i].code && size == facts[i].size,
			  "row %zu: U+%04X of %zu bytes", i, code, size);
	}
}

Test(utf8, hidden)
{
	static const __s32 hidden[] = { 0,      0x1b,   0x1f,   0x7f,   0x80,   0x9b,   0x9f,
					0x200b, 0x200f, 0x2028, 0x2029, 0x202e, 0x2066, 0xfeff };
	static const __s32 visible[] = { ' ', '~', 0xa0, 0xe9, 0x2010, 0x20ac, 0xfffd, 0x1f600 };

	for (size_t i = 0; i < COUNT_OF(hidden); i++)
		cr_expect(utf8_is_hidden(hidden[i]), "U+%04X", hidden[i]);
	for (size_t i = 0; i < COUNT_OF(visible); i++)
		cr_expect_not(utf8_is_hidden(visible[i]), "U+%04X", visible[i]);
}

static size_t size_cost(__s32 code)
{
	return code == UTF8_BAD ? 1 : utf8_size(code);
}

Test(utf8, head_and_tail)
{
	static const struct {
		const char *text;
		size_t max;
		const char *head, *tail;
	} facts[] = {
		{ "abc", 3, "abc", "abc" }, { "abc", 2, "ab", "bc" },
		{ "abc", 0, "", "" },       { "", 5, "", "" },
		{ "a€b", 3, "a", "b" }, /* never half a character */
		{ "a€b", 4, "a€", "€b" },   { "€\xff€", 4, "€\xff", "\xff€" },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct bytes text = bytes_of(facts[i].text);
		struct bytes head = utf8_head(text, facts[i].max, size_cost);
		struct bytes tail = utf8_tail(text, facts[i].max, size_cost);

		cr_expect(head.len == strlen(facts[i].head) &&
				  !memcmp(head.at, facts[i].head, head.len),
			  "head of row %zu", i);
		cr_expect(tail.len == strlen(facts[i].tail) &&
				  !memcmp(tail.at, facts[i].tail, tail.len),
			  "tail of row %zu", i);
	}
}
