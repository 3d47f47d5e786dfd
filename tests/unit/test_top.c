// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "sample_record.h"
#include "top/view.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* --- counters ---------------------------------------------------------------------- */

/* Three rows: a is opened most now, b was in all, c fails. */
static struct counters *three(void)
{
	static const struct {
		const char *text, *detail;
		__u64 before[COUNTERS], now[COUNTERS];
	} rows[] = {
		{ "a", "shop/web", { 10, 0, 0 }, { 210, 0, 2 } },
		{ "b", "", { 1000, 0, 500 }, { 1100, 0, 500 } },
		{ "c", "db", { 0, 0, 0 }, { 50, 40, 0 } },
	};
	struct counters *t = counters_new(100, NULL);

	for (int look = 0; look < 2; look++) {
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			struct counter_row *row = counters_named(t, text_bytes(rows[i].text));

			counters_detail(row, rows[i].detail);
			memcpy(row->total, look ? rows[i].now : rows[i].before, sizeof(row->total));
		}
		counters_look(t, 2);
	}
	return t;
}

Test(top, rates_are_of_the_time_between_two_looks)
{
	struct counters *t = three();
	const struct counter_row *a = counters_named(t, text_bytes("a"));

	cr_expect_eq(a->rate[COUNT_OPENS], 100);
	cr_expect_eq(a->rate[COUNT_WRITES], 1);
	cr_expect_eq(a->rate[COUNT_FAILURES], 0);
	counters_look(t, 2);
	cr_expect_eq(a->rate[COUNT_OPENS], 0);
	cr_expect_eq(a->total[COUNT_OPENS], 210);
	counters_free(t);
}

Test(top, sorted_and_filtered)
{
	static const struct {
		struct counter_order order;
		const char *names;
	} facts[] = {
		{ { .by = COUNT_OPENS }, "abc" },
		{ { .by = COUNT_OPENS, .total = true }, "bac" },
		{ { .by = COUNT_FAILURES }, "cab" }, /* the others have none: by name */
		{ { .by = COUNT_WRITES }, "abc" },
		{ { .by = COUNT_WRITES, .total = true }, "bac" },
		{ { .by_name = true }, "abc" },
		{ { .by = COUNT_OPENS, .filter = "web" }, "a" },
		{ { .by = COUNT_OPENS, .filter = "b" }, "abc" },
		{ { .by = COUNT_OPENS, .filter = "nothing" }, "" },
		{ { .by = COUNT_OPENS, .needs = COUNT_FAILURES }, "c" },
	};
	struct counters *t = three();

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct counter_row *rows[8];
		char names[8] = "";
		size_t n = counters_sorted(t, &facts[i].order, rows, 8);

		for (size_t k = 0; k < n; k++)
			strcat(names, rows[k]->text);
		cr_expect_str_eq(names, facts[i].names, "row %zu: %s", i, names);
	}
	counters_free(t);
}

Test(top, what_is_opened_least_makes_room)
{
	struct counters *t = counters_new(10, NULL);

	for (int i = 0; i < 20; i++) {
		char name[8];

		snprintf(name, sizeof(name), "n%d", i);
		counters_named(t, text_bytes(name))->total[COUNT_OPENS] = i;
	}
	counters_look(t, 1);
	cr_expect_eq(counters_count(t), 5);
	cr_expect_eq(counters_named(t, text_bytes("n19"))->total[COUNT_OPENS], 19);
	cr_expect_eq(counters_named(t, text_bytes("n14"))->total[COUNT_OPENS], 0, "made anew");
	counters_free(t);
}

/* --- containers, paths, processes ----------------------------------------------------- */

static __u64 repeats[4]; /* by hash */

static __u64 repeated(__u64 hash, void *arg)
{
	(void)arg;
	return repeats[hash];
}

static void processes(__u64 root_id, struct top *top, void *arg)
{
	const struct process_counts counts = { 7, 2, 1, "sh" };

	(void)arg;
	cr_expect_eq(root_id, 5);
	top_process(top, 42, &counts);
}

static char *cgroup_path(__u64 root_id, void *arg)
{
	(void)arg;
	return root_id == 7 ? strdup("/system.slice/cron.service") : NULL;
}

