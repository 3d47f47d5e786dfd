// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "container/container.h"

static const char *const asked[] = { "team", "tier=front", "a/b.c", "team=shop" };
static const struct label_keys keys = { asked, 4, 1 };

Test(container, keeps_the_labels_that_are_asked_for)
{
	struct container *c = calloc(1, sizeof(*c));

	cr_assert_not_null(c);
	container_set_label(c, "team", "nobody asks yet");
	cr_expect_null(c->labels);

	c->label_keys = &keys;
	container_set_label(c, "other", "x");
	container_set_label(c, "tea", "x");
	container_set_label(c, "team=shop", "x");
	container_set_label(c, "", "x");
	cr_expect_null(c->labels, "none of these is asked for");

	container_set_label(c, "tier", "back");
	container_set_label(c, "team", "shop");
	container_set_label(c, "a/b.c", "");
	cr_expect_str_eq(container_label(c, "team"), "shop");
	cr_expect_str_eq(container_label(c, "team=x"), "shop");
	cr_expect_str_eq(container_label(c, "tier=front"), "back");
	cr_expect_str_eq(container_label(c, "a/b.c"), "");
	cr_expect_null(container_label(c, "other"));
	cr_expect_str_eq(c->labels[0], c->labels[3], "one key, asked for twice");

	container_set_label(c, "team", "ops");
	cr_expect_str_eq(container_label(c, "team"), "ops");
	container_free(c);
}

Test(container, long_values_are_cut)
{
	static char value[100000];
	struct container *c = calloc(1, sizeof(*c));

	cr_assert_not_null(c);
	c->label_keys = &keys;
	memset(value, 'x', sizeof(value) - 1);
	container_set_label(c, "team", value);
	cr_expect_eq(strlen(container_label(c, "team")), CONTAINER_LABEL_VALUE_MAX);
	container_free(c);
}

Test(container, labels_are_joined)
{
	struct container *to = calloc(1, sizeof(*to)), *from = calloc(1, sizeof(*from));

	cr_assert(to && from);
	from->label_keys = &keys;
	container_take_labels(to, from);
	cr_expect_null(to->labels);

	container_set_label(from, "team", "shop");
	container_take_labels(to, from);
	cr_expect_null(from->labels);
	cr_expect_str_eq(container_label(to, "team"), "shop");

	container_set_label(from, "tier", "back");
	container_set_label(from, "team", "ops");
	container_take_labels(to, from);
	cr_expect_str_eq(container_label(to, "team"), "ops");
	cr_expect_str_eq(container_label(to, "tier"), "back");

	container_set_label(from, "a/b.c", "1");
	container_take_labels(to, from);
	cr_expect_str_eq(container_label(to, "team"), "ops", "none takes no place");
	cr_expect_str_eq(container_label(to, "a/b.c"), "1");

	container_free(from);
	container_free(to);
}

Test(container, runtimes)
{
	static const char *const known[] = { "docker", "containerd", "podman", "crio",
					     "runc",   "crun",       "lxc",    "systemd-nspawn" };
	static const char *const unknown[] = { "",       "dock",  "dockerd",           "docker,",
					       "nspawn", "runc,", "docker, containerd" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		cr_expect(container_runtime_known(known[i]), "'%s'", known[i]);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		cr_expect_not(container_runtime_known(unknown[i]), "'%s'", unknown[i]);
}
