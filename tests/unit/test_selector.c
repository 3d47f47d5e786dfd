// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "container/selector.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define WEB_ID      "3f2a0000000000000000000000000000000000000000000000000000000000aa"

/* Labels by the keys "team" and "tier". */
static const char *const asked[] = { "team", "tier" };
static const struct label_keys keys = { asked, 2, 0 };
static char *shop_front[] = { (char *)"shop", (char *)"front" };
static char *ops[] = { (char *)"ops", NULL };

/* clang-format off */
static const struct container containers[] = {
	{ .id = (char *)WEB_ID, .name = (char *)"web", .image = (char *)"nginx:1.27",
	  .runtime = "docker", .label_keys = &keys, .labels = shop_front, .cgroup_id = 1 },
	{ .id = (char *)"3f2b", .name = (char *)"db", .image = (char *)"docker.io/library/postgres:16",
	  .runtime = "containerd", .k8s_namespace = (char *)"shop", .k8s_pod = (char *)"db-0",
	  .k8s_container = (char *)"postgres", .label_keys = &keys, .labels = ops, .cgroup_id = 2 },
	{ .id = (char *)"pause1", .runtime = "containerd", .k8s_namespace = (char *)"shop",
	  .k8s_pod = (char *)"db-0", .sandbox = true, .cgroup_id = 3 },
	{ .id = (char *)"bare", .runtime = "runc", .cgroup_id = 4 },
	{ .id = (char *)"unknown", .cgroup_id = 5 },
};
/* clang-format on */

enum { WEB = 1, DB = 2, PAUSE = 4, BARE = 8, UNKNOWN = 16, ALL = 31 };

struct word {
	enum selector_field field;
	bool exclude;
	const char *value;
};

#define AND(field, value)           \
	{                           \
		field, false, value \
	}
#define NOT(field, value)          \
	{                          \
		field, true, value \
	}

static const struct row {
	struct word words[5];
	unsigned int wanted;
	__u64 own;
} rows[] = {
	{ {}, ALL, 0 },
	/* one field each */
	{ { AND(SELECT_CONTAINER, "web") }, WEB, 0 },
	{ { AND(SELECT_CONTAINER, WEB_ID) }, WEB, 0 },
	{ { AND(SELECT_CONTAINER, "3f2a") }, WEB, 0 },
	{ { AND(SELECT_CONTAINER, "3f2") }, 0, 0 },
	{ { AND(SELECT_CONTAINER, "we") }, 0, 0 },
	{ { AND(SELECT_CONTAINER, "postgres") }, DB, 0 },
	{ { AND(SELECT_POD, "db-0") }, DB | PAUSE, 0 },
	{ { AND(SELECT_POD, "shop/db-0") }, DB | PAUSE, 0 },
	{ { AND(SELECT_POD, "sho/db-0") }, 0, 0 },
	{ { AND(SELECT_POD, "shopp/db-0") }, 0, 0 },
	{ { AND(SELECT_POD, "db") }, 0, 0 },
	{ { AND(SELECT_NAMESPACE, "shop") }, DB | PAUSE, 0 },
	{ { AND(SELECT_NAMESPACE, "sho") }, 0, 0 },
	{ { AND(SELECT_IMAGE, "nginx:1.27") }, WEB, 0 },
	{ { AND(SELECT_IMAGE, "nginx") }, 0, 0 },
	{ { AND(SELECT_IMAGE, "nginx*") }, WEB, 0 },
	{ { AND(SELECT_IMAGE, "postgres:*") }, DB, 0 },
	{ { AND(SELECT_IMAGE, "library/postgres:16") }, DB, 0 },
	{ { AND(SELECT_IMAGE, "ostgres:*") }, 0, 0 },
	{ { AND(SELECT_IMAGE, "docker.io/*") }, DB, 0 },
	{ { AND(SELECT_IMAGE, "*:[0-9]*") }, WEB | DB, 0 },
	{ { AND(SELECT_IMAGE, "*") }, WEB | DB, 0 },
	{ { AND(SELECT_LABEL, "team") }, WEB | DB, 0 },
	{ { AND(SELECT_LABEL, "team=shop") }, WEB, 0 },
	{ { AND(SELECT_LABEL, "team=") }, 0, 0 },
	{ { AND(SELECT_LABEL, "tier") }, WEB, 0 },
	{ { AND(SELECT_RUNTIME, "containerd") }, DB | PAUSE, 0 },
	/* alternatives, and conditions that must all hold */
	{ { AND(SELECT_CONTAINER, "web"), AND(SELECT_CONTAINER, "bare") }, WEB | BARE, 0 },
	{ { AND(SELECT_RUNTIME, "docker"), AND(SELECT_RUNTIME, "runc") }, WEB | BARE, 0 },
	{ { AND(SELECT_LABEL, "tier"), AND(SELECT_LABEL, "team=ops") }, WEB | DB, 0 },
	{ { AND(SELECT_NAMESPACE, "shop"), AND(SELECT_IMAGE, "*") }, DB, 0 },
	{ { AND(SELECT_NAMESPACE, "shop"), AND(SELECT_RUNTIME, "docker") }, 0, 0 },
	{ { AND(SELECT_RUNTIME, "docker"), AND(SELECT_RUNTIME, "containerd"),
	    AND(SELECT_LABEL, "team=ops") },
	  DB,
	  0 },
	/* excludes win, and what is not known excludes nothing */
	{ { NOT(SELECT_CONTAINER, "web") }, ALL & ~WEB, 0 },
	{ { NOT(SELECT_NAMESPACE, "shop") }, ALL & ~(DB | PAUSE), 0 },
	{ { NOT(SELECT_IMAGE, "*") }, ALL & ~(WEB | DB), 0 },
	{ { NOT(SELECT_LABEL, "team"), NOT(SELECT_RUNTIME, "runc") }, PAUSE | UNKNOWN, 0 },
	{ { AND(SELECT_CONTAINER, "web"), NOT(SELECT_RUNTIME, "docker") }, 0, 0 },
	{ { AND(SELECT_NAMESPACE, "shop"), NOT(SELECT_CONTAINER, "postgres") }, PAUSE, 0 },
	/* ctrace's own container */
	{ {}, ALL & ~DB, 2 },
	{ { AND(SELECT_NAMESPACE, "shop") }, PAUSE, 2 },
	{ { AND(SELECT_CONTAINER, "db") }, DB, 2 },
	{ { AND(SELECT_CONTAINER, "web") }, WEB, 2 },
	{ { AND(SELECT_CONTAINER, "db"), NOT(SELECT_POD, "db-0") }, 0, 2 },
};

