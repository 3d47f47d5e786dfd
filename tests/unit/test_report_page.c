// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <errno.h>

#include "report/page.h"
#include "report_sample.h"

static char *page_of(const struct report *r, size_t max_bytes, size_t *len)
{
	static const char *const sources[] = { "a</script>b.jsonl", NULL };
	struct page_settings settings = { .version = "1",
					  .sources = sources,
					  .max_bytes = max_bytes };
	char *page = NULL;
	FILE *f = open_memstream(&page, len);
	struct error err = {};

	cr_assert_eq(page_write(r, &settings, f, &err), 0, "%s", err.text);
	fclose(f);
	return page;
}

/* What page.js gets to see. */
static cJSON *data_of(char *page)
{
	static const char start[] = "<script type=\"application/json\" id=\"data\">";
	char *from = strstr(page, start), *to = from ? strstr(from, "</script>") : NULL;
	cJSON *data;

	cr_assert(to);
	from += strlen(start);
	cr_assert_null(memchr(from, '<', (size_t)(to - from)));
	data = cJSON_ParseWithLength(from, (size_t)(to - from));
	cr_assert(data);
	return data;
}

static cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* The sum of a container's facts; of `more` facts only, where told so. */
static double sum(const cJSON *container, int only_more)
{
	double all = 0;
	int more = 0, i = 0;
	const cJSON *n;

	cJSON_ArrayForEach (n, get(container, "facts")) {
		if (i % 6 == 1)
			more = n->valueint;
		if (i % 6 == 5 && more >= only_more)
			all += n->valuedouble;
		i++;
	}
	return all;
}

/* Every node's directory is before it, and the facts name nodes that are there. */
static void expect_sound(const cJSON *container)
{
	int nodes = cJSON_GetArraySize(get(container, "names")), i = 0;
	const cJSON *n;

	cr_expect_eq(cJSON_GetArraySize(get(container, "parents")), nodes);
	cJSON_ArrayForEach (n, get(container, "parents")) {
		cr_expect(n->valueint < i || !i, "node %d in %d", i, n->valueint);
		i++;
	}
	i = 0;
	cJSON_ArrayForEach (n, get(container, "facts"))
		cr_expect(i++ % 6 || n->valueint < nodes);
}

static struct report *sample_report(int files)
{
	struct report *r = report_new(NULL);

	for (int i = 0; i < files; i++) {
		char path[100];

		snprintf(path, sizeof(path), "/srv/%d/some-longer-name-%d", i % 50, i);
		sample_add(r,
			   &(struct sample_open){ .path = path, .second = (unsigned int)i % 600 });
		sample_add(r, &(struct sample_open){ .path = path,
						     .container = "db",
						     .error = i % 10 ? NULL : "ENOENT" });
	}
	sample_add(r, &(struct sample_open){ .container = "small", .path = "/one" });
	return r;
}

/* Nothing was recorded: a page that says so.  (With sanitizers: no array, and none is asked for.)
 */
Test(report_page, of_nothing)
{
	struct report *r = report_new(NULL);
	char *page;
	size_t len;

	cr_assert(r);
	page = page_of(r, 0, &len);
	cJSON_Delete(data_of(page));
	free(page);
	report_free(r);
}

Test(report_page, nothing_is_left_out_however_small_the_page)
{
	static const struct {
		size_t max_bytes;
		int all_files; /* so much that no file is folded */
	} facts[] = { { 5000000, 1 }, { 300000, 0 }, { 120000, 0 } };
	struct report *r = sample_report(5000);

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		const cJSON *containers, *c;
		size_t len;
		char *page = page_of(r, facts[i].max_bytes, &len);
		cJSON *data = data_of(page);

		cr_expect_leq(len, facts[i].max_bytes, "%zu bytes", len);
		containers = get(data, "containers");
		cr_expect_eq(cJSON_GetArraySize(containers), 3);
		cJSON_ArrayForEach (c, containers) {
			expect_sound(c);
			cr_expect_eq(sum(c, 0), get(c, "opens")->valuedouble, "row %zu: %s: %f", i,
				     get(c, "title")->valuestring, sum(c, 0));
		}
		c = cJSON_GetArrayItem(containers, 0);
		cr_expect_eq(sum(c, 1) == 0, facts[i].all_files, "row %zu: %f", i, sum(c, 1));
		/* the small container's file is shown, however much the others have */
		c = cJSON_GetArrayItem(containers, 2);
		cr_expect_eq(cJSON_GetArraySize(get(c, "names")), 3, "row %zu", i);
		cJSON_Delete(data);
		free(page);
	}
	report_free(r);
}

