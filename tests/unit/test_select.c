// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "container/select.h"

#define X4(s)      s s s s
#define WEB_ID     "3f2a" X4(X4("012")) "0123456789ab"
#define DB_ID      "3f2b" X4(X4("012")) "0123456789ab"
#define NO_NAME_ID "9999" X4(X4("012")) "0123456789ab"

/* LXC's names are in the cgroup's path, so they need no files: a registry of any names. */
static struct cgroup_fs *fs;
static struct registry *reg;

static void add(const char *path)
{
	static __u64 next_id = 1;
	struct error err;

	cr_assert_eq(registry_add_cgroup(reg, path, next_id++, NULL, &err), 1, "%s", path);
}

static void setup(void)
{
	struct registry_settings settings = { .runtimes.host_root = "tests/unit/fixtures" };
	struct error err;

	if (cgroup_fs_open(&fs, NULL, &err) < 0)
		cr_skip_test("%s", err.text);
	settings.cgroups = fs;
	cr_assert_eq(registry_open(&reg, &settings, &err), 0);
}

static void fill(void)
{
	add("/lxc.payload.web");
	add("/lxc.payload.webshop");
	add("/lxc.payload.db-main");
	add("/lxc.payload.3f2a");
	add("/lxc.payload.evil\033[31m\n");
	add("/docker/" WEB_ID);
	add("/docker/" DB_ID);
	add("/docker/" NO_NAME_ID);
	/* one name, two containers */
	add("/lxc.payload.twin");
	add("/machine.slice/machine-twin.scope");
}

static void teardown(void)
{
	registry_free(reg);
	cgroup_fs_free(fs);
}

TestSuite(select, .init = setup, .fini = teardown);

Test(select, finds_the_one)
{
	static const struct {
		const char *wanted, *id;
	} rows[] = {
		{ WEB_ID, WEB_ID },     { "web", "web" },
		{ "webs", "webshop" },  { "3f2a", "3f2a" }, /* an exact id beats a prefix */
		{ "3f2a0", WEB_ID },    { "3f2b", DB_ID },
		{ "9999", NO_NAME_ID }, { "db-m", "db-main" },
	};
	size_t i;

	fill();
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct container *c = NULL;
		struct error err = { 0 };
		int r = select_container(reg, rows[i].wanted, &c, &err);

		cr_assert_eq(r, 0, "'%s': %s", rows[i].wanted, err.text);
		cr_expect_str_eq(c->id, rows[i].id, "'%s': '%s'", rows[i].wanted, c->id);
	}
}

Test(select, says_why_not)
{
	static const struct {
		const char *wanted;
		int ret;
		const char *text;
	} rows[] = {
		{ "wbe", -ENOENT, "no container 'wbe'; did you mean 'web'? 'ctrace ps' lists all" },
		{ "web shop", -ENOENT,
		  "no container 'web shop'; did you mean 'webshop' or 'web'? 'ctrace ps' lists "
		  "all" },
		{ "tiwn", -ENOENT,
		  "no container 'tiwn'; did you mean 'twin'? 'ctrace ps' lists all" },
		{ "main", -ENOENT,
		  "no container 'main'; did you mean 'db-main'? 'ctrace ps' lists all" },
		{ "999", -ENOENT,
		  "no container '999'; did you mean 999901201201? 'ctrace ps' lists all" },
		{ "xyzxyz", -ENOENT, "no container 'xyzxyz'; 'ctrace ps' lists all" },
		{ "", -ENOENT, "no container ''; 'ctrace ps' lists all" },
		{ "\033[2J", -ENOENT, "no container '?[2J'; 'ctrace ps' lists all" },
		{ "evil", -ENOTUNIQ, NULL },
		{ "twin", -ENOTUNIQ,
		  "2 containers have the id 'twin': systemd-nspawn in cgroup "
		  "/machine.slice/machine-twin.scope, lxc in cgroup /lxc.payload.twin; choose one "
		  "with --cgroup" },
	};
	size_t i;

	fill();
	add("/lxc.payload.evil2");
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct container *c = NULL;
		struct error err = { 0 };
		int r = select_container(reg, rows[i].wanted, &c, &err);

		cr_expect_eq(r, rows[i].ret, "'%s': %d, %s", rows[i].wanted, r, err.text);
		cr_expect(!rows[i].text || !strcmp(err.text, rows[i].text), "'%s': %s",
			  rows[i].wanted, err.text);
		cr_expect(!strpbrk(err.text, "\n\033"), "'%s': %s", rows[i].wanted, err.text);
		cr_expect_null(c);
	}
}

