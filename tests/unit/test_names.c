/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <criterion/criterion.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <string.h>

#include "event/names.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const char *joined(const struct flag_names *names, char *out)
{
	out[0] = '\0';
	for (size_t i = 0; i < names->count; i++) {
		strcat(out, i ? "|" : "");
		strcat(out, names->name[i]);
	}
	return out;
}

Test(names, open_flags)
{
	static const struct {
		__u32 flags;
		const char *names;
	} facts[] = {
		{ 0, "O_RDONLY" },
		{ O_WRONLY, "O_WRONLY" },
		{ O_RDWR, "O_RDWR" },
		{ O_ACCMODE, "O_ACCMODE" },
		{ O_CLOEXEC, "O_RDONLY|O_CLOEXEC" },
		{ O_WRONLY | O_CREAT | O_TRUNC, "O_WRONLY|O_CREAT|O_TRUNC" },
		{ O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, "O_RDWR|O_CREAT|O_EXCL|O_NOFOLLOW" },
		{ O_NOCTTY | O_NONBLOCK | O_APPEND | FASYNC,
		  "O_RDONLY|O_NOCTTY|O_APPEND|O_NONBLOCK|O_ASYNC" },
		{ O_PATH | O_DIRECTORY, "O_RDONLY|O_DIRECTORY|O_PATH" },
		{ O_RDWR | O_DIRECT | O_NOATIME, "O_RDWR|O_DIRECT|O_NOATIME" },

		/* one inside the other */
		{ O_SYNC, "O_RDONLY|O_SYNC" },
		{ O_DSYNC, "O_RDONLY|O_DSYNC" },
		{ O_RDWR | O_TMPFILE, "O_RDWR|O_TMPFILE" },
		{ O_DIRECTORY, "O_RDONLY|O_DIRECTORY" },
		{ O_SYNC & ~O_DSYNC, "O_RDONLY|0x100000" },
		{ O_TMPFILE & ~O_DIRECTORY, "O_RDONLY|0x400000" },

		/* 0 for libc, not for the kernel */
		{ O_LARGEFILE, "O_RDONLY|O_LARGEFILE" },

		/* no names for these */
		{ 0x40000000, "O_RDONLY|0x40000000" },
		{ 0x80000020 | O_CLOEXEC, "O_RDONLY|O_CLOEXEC|0x80000020" },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct flag_names names;
		char text[1024];

		open_flags_names(&names, facts[i].flags);
		cr_expect_str_eq(joined(&names, text), facts[i].names, "0%o: %s, not %s",
				 facts[i].flags, text, facts[i].names);
	}
}

Test(names, all_flags_at_once)
{
	struct flag_names names;

	open_flags_names(&names, ~0U);
	cr_expect_leq(names.count, FLAG_NAMES_MAX);
	cr_expect_str_eq(names.name[0], "O_ACCMODE");
	resolve_flags_names(&names, ~0ULL);
	cr_expect_str_eq(names.name[names.count - 1], "0xffffffffffffffc0");
}

Test(names, resolve_flags)
{
	static const struct {
		__u64 resolve;
		const char *names;
	} facts[] = {
		{ 0, "" },
		{ RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
		  "RESOLVE_NO_XDEV|RESOLVE_NO_MAGICLINKS" },
		{ RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH, "RESOLVE_NO_SYMLINKS|RESOLVE_BENEATH" },
		{ RESOLVE_IN_ROOT | RESOLVE_CACHED, "RESOLVE_IN_ROOT|RESOLVE_CACHED" },
		{ 1ULL << 40, "0x10000000000" },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct flag_names names;
		char text[1024];

		resolve_flags_names(&names, facts[i].resolve);
		cr_expect_str_eq(joined(&names, text), facts[i].names, "%#llx: %s",
				 facts[i].resolve, text);
	}
}

Test(names, errors)
{
	static const struct {
		int error;
		const char *name;
	} facts[] = {
		{ 2, "ENOENT" },      { 4, "EINTR" },
		{ 11, "EAGAIN" },     { 13, "EACCES" },
		{ 75, "EOVERFLOW" },  { 512, "E512" },
		{ 133, "EHWPOISON" }, { 2147483647, "E2147483647" },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		char number[16];

		cr_expect_str_eq(errno_name(facts[i].error, number), facts[i].name);
	}
}

Test(names, calls)
{
	cr_expect_str_eq(open_call_name(CALL_OPEN), "open");
	cr_expect_str_eq(open_call_name(CALL_OPEN_BY_HANDLE_AT), "open_by_handle_at");
	cr_expect_str_eq(open_call_name(CALL_IO_URING_OPENAT2), "io_uring_openat2");
	cr_expect_str_eq(open_call_name(CALL_COUNT), "unknown");
	for (unsigned int call = 0; call < CALL_COUNT; call++)
		cr_expect_not_null(open_call_name(call));
}

Test(names, losses)
{
	cr_expect_str_eq(loss_reason_name(LOSS_RING_FULL), "ring_full");
	cr_expect_str_eq(loss_reason_name(LOSS_MAP_FULL), "map_full");
	cr_expect_str_eq(loss_reason_name(LOSS_SKIPPED), "skipped");
	cr_expect_str_eq(loss_reason_name(LOSS_COUNT), "unknown");
}
