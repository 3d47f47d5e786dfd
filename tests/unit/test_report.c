// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>

#include "report/timeline.h"
#include "report_sample.h"

/* --- names --------------------------------------------------------------------------- */

static struct bytes text(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

Test(report_names, each_once_and_by_owner)
{
	static const struct {
		__u32 owner;
		const char *name;
		__u32 number;
	} facts[] = {
		{ NAME_NONE, "a", 0 }, { NAME_NONE, "b", 1 }, { NAME_NONE, "a", 0 },
		{ 0, "a", 2 },         { 1, "a", 3 },         { 0, "", 4 },
		{ 0, "", 4 },          { 0, "12345678", 5 },  { 0, "123456789", 6 },
		{ 0, "12345678", 5 },
	};
	struct name_table *t = name_table_new(100, 1000);

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		__u32 number = NAME_NONE;

		cr_expect_eq(name_table_get(t, facts[i].owner, text(facts[i].name), &number), 0);
		cr_expect_eq(number, facts[i].number, "row %zu: %u", i, number);
		cr_expect_eq(name_table_find(t, facts[i].owner, text(facts[i].name)), number);
		cr_expect_eq(name_table_owner(t, number), facts[i].owner);
		cr_expect_eq(name_table_name(t, number).len, strlen(facts[i].name));
	}
	cr_expect_eq(name_table_count(t), 7);
	cr_expect_eq(name_table_find(t, 5, text("a")), NAME_NONE);
	name_table_free(t);
}

Test(report_names, limits)
{
	struct name_table *few = name_table_new(2, 1000), *small = name_table_new(100, 10);
	__u32 number = 77;

	cr_expect_eq(name_table_get(few, 0, text("a"), &number), 0);
	cr_expect_eq(name_table_get(few, 0, text("b"), &number), 0);
	number = 77;
	cr_expect_eq(name_table_get(few, 0, text("c"), &number), -ENOSPC);
	cr_expect_eq(number, 77);
	cr_expect_eq(name_table_get(few, 0, text("a"), &number), 0); /* is there */

	cr_expect_eq(name_table_get(small, 0, text("1234567"), &number), 0);
	cr_expect_eq(name_table_get(small, 0, text("1234"), &number), -ENOSPC);
	cr_expect_eq(name_table_get(small, 0, text("123"), &number), 0);
	name_table_free(few);
	name_table_free(small);
}

/* --- timeline ------------------------------------------------------------------------ */

Test(report_timeline, any_order_any_span)
{
	static const __u64 moments[] = { 5000000000,      5000000001,          9000000000, 1000000,
					 100000000000000, 1700000000000000000, 0 };
	static struct timeline t;
	struct timeline_scale scale = {};

	for (size_t i = 0; i < COUNT_OF(moments); i++) {
		__u32 sum = 0;

		timeline_scale_include(&scale, moments[i]);
		cr_assert_lt(scale.last - scale.first, TIMELINE_BARS, "row %zu", i);
		if (!t.shift) {
			t.shift = scale.shift;
			t.first = scale.first;
		}
		timeline_bar_at(&t, &scale, moments[i])->opens++;
		for (size_t k = 0; k < TIMELINE_BARS; k++)
			sum += t.bars[k].opens;
		cr_expect_eq(sum, i + 1, "row %zu: %u", i, sum);
	}
	cr_expect_eq(t.bars[0].opens, 6); /* all but one are near the beginning, seen from here */
}

Test(report_timeline, keeps_what_was_where)
{
	static struct timeline t = { .shift = 20, .first = 0 };
	struct timeline_scale scale = {};

	for (__u64 i = 0; i < 1000; i++) {
		timeline_scale_include(&scale, i << 20);
		timeline_bar_at(&t, &scale, i << 20)->opens++;
	}
	cr_expect_eq(scale.shift, 23); /* 1000 / 8 is below 240, 1000 / 4 is not */
	for (size_t i = 0; i < 1000 >> 3; i++)
		cr_expect_eq(t.bars[i].opens, 8, "bar %zu: %u", i, t.bars[i].opens);
}

/* --- sums ----------------------------------------------------------------------------- */

static const struct report_container *only_container(const struct report *r)
{
	cr_assert(r->containers[0]);
	cr_assert_null(r->containers[1]);
	return r->containers[0];
}

