// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Recorded lines, by anybody: into a report with little room, a page, and each profile. */
#include "report/report.h"

#include "fuzz.h"
#include "report/page.h"
#include "report/profile.h"

#define PAGE_BYTES 100000

static void add_lines(struct report *r, const char *text, size_t len)
{
	const char *why, *newline;
	size_t line;

	for (; len; text += line, len -= line) {
		newline = memchr(text, '\n', len);
		line = newline ? (size_t)(newline - text) : len;
		why = NULL;
		MUST(!report_add_line(r, text, line, &why) || why);
		line += !!newline;
	}
}

/* Its data is in it as one element, whose end no name can bring about. */
static void check_page(const char *page, size_t len)
{
	static const char start[] = "<script type=\"application/json\" id=\"data\">";
	const char *from = strstr(page, start), *to;

	MUST(len == strlen(page) && from);
	from += strlen(start);
	to = strchr(from, '<');
	MUST(to && !strncmp(to, "</script>", strlen("</script>")));
}

static void write_page(const struct report *r)
{
	static const char *const sources[] = { "a.jsonl", NULL };
	const struct page_settings settings = { .version = "1",
						.sources = sources,
						.max_bytes = PAGE_BYTES };
	struct error err = {};
	char *page = NULL;
	size_t len;
	FILE *f = open_memstream(&page, &len);
	int result;

	MUST(f);
	result = page_write(r, &settings, f, &err);
	MUST(!fclose(f));
	if (!result)
		check_page(page, len);
	free(page);
}

static void write_profile(const struct report *r, enum profile_kind kind)
{
	struct error err = {};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	MUST(f);
	profile_write(r, kind, NULL, f, &err);
	MUST(!fclose(f));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct report_limits limits = { 4, 40, 60, 4, 100 };
	struct report *r = report_new(&limits);

	MUST(r);
	if (size)
		add_lines(r, (const char *)data, size);
	write_page(r);
	for (enum profile_kind kind = PROFILE_PATHS; kind <= PROFILE_LANDLOCK; kind++)
		write_profile(r, kind);
	report_free(r);
	return 0;
}
