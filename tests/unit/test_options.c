// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "options.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_WORDS   10

static const struct command trace = { .name = "trace", .bit = CMD_TRACE };
static const struct command run = { .name = "run", .bit = CMD_RUN, .takes_command = true };

/*
 * Parses words, NULL-terminated, as what follows the command's name.  What it finds points into
 * argv, which lasts until the next call.
 */
static int parse(struct options *o, const struct command *cmd, const char *const *words,
		 struct error *err)
{
	static char *argv[MAX_WORDS + 2];
	int argc = 1;

	argv[0] = (char *)"ctrace";
	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	argv[argc] = NULL;
	memset(o, 0, sizeof(*o));
	memset(err, 0, sizeof(*err));
	return options_parse(o, cmd, argc, argv, err);
}

Test(options, durations)
{
	static const struct {
		const char *text;
		__u64 ns; /* 0: refused */
	} rows[] = {
		{ "10", 10000000000 },
		{ "5s", 5000000000 },
		{ "500ms", 500000000 },
		{ "2m", 120000000000 },
		{ "1h", 3600000000000 },
		{ "1.5", 1500000000 },
		{ "0", 0 },
		{ "-1", 0 },
		{ "", 0 },
		{ "5x", 0 },
		{ "nan", 0 },
		{ "inf", 0 },
		{ "1e300", 0 },
		{ "5s5", 0 },
	};
	struct error err;
	struct options o;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *const words[] = { "--duration", rows[i].text, NULL };
		int r = parse(&o, &trace, words, &err);

		cr_expect_eq(r, rows[i].ns ? 0 : -EINVAL, "'%s' gave %d", rows[i].text, r);
		cr_expect_eq(o.duration_ns, rows[i].ns, "'%s'", rows[i].text);
	}
}

Test(options, sizes)
{
	static const struct {
		const char *text;
		size_t bytes; /* 0: refused */
	} rows[] = {
		{ "65536", 65536 },  { "512K", 512 << 10 },
		{ "16M", 16 << 20 }, { "1G", 1 << 30 },
		{ "0", 0 },          { "2G", 0 },
		{ "-1", 0 },         { "8m", 0 },
		{ "K", 0 },          { "99999999999999", 0 },
	};
	struct error err;
	struct options o;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *const words[] = { "--buffer-size", rows[i].text, NULL };
		int r = parse(&o, &trace, words, &err);

		cr_expect_eq(r, rows[i].bytes ? 0 : -EINVAL, "'%s' gave %d", rows[i].text, r);
		cr_expect_eq(o.ring_bytes, rows[i].bytes, "'%s'", rows[i].text);
	}
}

Test(options, what_is_wrong_is_named)
{
	static const struct {
		const char *words[4];
		const char *says;
	} rows[] = {
		{ { "--nonsense" }, "--nonsense" },
		{ { "-Z" }, "-Z" },
		{ { "--container" }, "--container needs a value" },
		{ { "--failed=yes" }, "--failed takes no value" },
		{ { "--pid", "abc" }, "'abc'" },
		{ { "--pid", "0" }, "'0'" },
		{ { "--pid", "4294967297" }, "'4294967297'" },
		{ { "--uid", "no-such-user" }, "'no-such-user'" },
		{ { "--comm", "sixteen-bytes-xx" }, "'sixteen-bytes-xx'" },
		{ { "--count", "0" }, "'0'" },
		{ { "--path", "etc" }, "--path: 'etc'" },
		{ { "--exclude-path", "/a/../b" }, "--exclude-path: '/a/../b'" },
		{ { "--dedup", "often" }, "--dedup: 'often'" },
		{ { "--rate", "0" }, "--rate: '0'" },
		{ { "--summary", "" }, "--summary: ''" },
		{ { "-o", "xml" }, "json, table" },
		{ { "--host-root", "relative" }, "'relative'" },
		{ { "--runtime-root", "docker" }, "docker" },
		{ { "--backend", "magic" }, "fexit, tracepoint, kprobe" },
		{ { "web" }, "--container web" },
		{ { "--runtime", "dokcer" }, "docker, containerd" },
		{ { "--pod", "shop/" }, "'shop/'" },
		{ { "--label", "=x" }, "KEY=VALUE" },
		{ { "--exclude-image", "" }, "--exclude-image: ''" },
		{ { "--show-label", "a=b" }, "'a=b'" },
		{ { "--exclude-WHAT", "x" }, "--exclude-WHAT" },
	};
	struct error err;
	struct options o;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int r = parse(&o, &trace, rows[i].words, &err);

		cr_expect_eq(r, -EINVAL, "%s gave %d", rows[i].words[0], r);
		cr_expect(strstr(err.text, rows[i].says), "%s: %s", rows[i].words[0], err.text);
		options_free(&o);
	}
}

Test(options, repeated_ones_are_all_kept)
{
	static const char *const words[] = { "-c", "a", "--container", "b", "-ccc", NULL };
	struct error err;
	struct options o;

	cr_assert_eq(parse(&o, &trace, words, &err), 0, "%s", err.text);
	cr_assert_eq(o.selector.wanted[SELECT_CONTAINER].count, 3);
	cr_expect_str_eq(o.selector.wanted[SELECT_CONTAINER].at[0], "a");
	cr_expect_str_eq(o.selector.wanted[SELECT_CONTAINER].at[1], "b");
	cr_expect_str_eq(o.selector.wanted[SELECT_CONTAINER].at[2], "cc");
	cr_expect_null(o.selector.wanted[SELECT_CONTAINER].at[3]);
	options_free(&o);
}