Test(report, sums)
{
	static const struct sample_open opens[] = {
		{ .path = "/etc/passwd" },
		{ .path = "/etc/passwd" },
		{ .path = "/etc/shadow", .error = "EACCES" },
		{ .path = "/tmp/x", .flags = "\"O_WRONLY\",\"O_CREAT\"", .exe = "/bin/cp" },
		{ .path = "/tmp/y", .flags = "\"O_WRONLY\"", .error = "ENOENT" },
		{ .path = "pipe:[4711]" },
		{ .path = "pipe:[4712]" },
	};
	struct report *r = report_new(NULL);
	const struct report_container *c;

	for (size_t i = 0; i < COUNT_OF(opens); i++)
		sample_add(r, &opens[i]);
	c = only_container(r);
	cr_expect_eq(c->opens, 7);
	cr_expect_eq(c->failed, 2);
	cr_expect_eq(c->writes, 1); /* a failure writes nothing */
	cr_expect_eq(sample_sum_of_facts(r), 7);
	cr_expect_eq(r->fact_count, 5); /* equal ones are one: passwd, pipes */
	cr_expect_eq(report_events(r), 7);
	report_free(r);
}

/* ".", empty components and a slash at the end name nothing; ".." does. */
Test(report, one_file_one_node)
{
	static const struct {
		const char *path;
		__u32 nodes; /* beside the container and its group */
	} facts[] = {
		{ "/", 0 },       { "/a/b", 2 },      { "/a//b", 2 },
		{ "/a/./b/", 2 }, { "/a/../a/b", 5 }, { "/a/.b", 6 },
	};
	struct report *r = report_new(NULL);

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		sample_add(r, &(struct sample_open){ .path = facts[i].path });
		cr_expect_eq(name_table_count(r->nodes), 2 + facts[i].nodes, "%s: %u",
			     facts[i].path, name_table_count(r->nodes) - 2);
	}
	report_free(r);
}

Test(report, containers_are_told_apart)
{
	static const char *const lines[] = {
		"{\"type\":\"container\",\"container\":{\"id\":\"abc\"}}",
		"{\"type\":\"container\",\"container\":{\"id\":\"abc\",\"name\":\"web\"}}", /* later
											     */
		"{\"type\":\"container\",\"container\":{\"id\":\"def\",\"name\":\"web\"}}",
		"{\"type\":\"container\",\"k8s\":{\"pod_uid\":\"u\",\"container\":\"a\"}}",
		"{\"type\":\"container\",\"k8s\":{\"pod_uid\":\"u\",\"container\":\"b\"}}",
		"{\"type\":\"lost\",\"count\":5,\"reason\":\"ring_full\",\"cgroup_id\":7}",
		"{\"type\":\"lost\",\"count\":6,\"reason\":\"skipped\"}", /* of nobody */
		"{\"type\":\"lost\",\"count\":1,\"reason\":\"who knows\",\"cgroup_id\":7}",
	};
	struct report *r = report_new(NULL);
	char title[TITLE_BYTES];

	for (size_t i = 0; i < COUNT_OF(lines); i++)
		cr_expect_eq(sample_add_line(r, lines[i]), 0, "%s", lines[i]);
	cr_assert(r->containers[4]);
	cr_expect_null(r->containers[5]);
	cr_expect_str_eq(report_container_title(r->containers[0], title), "web");
	cr_expect_str_eq(report_container_title(r->containers[4], title), "cgroup 7");
	cr_expect_eq(report_lost(r->containers[4]->lost), 6);
	cr_expect_eq(report_lost(r->lost), 6);
	report_free(r);
}

