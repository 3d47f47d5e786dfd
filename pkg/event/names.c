/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel's own headers, not libc's <fcntl.h>: on 64-bit builds libc says
 * that O_LARGEFILE is 0, while 32-bit callers do pass the bit.
 */
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <string.h>

#include "event/names.h"

struct flag {
	__u64 bits;
	const char *name;
};

/* clang-format off */

/* A flag that contains another's bits stands before it. */
static const struct flag open_flags[] = {
	{ O_CREAT, "O_CREAT" },
	{ O_EXCL, "O_EXCL" },
	{ O_NOCTTY, "O_NOCTTY" },
	{ O_TRUNC, "O_TRUNC" },
	{ O_APPEND, "O_APPEND" },
	{ O_NONBLOCK, "O_NONBLOCK" },
	{ O_SYNC, "O_SYNC" },
	{ O_DSYNC, "O_DSYNC" },
	{ FASYNC, "O_ASYNC" },
	{ O_DIRECT, "O_DIRECT" },
	{ O_LARGEFILE, "O_LARGEFILE" },
	{ O_TMPFILE, "O_TMPFILE" },
	{ O_DIRECTORY, "O_DIRECTORY" },
	{ O_NOFOLLOW, "O_NOFOLLOW" },
	{ O_NOATIME, "O_NOATIME" },
	{ O_CLOEXEC, "O_CLOEXEC" },
	{ O_PATH, "O_PATH" },
};

static const struct flag resolve_flags[] = {
	{ RESOLVE_NO_XDEV, "RESOLVE_NO_XDEV" },
	{ RESOLVE_NO_MAGICLINKS, "RESOLVE_NO_MAGICLINKS" },
	{ RESOLVE_NO_SYMLINKS, "RESOLVE_NO_SYMLINKS" },
	{ RESOLVE_BENEATH, "RESOLVE_BENEATH" },
	{ RESOLVE_IN_ROOT, "RESOLVE_IN_ROOT" },
	{ RESOLVE_CACHED, "RESOLVE_CACHED" },
};

/* clang-format on */

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* The access mode and a number for the rest come on top of the table. */
_Static_assert(COUNT_OF(open_flags) + 2 <= FLAG_NAMES_MAX, "FLAG_NAMES_MAX is too small");
_Static_assert(COUNT_OF(resolve_flags) + 1 <= FLAG_NAMES_MAX, "FLAG_NAMES_MAX is too small");

static void add_hex(struct flag_names *out, __u64 bits)
{
	char *to = out->unknown;
	int shift = 60;

	while (shift && !(bits >> shift))
		shift -= 4;

	*to++ = '0';
	*to++ = 'x';
	for (; shift >= 0; shift -= 4)
		*to++ = "0123456789abcdef"[bits >> shift & 15];
	*to = '\0';
	out->name[out->count++] = out->unknown;
}

static void add_flags(struct flag_names *out, __u64 bits, const struct flag *table, size_t n)
{
	for (size_t i = 0; bits && i < n; i++) {
		if ((bits & table[i].bits) != table[i].bits)
			continue;
		out->name[out->count++] = table[i].name;
		bits &= ~table[i].bits;
	}
	if (bits)
		add_hex(out, bits);
}

void open_flags_names(struct flag_names *out, __u32 flags)
{
	/* 3 is no mode but Linux takes it: permission to read and write, fit only for ioctl. */
	static const char *const access_modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE" };

	out->name[0] = access_modes[flags & O_ACCMODE];
	out->count = 1;
	add_flags(out, flags & ~(__u32)O_ACCMODE, open_flags, COUNT_OF(open_flags));
}

void resolve_flags_names(struct flag_names *out, __u64 resolve)
{
	out->count = 0;
	add_flags(out, resolve, resolve_flags, COUNT_OF(resolve_flags));
}

const char *errno_name(int error, char number[static 16])
{
	const char *name = error > 0 ? strerrorname_np(error) : NULL;
	unsigned int rest = error < 0 ? -(unsigned int)error : (unsigned int)error;
	char *to = &number[15];

	if (name)
		return name;

	*to = '\0';
	do {
		*--to = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	*--to = 'E';
	return to;
}

const char *open_call_name(unsigned int call)
{
	static const char *const names[] = {
		[CALL_OPEN] = "open",
		[CALL_CREAT] = "creat",
		[CALL_OPENAT] = "openat",
		[CALL_OPENAT2] = "openat2",
		[CALL_OPEN_BY_HANDLE_AT] = "open_by_handle_at",
		[CALL_EXECVE] = "execve",
		[CALL_EXECVEAT] = "execveat",
		[CALL_IO_URING_OPENAT] = "io_uring_openat",
		[CALL_IO_URING_OPENAT2] = "io_uring_openat2",
	};
	_Static_assert(COUNT_OF(names) == CALL_COUNT, "a call has no name");

	return call < CALL_COUNT ? names[call] : "unknown";
}

const char *loss_reason_name(unsigned int reason)
{
	static const char *const names[] = {
		[LOSS_RING_FULL] = "ring_full", [LOSS_MAP_FULL] = "map_full",
		[LOSS_SKIPPED] = "skipped",     [LOSS_UNFINISHED] = "unfinished",
		[LOSS_HELD_FULL] = "held_full", [LOSS_UNIDENTIFIED] = "unidentified",
	};
	_Static_assert(COUNT_OF(names) == LOSS_COUNT, "a loss has no name");

	return reason < LOSS_COUNT ? names[reason] : "unknown";
}