Test(options, each_field_selects_and_excludes)
{
	static const struct {
		const char *name, *value;
		enum selector_field field;
	} rows[] = {
		{ "container", "web", SELECT_CONTAINER },  { "pod", "shop/web-0", SELECT_POD },
		{ "namespace", "shop", SELECT_NAMESPACE }, { "image", "nginx:*", SELECT_IMAGE },
		{ "label", "team=shop", SELECT_LABEL },    { "runtime", "docker", SELECT_RUNTIME },
	};
	struct error err;
	struct options o;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char select[32], exclude[32];
		const char *const words[] = { select, rows[i].value, exclude, rows[i].value, NULL };

		snprintf(select, sizeof(select), "--%s", rows[i].name);
		snprintf(exclude, sizeof(exclude), "--exclude-%s", rows[i].name);
		cr_assert_eq(parse(&o, &trace, words, &err), 0, "%s", err.text);
		cr_expect_eq(o.selector.wanted[rows[i].field].count, 1, "%s", select);
		cr_expect_eq(o.selector.excluded[rows[i].field].count, 1, "%s", exclude);
		options_free(&o);
	}
}

Test(options, labels_to_show_come_before_those_that_select)
{
	static const char *const words[] = { "--label",
					     "a=1",
					     "--show-label",
					     "b",
					     "--exclude-label=c",
					     "--show-label=d",
					     "--show-label",
					     "b",
					     NULL };
	static const char *const keys[] = { "b", "d", "a=1", "c" };
	struct error err;
	struct options o;

	cr_assert_eq(parse(&o, &trace, words, &err), 0, "%s", err.text);
	cr_assert_eq(o.label_keys.count, COUNT_OF(keys));
	cr_expect_eq(o.label_keys.shown, 2);
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		cr_expect_str_eq(o.label_keys.at[i], keys[i]);
	options_free(&o);
}

Test(options, filters_reach_the_kernel_settings)
{
	static const char *const words[] = {
		"-x", "-W", "-p", "42", "-u", "0", "-C", "nginx", NULL
	};
	struct error err;
	struct options o;

	cr_assert_eq(parse(&o, &trace, words, &err), 0, "%s", err.text);
	cr_expect(o.filters.failed_only && o.filters.writes_only && o.filters.uid_set);
	cr_expect_eq(o.filters.tgid, 42);
	cr_expect_eq(o.filters.uid, 0);
	cr_expect_str_eq(o.filters.comm, "nginx");
}

Test(options, paths)
{
	static const char *const words[] = { "--exclude-path", "/etc/ssl", "--path", "/etc", NULL };
	const struct path_prefix *p;
	struct error err;
	struct options o;

	cr_assert_eq(parse(&o, &trace, words, &err), 0, "%s", err.text);
	p = o.filters.prefixes;
	cr_expect_eq(o.filters.prefix_count, 2);
	cr_expect(o.filters.path_only && p[0].exclude && !p[1].exclude);
	cr_expect(!memcmp(p[0].text, "ssl/etc/", p[0].len) && !memcmp(p[1].text, "etc/", p[1].len));
}

Test(options, too_many_paths)
{
	struct options o = {};
	struct error err;

	for (int i = 0; i <= PATH_PREFIXES_MAX; i++) {
		char *argv[] = { (char *)"ctrace", (char *)"--path", (char *)"/etc", NULL };
		int r = options_parse(&o, &trace, 3, argv, &err);

		cr_expect_eq(r, i < PATH_PREFIXES_MAX ? 0 : -EINVAL);
	}
	cr_expect(strstr(err.text, "--path: '/etc'"), "%s", err.text);
}

Test(options, what_is_left_out_is_told)
{
	static const struct {
		const char *words[5];
		__u64 seconds;
	} rows[] = {
		{ { "--failed" }, 0 },        { { "--rate", "7" }, 60 },
		{ { "--dedup", "1s" }, 60 },  { { "--dedup", "1s", "--summary", "5s" }, 5 },
		{ { "--summary", "5s" }, 5 },
	};
	struct error err;
	struct options o;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cr_assert_eq(parse(&o, &trace, rows[i].words, &err), 0, "%s", err.text);
		cr_expect_eq(o.summary_ns, rows[i].seconds * 1000000000, "%s", rows[i].words[0]);
	}
}

Test(options, a_command_keeps_its_own_options)
{
	static const char *const with_dashes[] = { "-x", "--", "ls", "-l", NULL };
	static const char *const without[] = { "-x", "ls", "-l", NULL };
	const char *const *const rows[] = { with_dashes, without };
	struct error err;
	struct options o;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		cr_assert_eq(parse(&o, &run, rows[i], &err), 0, "%s", err.text);
		cr_expect(o.filters.failed_only);
		cr_expect_str_eq(o.command[0], "ls");
		cr_expect_str_eq(o.command[1], "-l");
		cr_expect_null(o.command[2]);
	}
}
