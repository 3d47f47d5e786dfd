// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "report/page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "report/page_data.h"

/* The page's own files, as they are in pkg/report/, each a string. */
#define EMBED(name, file)                                                         \
	__asm__(".section .rodata\n" #name ":\n.incbin \"pkg/report/" file "\"\n" \
		".byte 0\n.previous")

EMBED(page_html, "page.html");
EMBED(page_css, "page.css");
EMBED(page_js, "page.js");

/* Hidden, or arm64's compiler takes them from a table that has no place for local symbols. */
#define EMBEDDED extern const char __attribute__((visibility("hidden")))

EMBEDDED page_html[], page_css[], page_js[];

static size_t own_bytes(void)
{
	return strlen(page_html) + strlen(page_css) + strlen(page_js);
}

/* --- data that fits ------------------------------------------------------------------ */

struct data {
	char *json;
	size_t len;
};

/* '<' is written as \u003c: five bytes more. */
static size_t page_bytes(const struct data *d)
{
	size_t bytes = d->len;

	for (const char *at = d->json, *end = at + d->len;
	     (at = memchr(at, '<', (size_t)(end - at))); at++)
		bytes += 5;
	return bytes;
}

static int try_data(struct data *d, const struct report *r, const struct page_settings *settings,
		    size_t room, const struct selection *s)
{
	auto_free __u32 *number = calloc(name_table_count(r->nodes) + 1, sizeof(*number));
	struct json_writer w;

	if (!number)
		return -ENOMEM;
	json_begin(&w, d->json, room);
	page_data_write(&w, r, s, settings, number);
	d->len = (size_t)(w.at - d->json);
	return w.overflow || page_bytes(d) > room ? -EFBIG : 0;
}

/* As many files as fit; where none do, with less said of those that are not shown. */
static int make_data(struct data *d, const struct report *r, const struct page_settings *settings,
		     size_t room)
{
	static const struct {
		unsigned int percent;
		enum fold fold;
	} tries[] = {
		{ 100, FOLD_ALL }, { 80, FOLD_ALL }, { 60, FOLD_ALL },
		{ 40, FOLD_ALL },  { 40, FOLD_EXE }, { 20, FOLD_EXE },
		{ 5, FOLD_EXE },   { 0, FOLD_EXE },  { 0, FOLD_EXE_ERRORS },
	};
	int rc = -EFBIG;

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]) && rc == -EFBIG; i++) {
		struct selection s;

		rc = selection_make(&s, r, room / 100 * tries[i].percent, tries[i].fold);
		if (!rc)
			rc = try_data(d, r, settings, room, &s);
		selection_done(&s);
	}
	return rc;
}

/* --- the page ------------------------------------------------------------------------ */

/* No name can end the element that the data is in, or begin a comment there. */
static void put_json(FILE *f, const struct data *d)
{
	const char *at = d->json, *end = at + d->len;

	while (at < end) {
		const char *mark = memchr(at, '<', (size_t)(end - at));

		fwrite(at, 1, (size_t)((mark ? mark : end) - at), f);
		if (!mark)
			return;
		fputs("\\u003c", f);
		at = mark + 1;
	}
}

/* Only scripts and styles that know the nonce are run: the page's own. */
static bool put_mark(FILE *f, const char **at, const struct data *d, __u64 nonce)
{
	static const char *const marks[] = { "@CSS@", "@JS@", "@DATA@", "@NONCE@" };
	size_t which = 0;

	while (strncmp(*at, marks[which], strlen(marks[which])) != 0)
		if (++which == sizeof(marks) / sizeof(marks[0]))
			return false;
	*at += strlen(marks[which]);
	if (which == 0)
		fputs(page_css, f);
	else if (which == 1)
		fputs(page_js, f);
	else if (which == 2)
		put_json(f, d);
	else
		fprintf(f, "%016" PRIx64, (uint64_t)nonce);
	return true;
}

/* The HTML with its @MARKS@ replaced. */
static void put_page(FILE *f, const struct data *d, __u64 nonce)
{
	const char *at = page_html, *mark;

	while ((mark = strchr(at, '@'))) {
		fwrite(at, 1, (size_t)(mark - at), f);
		at = mark;
		if (!put_mark(f, &at, d, nonce))
			fputc(*at++, f);
	}
	fputs(at, f);
}

int page_write(const struct report *r, const struct page_settings *settings, FILE *f,
	       struct error *err)
{
	size_t max = settings->max_bytes ? settings->max_bytes : PAGE_BYTES_MAX;
	size_t own = own_bytes() + 100; /* and the nonces */
	auto_free char *room = malloc(max);
	struct data d = { .json = room };
	__u64 nonce = 0;
	int rc = room ? 0 : -ENOMEM;

	if (!rc && getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
		rc = -errno;
	if (!rc)
		rc = max > own ? make_data(&d, r, settings, max - own) : -EFBIG;
	if (rc < 0)
		return error_set(err, rc, "make a page of %zu bytes at most", max);
	put_page(f, &d, nonce);
	if (fflush(f) || ferror(f))
		return error_set(err, errno ? -errno : -EIO, "write the page");
	return 0;
}