static const struct top_source source = { repeated, processes, cgroup_path, NULL };
static char web_name[] = "web";
static const struct container web = { .name = web_name, .cgroup_id = 5 };

static void open_one(struct top *top, const char *name, __u64 hash, int ret, unsigned int flags)
{
	static struct sample_record s;
	struct open_event ev;

	sample_start(&s);
	s.record.root_id = 5;
	s.record.hash = hash;
	s.record.ret = ret;
	s.record.flags = flags;
	s.record.bits = OPEN_HAS_FLAGS | OPEN_RESOLVED;
	sample_data(&s, text_bytes("x"), text_bytes(name));
	cr_assert_eq(sample_decode(&s, &ev), 0);
	cr_assert_eq(top_open(top, &web, &ev), 0);
}

static const struct counter_row *row_of(const struct top *top, enum top_table table,
					const char *text)
{
	const struct counters *t = top_table(top, table);

	for (size_t i = 0; t && i < counters_count(t); i++)
		if (!strcmp(counters_at(t, i)->text, text))
			return counters_at(t, i);
	return NULL;
}

Test(top, a_path_is_counted_in_the_kernel)
{
	struct top *top = top_new(&source);
	const struct counter_row *row;

	open_one(top, "a/", 1, 3, O_RDONLY);
	open_one(top, "a/", 2, 3, O_WRONLY);
	open_one(top, "b/", 3, -ENOENT, O_RDONLY);
	cr_expect_null(top_table(top, TOP_PATHS), "no container is open");
	top_open_container(top, 5);
	repeats[1] = 10;
	repeats[2] = 4;
	repeats[3] = 1;
	top_look(top, 2);

	row = row_of(top, TOP_PATHS, "/a");
	cr_assert(row);
	cr_expect_eq(row->total[COUNT_OPENS], 16);
	cr_expect_eq(row->total[COUNT_WRITES], 5);
	cr_expect_eq(row->rate[COUNT_OPENS], 7, "the first two came before anybody looked");
	row = row_of(top, TOP_FAILING, "ENOENT /b");
	cr_assert(row);
	cr_expect_eq(row->total[COUNT_FAILURES], 2);
	row = row_of(top, TOP_PROCESSES, "42");
	cr_assert(row);
	cr_expect_str_eq(row->detail, "sh");
	cr_expect_eq(row->total[COUNT_OPENS], 7);

	/* The kernel forgot it, and counts from the start. */
	repeats[1] = 0;
	open_one(top, "a/", 1, 3, O_RDONLY);
	repeats[1] = 2;
	top_look(top, 1);
	cr_expect_eq(row_of(top, TOP_PATHS, "/a")->total[COUNT_OPENS], 19);
	top_free(top);
}

Test(top, a_container_that_ended_goes_when_it_is_quiet)
{
	const struct summary_event ev = { .cgroup_id = 5, .opens = 8, .failures = 4 };
	struct top *top = top_new(&source);
	struct top_sums sums;

	cr_assert_eq(top_summary(top, &web, &ev), 0);
	cr_assert_eq(top_lost(top, &web, 5, 3), 0);
	top_gone(top, 5);
	top_look(top, 2);
	top_sums(top, &sums);
	cr_expect_eq(sums.containers, 1);
	cr_expect_eq(sums.rate[COUNT_FAILURES], 2);
	cr_expect_eq(sums.lost, 3);
	top_look(top, 2);
	top_sums(top, &sums);
	cr_expect_eq(sums.containers, 0);
	top_free(top);
}

Test(top, a_cgroup_that_is_no_container)
{
	const struct summary_event known = { .cgroup_id = 7, .opens = 8 };
	const struct summary_event unknown = { .cgroup_id = 8, .opens = 8 };
	struct top *top = top_new(&source);
	const struct counter_row *row;

	cr_assert_eq(top_summary(top, NULL, &known), 0);
	cr_assert_eq(top_summary(top, NULL, &unknown), 0);
	row = row_of(top, TOP_CONTAINERS, "cron.service");
	cr_assert(row);
	cr_expect_str_eq(row->detail, "/system.slice/cron.service");
	cr_expect(row_of(top, TOP_CONTAINERS, "cgroup 8"));
	top_free(top);
}