Test(selector, decides)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct selector s = { .own_cgroup_id = rows[i].own };
		unsigned int wanted = 0;
		struct error err;

		for (const struct word *w = rows[i].words; w->value; w++)
			cr_assert_eq(selector_add(&s, w->field, w->exclude, w->value, &err), 0,
				     "row %zu: %s", i, err.text);
		for (size_t k = 0; k < COUNT_OF(containers); k++)
			wanted |= (unsigned int)selector_wants(&s, &containers[k]) << k;
		cr_expect_eq(wanted, rows[i].wanted, "row %zu ('%s'): %#x, not %#x", i,
			     rows[i].words[0].value, wanted, rows[i].wanted);
		selector_free(&s);
	}
}

Test(selector, an_excluded_one_is_out_wherever_it_is)
{
	struct selector s = { .own_cgroup_id = 2 };

	cr_assert_eq(selector_add(&s, SELECT_CONTAINER, false, "bare", NULL), 0);
	cr_assert_eq(selector_add(&s, SELECT_IMAGE, true, "nginx*", NULL), 0);
	cr_expect(selector_excludes(&s, &containers[0]));
	cr_expect(selector_excludes(&s, &containers[1]), "our own");
	cr_expect_not(selector_excludes(&s, &containers[2]), "only not selected");
	cr_expect_not(selector_excludes(&s, &containers[3]));
	selector_free(&s);
}

Test(selector, what_kind_it_is)
{
	struct selector s = {};

	cr_expect(selector_is_trivial(&s));
	cr_assert_eq(selector_add(&s, SELECT_CONTAINER, false, "web", NULL), 0);
	cr_expect(!selector_is_trivial(&s) && !selector_has_set(&s) && !selector_has_excludes(&s));
	cr_assert_eq(selector_add(&s, SELECT_IMAGE, false, "x", NULL), 0);
	cr_expect(selector_has_set(&s) && !selector_has_excludes(&s));
	selector_free(&s);
	cr_expect(selector_is_trivial(&s));
	cr_assert_eq(selector_add(&s, SELECT_POD, true, "x", NULL), 0);
	cr_expect(!selector_is_trivial(&s) && !selector_has_set(&s) && selector_has_excludes(&s));
	selector_free(&s);
}

Test(selector, refuses_what_can_match_nothing)
{
	static const struct word words[] = {
		AND(SELECT_CONTAINER, ""),   AND(SELECT_NAMESPACE, ""), NOT(SELECT_IMAGE, ""),
		AND(SELECT_POD, ""),         AND(SELECT_POD, "/x"),     NOT(SELECT_POD, "shop/"),
		AND(SELECT_POD, "a/b/c"),    AND(SELECT_LABEL, ""),     AND(SELECT_LABEL, "=x"),
		NOT(SELECT_RUNTIME, "dock"), AND(SELECT_RUNTIME, ""),
	};
	struct selector s = {};

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		struct error err = {};

		cr_expect_eq(
			selector_add(&s, words[i].field, words[i].exclude, words[i].value, &err),
			-EINVAL, "row %zu", i);
		cr_expect(strstr(err.text, words[i].exclude ? "--exclude-" : "--"), "%s", err.text);
		cr_expect(strstr(err.text, words[i].value), "%s", err.text);
	}
	cr_expect(selector_is_trivial(&s));
	selector_free(&s);
}
