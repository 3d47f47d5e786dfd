// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/lines.h"

static struct lines *lines_of(const char *text, size_t len)
{
	int fd = memfd_create("lines", MFD_CLOEXEC);

	cr_assert_eq(write(fd, text, len), (ssize_t)len);
	lseek(fd, 0, SEEK_SET);
	return lines_new(fd);
}

static void done(struct lines *l)
{
	close(l->fd);
	lines_free(l);
}

Test(report_lines, as_they_are)
{
	static const struct {
		const char *text, *lines[4];
	} facts[] = {
		{ "", { NULL } },
		{ "a", { "a" } },
		{ "a\n", { "a" } },
		{ "\n", { "" } },
		{ "a\n\nbc\n", { "a", "", "bc" } },
		{ "a\nb", { "a", "b" } },
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct lines *l = lines_of(facts[i].text, strlen(facts[i].text));
		const char *line;
		size_t len, n = 0;

		while (lines_next(l, &line, &len) == 1) {
			cr_assert(facts[i].lines[n], "row %zu: one too many", i);
			cr_expect_eq(len, strlen(facts[i].lines[n]), "row %zu", i);
			cr_expect(!memcmp(line, facts[i].lines[n], len), "row %zu", i);
			n++;
		}
		cr_expect_null(facts[i].lines[n], "row %zu: %s is missing", i, facts[i].lines[n]);
		cr_expect_eq(l->number, n);
		done(l);
	}
}

/* Lines around the limit, each between two short ones: only what is too long is left out. */
Test(report_lines, too_long)
{
	static const struct {
		size_t len;
		int too_long;
	} facts[] = {
		{ LINE_BYTES_MAX - 1, 0 }, { LINE_BYTES_MAX, 0 },
		{ LINE_BYTES_MAX + 1, 1 }, { 4 * LINE_BYTES_MAX - 3, 1 },
		{ 4 * LINE_BYTES_MAX, 1 }, { 9 * LINE_BYTES_MAX + 5, 1 },
	};

	for (size_t i = 0; i < 2 * sizeof(facts) / sizeof(facts[0]); i++) {
		size_t wanted = facts[i / 2].len, newline = i % 2, len;
		char *text = malloc(wanted + 10);
		const char *line;
		struct lines *l;

		memset(text, 'x', wanted + 10);
		strcpy(text, "ab\n");
		text[3] = 'x';
		strcpy(text + 3 + wanted, "\ncd\n");
		l = lines_of(text, 3 + wanted + (newline ? 4 : 0));
		cr_assert_eq(lines_next(l, &line, &len), 1);
		cr_expect_eq(len, 2);
		cr_assert_eq(lines_next(l, &line, &len), 1);
		cr_expect_eq(!line, facts[i / 2].too_long, "row %zu", i);
		cr_expect_eq(len, facts[i / 2].too_long ? 0 : wanted, "row %zu", i);
		if (newline) {
			cr_assert_eq(lines_next(l, &line, &len), 1, "row %zu", i);
			cr_expect_eq(len, 2);
			cr_expect(!memcmp(line, "cd", 2));
		}
		cr_expect_eq(lines_next(l, &line, &len), 0, "row %zu", i);
		done(l);
		free(text);
	}
}

Test(report_lines, errors_are_told)
{
	struct lines *l = lines_new(-1);
	const char *line;
	size_t len;

	cr_expect_eq(lines_next(l, &line, &len), -EBADF);
	lines_free(l);
}
