// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

static char dir[] = "/tmp/ctrace-test-file.XXXXXX";
static int dir_fd;

static void put(const char *name, const char *text, size_t len)
{
	auto_close int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	cr_assert(fd >= 0 && write(fd, text, len) == (ssize_t)len);
}

static void setup(void)
{
	cr_assert_not_null(mkdtemp(dir));
	dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	put("five", "hello", 5);
	put("empty", "", 0);
	put("nul", "a\0b", 3);
	cr_assert_eq(mkdirat(dir_fd, "sub", 0700), 0);
	put("sub/deep", "x", 1);
	cr_assert_eq(symlinkat("five", dir_fd, "link"), 0);
	cr_assert_eq(symlinkat("sub", dir_fd, "sublink"), 0);
	cr_assert_eq(mkfifoat(dir_fd, "fifo", 0600), 0);
}

static void teardown(void)
{
	static const char *const names[] = { "five", "empty",   "nul",  "sub/deep",
					     "link", "sublink", "fifo", "big" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlinkat(dir_fd, names[i], 0);
	unlinkat(dir_fd, "sub", AT_REMOVEDIR);
	rmdir(dir);
	close(dir_fd);
}

TestSuite(file, .init = setup, .fini = teardown);

Test(file, reads_what_is_there)
{
	static const struct {
		const char *path;
		size_t max;
		int ret, ret_beneath;
		size_t len;
	} rows[] = {
		{ "five", 5, 0, 0, 5 },
		{ "five", 4, -EFBIG, -EFBIG, 0 },
		{ "empty", 0, 0, 0, 0 },
		{ "nul", 100, 0, 0, 3 },
		{ "sub/deep", 100, 0, 0, 1 },
		{ "missing", 100, -ENOENT, -ENOENT, 0 },
		{ "link", 100, -ELOOP, -ELOOP, 0 },
		{ "sublink/deep", 100, 0, -ELOOP, 1 },
		{ "sub/../five", 100, 0, 0, 5 }, /* stays beneath */
		{ "sub/../../five", 100, -ENOENT, -EXDEV, 0 },
		{ "fifo", 100, -EMEDIUMTYPE, -EMEDIUMTYPE, 0 },
		{ "sub", 100, -EMEDIUMTYPE, -EMEDIUMTYPE, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_free char *text = NULL, *beneath = NULL;
		size_t len = 0;
		int r = file_read(dir_fd, rows[i].path, rows[i].max, &text, &len);

		cr_expect_eq(r, rows[i].ret, "row %zu '%s': %d", i, rows[i].path, r);
		cr_expect_eq(len, rows[i].len, "row %zu '%s': %zu", i, rows[i].path, len);
		cr_expect(r < 0 ? !text : !text[len], "row %zu", i);

		r = file_read_beneath(dir_fd, rows[i].path, rows[i].max, &beneath, NULL, NULL);
		cr_expect_eq(r, rows[i].ret_beneath, "beneath, row %zu '%s': %d", i, rows[i].path,
			     r);
	}
}

Test(file, absolute_paths_leave_the_directory)
{
	auto_free char *text = NULL;

	cr_expect_eq(file_read_beneath(dir_fd, "/proc/self/status", 1 << 20, &text, NULL, NULL),
		     -EXDEV);
	cr_expect_null(text);
}

Test(file, reads_more_than_a_page_and_files_without_a_size)
{
	static char big[100000];
	auto_free char *text = NULL, *proc = NULL;
	size_t len = 0;

	big[99999] = 'z';
	put("big", big, sizeof(big));
	cr_assert_eq(file_read(dir_fd, "big", 100000, &text, &len), 0);
	cr_expect_eq(len, 100000);
	cr_expect_eq(text[99999], 'z');

	cr_assert_eq(file_read(AT_FDCWD, "/proc/self/mountinfo", 64 << 20, &proc, &len), 0);
	cr_expect_gt(len, 0);
}