/* The smallest page there can be says what it has to, if nothing of single files. */
Test(report_page, the_smallest)
{
	struct report *r = sample_report(5000);
	struct page_settings settings = { .version = "1", .max_bytes = 40000 };
	struct error err;
	size_t len;
	char *page;
	cJSON *data;

	for (;; settings.max_bytes += 1000) {
		FILE *f = fopen("/dev/null", "w");
		int rc = page_write(r, &settings, f, &err);

		fclose(f);
		if (!rc)
			break;
		cr_assert_eq(rc, -EFBIG);
	}
	page = page_of(r, settings.max_bytes, &len);
	data = data_of(page);
	for (int i = 0; i < 3; i++) {
		const cJSON *c = cJSON_GetArrayItem(get(data, "containers"), i);

		expect_sound(c);
		cr_expect_eq(sum(c, 0), get(c, "opens")->valuedouble);
	}
	cJSON_Delete(data);
	free(page);
	report_free(r);
}

Test(report_page, folded_files_are_counted)
{
	struct report *r = sample_report(5000);
	const cJSON *c, *n;
	size_t len;
	char *page = page_of(r, 150000, &len);
	cJSON *data = data_of(page);
	int files = 0, i = 0, shown = 0;

	c = cJSON_GetArrayItem(get(data, "containers"), 0);
	cJSON_ArrayForEach (n, get(c, "more"))
		files += i++ % 2 ? n->valueint : 0;
	cJSON_ArrayForEach (n, get(c, "names"))
		shown += !strncmp(n->valuestring, "some-longer-name-", 17);
	cr_expect_eq(files + shown, 5000, "%d folded, %d shown", files, shown);
	cr_expect_gt(shown, 100);
	cJSON_Delete(data);
	free(page);
	report_free(r);
}

Test(report_page, too_small_for_anything)
{
	struct page_settings settings = { .version = "1", .max_bytes = 20000 };
	struct report *r = sample_report(10);
	struct error err = {};

	cr_expect_eq(page_write(r, &settings, stderr, &err), -EFBIG);
	cr_expect(strstr(err.text, "20000 bytes"), "%s", err.text);
	report_free(r);
}

Test(report_page, hostile_names_stay_in_their_place)
{
	struct report *r = report_new(NULL);
	const cJSON *names;
	size_t len;
	char *page;
	cJSON *data;

	sample_add(r, &(struct sample_open){ .path = "/</script><!--<script>\\\"&\\n\\u2028",
					     .container = "<img src=x onerror=alert(1)>",
					     .exe = "/@NONCE@@DATA@" });
	page = page_of(r, 0, &len);
	cr_expect_null(strstr(page, "<img"));
	cr_expect_null(strstr(page, "</script><!--"));
	data = data_of(page);
	names = get(cJSON_GetArrayItem(get(data, "containers"), 0), "names");
	cr_expect_str_eq(cJSON_GetArrayItem(names, 2)->valuestring, "<");
	cr_expect_str_eq(cJSON_GetArrayItem(names, 3)->valuestring,
			 "script><!--<script>\"&\n\xe2\x80\xa8");
	cr_expect_str_eq(cJSON_GetArrayItem(get(data, "exes"), 2)->valuestring, "/@NONCE@@DATA@");
	cJSON_Delete(data);
	free(page);
	report_free(r);
}
