// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "metrics/metrics.h"
#include "metrics/server.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static void expect_text(const struct metrics *m, const char *wanted, bool there)
{
	size_t len;
	char *text = metrics_text(m, &len);

	cr_assert(text && strlen(text) == len);
	cr_expect_eq(strstr(text, wanted) != NULL, there, "'%s' in:\n%s", wanted, text);
	free(text);
}

Test(metrics, names_can_be_hostile)
{
	struct container c = {
		.id = (char *)"0123456789abcdef",
		.name = (char *)"a\"b\\c\nd\xff",
		.k8s_namespace = (char *)"shop",
		.k8s_pod = (char *)"web-0",
	};
	struct metrics *m = metrics_new("1");

	metrics_add(m, METRICS_EVENTS, 7, &c, 3);
	expect_text(
		m,
		"ctrace_container_events_total{container=\"a\\\"b\\\\c_d_\",id=\"0123456789ab\","
		"namespace=\"shop\",pod=\"web-0\"} 3\n",
		true);
	metrics_free(m);
}

Test(metrics, a_place_is_used_again_and_sums_stay)
{
	struct metrics *m = metrics_new("1");

	for (__u64 id = 1; id <= METRICS_SERIES + 2; id++)
		metrics_add(m, METRICS_LOST, id, NULL, 1);
	expect_text(m, "ctrace_container_lost_total{container=\"other\"} 2\n", true);
	expect_text(m, "ctrace_container_lost_total{container=\"cgroup-1\"} 1\n", true);

	metrics_forget(m, 1);
	expect_text(m, "container=\"cgroup-1\"", false);
	metrics_add(m, METRICS_LOST, 1000, NULL, 5);
	expect_text(m, "ctrace_container_lost_total{container=\"cgroup-1000\"} 5\n", true);
	expect_text(m, "ctrace_lost_total 263\n", true);
	metrics_free(m);
}

Test(metrics, ready_once_live)
{
	struct metrics *m = metrics_new("1");

	cr_expect(metrics_healthy(m) && !metrics_ready(m));
	metrics_live(m, "fexit", 4096);
	cr_expect(metrics_ready(m));
	expect_text(m, "ctrace_build_info{version=\"1\",backend=\"fexit\"} 1\n", true);
	metrics_free(m);
}

Test(metrics, addresses)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ "127.0.0.1:9107", true },
		{ "[::1]:9107", true },
		{ ":9107", true },
		{ "0.0.0.0:1", true },
		{ "[::]:65535", true },
		{ "127.0.0.1", false },
		{ "::1", false },
		{ "", false },
		{ ":", false },
		{ ":0", false },
		{ ":65536", false },
		{ "localhost:80", false },
		{ "127.0.0.1:x", false },
		{ "[::1]", false },
	};
	struct error err;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		cr_expect_eq(metrics_server_check(rows[i].text, &err) == 0, rows[i].good, "'%s'",
			     rows[i].text);
}
