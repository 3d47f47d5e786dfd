// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Landlock (Linux 5.13, 265885daf3e5) by its system calls: the C library has no
 * functions for them.  What is open already stays usable.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

#include "base/cleanup.h"
#include "sandbox/parts.h"

/* Newer than the headers of Debian 12. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif

#define FS_ABI_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* A right that is handled and granted nowhere is refused everywhere. */
static __u64 known_rights(int abi)
{
	__u64 rights = FS_ABI_1;

	if (abi >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= 5)
		rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return rights;
}

int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

static int allow_reading(int ruleset, int directory)
{
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
		.parent_fd = directory,
	};

	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0)
		       ? -errno
		       : 0;
}

int landlock_restrict(const struct sandbox_settings *settings, struct error *err)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = known_rights(landlock_abi()),
	};
	/* Only the first member: all that every version knows. */
	auto_close int ruleset =
		(int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);

	if (ruleset < 0)
		return error_set(err, -errno, "make a Landlock ruleset");
	for (size_t i = 0; i < settings->readable_count; i++) {
		int r = allow_reading(ruleset, settings->readable[i]);

		if (r < 0)
			return error_set(err, r, "add a directory to the Landlock ruleset");
	}
	if (syscall(SYS_landlock_restrict_self, ruleset, 0))
		return error_set(err, -errno, "enter the Landlock ruleset");
	return 0;
}
