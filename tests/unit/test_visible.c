/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <criterion/criterion.h>
#include <string.h>

#include "output/visible.h"

Test(visible, text)
{
	static const struct {
		size_t room;
		const char *text, *visible;
	} facts[] = {
		{ 64, "", "" },
		{ 64, "web", "web" },
		{ 64, "grün €", "grün €" },
		{ 64, "a\nb\rc\td\\e", "a\\nb\\rc\\td\\\\e" },
		{ 64, "\x1b[31m\x7f\x01", "\\x1b[31m\\x7f\\x01" },
		{ 64, "\xff\xed\xa0\x80", "\\xff\\xed\\xa0\\x80" },
		{ 64, "\xc2\x9b\xe2\x80\xae", "\\u009b\\u202e" },
		{ 4, "abc", "abc" },
		{ 4, "abcd", "…" },
		{ 8, "1234567", "1234567" },
		{ 8, "12345678", "1234…" },
		{ 8, "\xff\xff\xff", "\\xff…" }, /* an escape is never cut */
		{ 8, "12€€", "12…" },            /* nor is a character */
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		char out[64];

		memset(out, '#', sizeof(out));
		visible_text(out, facts[i].room, facts[i].text);
		cr_expect_str_eq(out, facts[i].visible, "row %zu: %s", i, out);
		cr_expect_lt(strlen(out), facts[i].room);
	}
}
