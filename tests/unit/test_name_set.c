// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>

#include "base/name_set.h"

Test(name_set, has_its_names)
{
	static const char *const names[] = { "task_struct", "file", "dentry", "x" };
	struct name_set *set = name_set_new(names, 4);

	for (size_t i = 0; i < 4; i++)
		cr_expect(name_set_has(set, names[i]), "%s", names[i]);
	name_set_free(set);
}

Test(name_set, has_no_other_names)
{
	static const char *const names[] = { "file", "x" };
	struct name_set *set = name_set_new(names, 2);

	cr_expect_not(name_set_has(set, "filename")); /* begins with one */
	cr_expect_not(name_set_has(set, "fi"));       /* one begins with it */
	cr_expect_not(name_set_has(set, "f"));
	cr_expect_not(name_set_has(set, "xx"));
	cr_expect_not(name_set_has(set, "\xc3\xa4"));
	cr_expect_not(name_set_has(set, ""));
	name_set_free(set);
}

Test(name_set, empty_ones)
{
	struct name_set *set = name_set_new(NULL, 0);

	cr_expect_not(name_set_has(set, ""));
	cr_expect_not(name_set_has(set, "file"));
	name_set_free(set);
	name_set_free(NULL);

	set = name_set_new((const char *const[]){ "" }, 1);
	cr_expect(name_set_has(set, ""));
	cr_expect_not(name_set_has(set, "file"));
	name_set_free(set);
}