/* --- keys ------------------------------------------------------------------------------ */

static void press(struct top_view *v, struct top *top, const char *keys)
{
	for (; *keys; keys++)
		cr_expect(top_view_key(v, top,
				       *keys == '>'   ? TOP_KEY_ENTER
				       : *keys == '<' ? TOP_KEY_BACK
						      : *keys));
}

Test(top, keys)
{
	const struct summary_event ev = { .cgroup_id = 5, .opens = 8 };
	struct top *top = top_new(&source);
	struct top_view v = {};

	cr_assert_eq(top_summary(top, &web, &ev), 0);
	top_look(top, 1);

	press(&v, top, "f");
	cr_expect_eq(v.by, COUNT_FAILURES);
	press(&v, top, "t");
	cr_expect(v.total);
	press(&v, top, "/q1>"); /* letters of the filter are no commands */
	cr_expect_str_eq(v.filter, "q1");
	cr_expect_not(v.typing);
	press(&v, top, ">");
	cr_expect_eq(v.open_id, 0, "the filter leaves nothing to open");
	press(&v, top, "<>");
	cr_expect_eq(v.open_id, 5);
	cr_expect_eq(v.table, TOP_PATHS);
	press(&v, top, "\t");
	cr_expect_eq(v.table, TOP_FAILING);
	press(&v, top, "3");
	cr_expect_eq(v.table, TOP_PROCESSES);
	press(&v, top, "p");
	cr_expect(v.paused);
	press(&v, top, "<");
	cr_expect_eq(v.table, TOP_CONTAINERS);
	cr_expect_not(top_view_key(&v, top, 'q'));
	cr_expect_not(top_view_key(&v, top, 3));
	top_free(top);
}

/* --- text -------------------------------------------------------------------------------- */

Test(top, text)
{
	static const struct {
		enum top_table table;
		const char *text, *detail;
		unsigned int columns;
		const char *line;
	} facts[] = {
		{ TOP_CONTAINERS, "web", "shop/web-1  nginx", 0,
		  "     12.5         -         - 12345678901  web                      shop/web-1  "
		  "nginx" },
		{ TOP_CONTAINERS, "web", "shop/web-1  nginx", 80,
		  "     12.5         -         - 12345678901  web                      shop/web-1 "
		  "…" },
		{ TOP_CONTAINERS, "web", NULL, 50,
		  "     12.5         -         - 12345678901  web" },
		{ TOP_CONTAINERS, "\033[2J\n", "", 0,
		  "     12.5         -         - 12345678901  \\x1b[2J\\n" },
		{ TOP_PATHS, "/etc/nginx/nginx.conf", NULL, 56,
		  "     12.5         -         - 12345678901  …x/nginx.conf" },
		{ TOP_FAILING, "ENOENT /etc/nginx/nginx.conf", NULL, 60,
		  "     12.5         -         - 12345678901  ENOENT …ginx.conf" },
		{ TOP_PATHS, "/etc", NULL, 20, "     12.5         - " },
	};
	char line[TOP_LINE_BYTES];

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct counter_row row = {
			.text = (char *)facts[i].text,
			.detail = (char *)facts[i].detail,
			.before = { 12345678901 },
			.rate = { 12.5 },
		};

		top_text_row(line, facts[i].table, &row, facts[i].columns);
		cr_expect_str_eq(line, facts[i].line, "row %zu: %s", i, line);
	}
}

Test(top, rates_fit_their_column)
{
	static const struct {
		double rate;
		const char *text;
	} facts[] = {
		{ 0, "-" },           { 0.04, "-" },    { 0.25, "0.2" },
		{ 99.9, "99.9" },     { 99.96, "100" }, { 1234.6, "1235" },
		{ 999999, "999999" }, { 1e6, "1.00M" }, { 12.5e6, "12.50M" },
	};
	char text[16];

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		top_text_rate(text, facts[i].rate);
		cr_expect_str_eq(text, facts[i].text, "%g", facts[i].rate);
	}
}