Test(select, lists_the_candidates_of_a_prefix)
{
	const struct container *c = NULL;
	struct error err;

	add("/docker/" WEB_ID);
	add("/docker/3f2a" X4(X4("ffe")) "0123456789ab");
	cr_expect_eq(select_container(reg, "3f2a", &c, &err), -ENOTUNIQ);
	cr_expect_str_eq(err.text, "2 containers have an id that starts with '3f2a': 3f2affeffeff, "
				   "3f2a01201201; give more of it");
}

Test(select, many_candidates_fit_the_sentence)
{
	const struct container *c = NULL;
	char path[256], name[201];
	struct error err;
	int i;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "/lxc.payload.%s%d", name, i);
		add(path);
	}
	cr_expect_eq(select_container(reg, "nnnn", &c, &err), -ENOTUNIQ);
	cr_expect(strstr(err.text, "30 containers") && strstr(err.text, "; give more of it"), "%s",
		  err.text);
	cr_expect_eq(select_container(reg, name + 10, &c, &err), -ENOTUNIQ);
}

Test(select, nothing_runs)
{
	const struct container *c = NULL;
	struct error err;

	cr_expect_eq(select_container(reg, "web", &c, &err), -ENOENT);
	cr_expect_str_eq(err.text, "no container 'web': none is running on this host");
}

Test(select, short_ids)
{
	char out[CONTAINER_ID_SHORT + 1];

	container_id_short(out, WEB_ID);
	cr_expect_str_eq(out, "3f2a01201201");
	container_id_short(out, "web");
	cr_expect_str_eq(out, "web");
	container_id_short(out, "");
	cr_expect_str_eq(out, "");
}

/* --- all that are wanted --------------------------------------------------------- */

static char selected[256];

static int note(const struct container *c, void *arg)
{
	snprintf(selected + strlen(selected), sizeof(selected) - strlen(selected), "%s ", c->id);
	return *(int *)arg;
}

Test(select, all_that_are_wanted)
{
	static const struct {
		const char *words[2], *runtime, *excluded;
		bool wait;
		int ret;
		const char *ids, *says;
	} rows[] = {
		{ { "web" }, NULL, NULL, false, 0, "web ", NULL },
		{ { "web", "webs" }, NULL, NULL, false, 0, "web webshop ", NULL },
		{ { "nope" }, NULL, NULL, false, -ENOENT, "", "no container 'nope'" },
		{ { "nope" }, NULL, NULL, true, 0, "", NULL },
		{ { "web", "nope" }, NULL, NULL, true, 0, "web ", NULL },
		/* alone a word means one; with a condition, or waited for, all that it fits */
		{ { "twin" }, NULL, NULL, false, -ENOTUNIQ, "", "2 containers" },
		{ { "twin" }, NULL, NULL, true, 0, "twin twin ", NULL },
		{ { "twin" }, "lxc", NULL, false, 0, "twin ", NULL },
		{ { "web", "nope" }, "lxc", NULL, false, -ENOENT, "", "no container 'nope'" },
		{ { "web" }, "docker", NULL, false, -ENOENT, "", "'web' is 'web', which" },
		{ { "web" }, NULL, "web", false, -ENOENT, "", "leave out" },
		/* sets may be empty */
		{ { NULL }, "podman", NULL, false, 0, "", NULL },
		{ { NULL }, "systemd-nspawn", NULL, false, 0, "twin ", NULL },
		{ { NULL }, "systemd-nspawn", "twin", false, 0, "", NULL },
	};
	struct error err;
	size_t i;

	fill();
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct selector s = {};
		int go_on = 0, r;

		for (size_t k = 0; k < 2 && rows[i].words[k]; k++)
			selector_add(&s, SELECT_CONTAINER, false, rows[i].words[k], NULL);
		if (rows[i].runtime)
			selector_add(&s, SELECT_RUNTIME, false, rows[i].runtime, NULL);
		if (rows[i].excluded)
			selector_add(&s, SELECT_CONTAINER, true, rows[i].excluded, NULL);
		selected[0] = '\0';
		r = select_containers(reg, &s, rows[i].wait, note, &go_on, &err);
		cr_expect_eq(r, rows[i].ret, "row %zu: %d", i, r);
		cr_expect_str_eq(selected, rows[i].ids, "row %zu: '%s'", i, selected);
		cr_expect(!rows[i].says || strstr(err.text, rows[i].says), "row %zu: %s", i,
			  err.text);
		selector_free(&s);
	}
}

Test(select, whoever_is_told_may_end_it)
{
	const struct selector all = {};
	int stop = -ECANCELED;
	struct error err;

	fill();
	selected[0] = '\0';
	cr_expect_eq(select_containers(reg, &all, false, note, &stop, &err), -ECANCELED);
	cr_expect_str_eq(selected, "web ");
}
