// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "event/path_prefix.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

Test(path_prefix, texts)
{
	static const struct {
		const char *path, *leaf_first, *root_first;
	} rows[] = {
		{ "/", "", "" },
		{ "//", "", "" },
		{ "/etc", "etc/", "etc/" },
		{ "/etc/", "etc/", "etc/" },
		{ "/etc/nginx", "nginx/etc/", "etc/nginx/" },
		{ "//etc///nginx//", "nginx/etc/", "etc/nginx/" },
		{ "/a/bc/d", "d/bc/a/", "a/bc/d/" },
		{ "/...", ".../", ".../" },
		{ "/.x/x.", "x./.x/", ".x/x./" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct path_prefix p;
		struct error err;

		cr_assert_eq(path_prefix_parse(&p, rows[i].path, &err), 0, "%s", rows[i].path);
		cr_expect_eq(p.len, strlen(rows[i].leaf_first), "%s", rows[i].path);
		cr_expect(!memcmp(p.text, rows[i].leaf_first, p.len), "%s", rows[i].path);
		cr_expect(!memcmp(p.text + PATH_PREFIX_BYTES, rows[i].root_first, p.len), "%s",
			  rows[i].path);
		cr_expect_eq(p.exclude, 0);
	}
}

Test(path_prefix, refused)
{
	static const char *const rows[] = {
		"", "etc", "./etc", "/etc/..", "/..", "/./x", "/a/./b"
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct path_prefix p;
		struct error err;

		cr_expect_eq(path_prefix_parse(&p, rows[i], &err), -EINVAL, "%s", rows[i]);
		cr_expect(strstr(err.text, rows[i]), "%s", err.text);
	}
}

Test(path_prefix, longest)
{
	char path[PATH_PREFIX_BYTES + 2] = "/";
	struct path_prefix p;
	struct error err;

	memset(path + 1, 'x', PATH_PREFIX_BYTES - 1);
	cr_expect_eq(path_prefix_parse(&p, path, &err), 0, "%s", err.text);
	cr_expect_eq(p.len, PATH_PREFIX_BYTES);

	path[PATH_PREFIX_BYTES] = 'x';
	cr_expect_eq(path_prefix_parse(&p, path, &err), -EINVAL);
}