/* The selection of `ctrace trace`, by what the lines say. */
Test(report, some_containers_of_many)
{
	static const struct {
		enum selector_field field;
		bool exclude;
		const char *value;
		__u64 events; /* of web, db and the loss of nobody */
	} facts[] = {
		{ SELECT_CONTAINER, false, "web", 2 },    { SELECT_CONTAINER, false, "abcd", 2 },
		{ SELECT_CONTAINER, false, "none", 1 },   { SELECT_CONTAINER, true, "web", 2 },
		{ SELECT_POD, false, "shop-1", 2 },       { SELECT_IMAGE, false, "ngi*", 2 },
		{ SELECT_LABEL, false, "tier=front", 2 }, { SELECT_LABEL, false, "tier=back", 1 },
		{ SELECT_LABEL, false, "tier", 2 },       { SELECT_LABEL, true, "tier", 2 },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		const char *key = facts[i].value;
		struct label_keys keys = { &key, facts[i].field == SELECT_LABEL, 0 };
		struct report *r = report_new(NULL);
		struct selector wanted = {};
		struct error err;

		cr_assert_eq(selector_add(&wanted, facts[i].field, facts[i].exclude, key, &err), 0);
		cr_assert_eq(report_only(r, &wanted, &keys), 0);
		sample_add_line(r,
				"{\"type\":\"container\",\"container\":{\"id\":\"abcdef\",\"name\":"
				"\"web\",\"image\":\"nginx\",\"labels\":{\"tier\":\"front\"}},"
				"\"k8s\":{\"pod\":\"shop-1\"}}");
		sample_add_line(r, "{\"type\":\"container\",\"container\":{\"name\":\"db\"}}");
		/* a loss of nobody in particular may be a wanted one's */
		sample_add_line(r, "{\"type\":\"lost\",\"count\":1,\"reason\":\"skipped\"}");
		cr_expect_eq(report_events(r), facts[i].events, "row %zu: %llu", i,
			     (unsigned long long)report_events(r));
		report_free(r);
		selector_free(&wanted);
	}
}

Test(report, what_is_not_an_event_is_counted)
{
	struct report *r = report_new(NULL);

	cr_expect_eq(sample_add_line(r, "{"), -EBADMSG);
	cr_expect_eq(report_skip_line(r), -EBADMSG);
	cr_expect_eq(sample_add_line(r, "{\"type\":\"new\"}"), 0);
	cr_expect_eq(r->lines, 3);
	cr_expect_eq(r->invalid, 2);
	cr_expect_eq(r->other_types, 1);
	cr_expect_eq(report_events(r), 0);
	report_free(r);
}

/* --- limits --------------------------------------------------------------------------- */

static void add_many(struct report *r, int count, const char *form, const char *container)
{
	for (int i = 0; i < count; i++) {
		char path[100], name[100], exe[100];

		snprintf(path, sizeof(path), form, i);
		snprintf(name, sizeof(name), container, i);
		snprintf(exe, sizeof(exe), "/bin/%d", i);
		sample_add(r, &(struct sample_open){ .path = path, .container = name, .exe = exe });
	}
}

Test(report, more_files_than_are_kept)
{
	static const struct report_limits limits = { .files = 10 };
	struct report *r = report_new(&limits);
	__u64 more = 0;

	add_many(r, 100, "/var/spool/%d", "web");
	add_many(r, 100, "/var/spool/%d", "web"); /* known ones are still found */
	cr_expect(r->files_full);
	cr_expect_eq(only_container(r)->node_count, 10);
	cr_expect_eq(sample_sum_of_facts(r), 200);
	for (size_t i = 0; i < r->fact_count; i++)
		more += r->facts[i].more ? r->facts[i].count : 0;
	cr_expect_eq(more, 200 - 2 * 8); /* var and spool take two */
	report_free(r);
}

Test(report, more_containers_than_are_kept)
{
	static const struct report_limits limits = { .containers = 3 };
	struct report *r = report_new(&limits);
	char title[TITLE_BYTES];

	add_many(r, 50, "/etc/%d", "c%d");
	cr_assert(r->containers[3]);
	cr_expect_eq(r->containers[3]->opens, 47);
	cr_expect_str_eq(report_container_title(r->containers[3], title), "all other containers");
	for (__u32 i = 0; i < 4; i++)
		cr_expect_eq(report_container_at(r, r->containers[i]->node), r->containers[i]);
	report_free(r);
}

Test(report, more_of_everything_than_is_kept)
{
	static const struct report_limits limits = { .exes = 5, .facts = 20, .all_files = 30 };
	struct report *r = report_new(&limits);

	add_many(r, 200, "/a/%d", "web");
	cr_expect(r->exes_full && r->facts_full && r->files_full);
	cr_expect_eq(name_table_count(r->exes), 5 + 2);
	cr_expect_leq(r->fact_count, 20 + 4);
	cr_expect_eq(sample_sum_of_facts(r), 200);
	cr_expect_eq(only_container(r)->opens, 200);
	report_free(r);
}

Test(report, a_path_as_deep_as_can_be)
{
	struct report *r = report_new(NULL);
	char path[8001];

	for (size_t i = 0; i < 8000; i++)
		path[i] = i % 2 ? 'a' : '/';
	path[8000] = '\0';
	sample_add(r, &(struct sample_open){ .path = path });
	cr_expect_eq(only_container(r)->node_count, 65); /* 64, and the rest as one name */
	report_free(r);
}
