// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/cgroup_ends.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"

#define QUICK_NS 100000000ull   /* between two looks, at least; and at most without inotify */
#define SLOW_NS  10000000000ull /* ... at most, with it */

struct cgroup_ends {
	int inotify;
	bool told;   /* something has changed since the last look */
	bool untold; /* one of them can't be watched */
	__u64 last_ns;
};

struct cgroup_ends *cgroup_ends_new(void)
{
	struct cgroup_ends *ends = calloc(1, sizeof(*ends));

	if (ends)
		ends->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return ends;
}

void cgroup_ends_free(struct cgroup_ends *ends)
{
	if (!ends)
		return;
	cleanup_close(&ends->inotify);
	free(ends);
}

void cgroup_ends_add(struct cgroup_ends *ends, const struct cgroup_fs *fs, const char *path)
{
	char file[PATH_MAX];
	int len = snprintf(file, sizeof(file), "%s%s/cgroup.events",
			   cgroup_fs_mount_point(fs, path), cgroup_path_below_mount(path));

	if (len >= (int)sizeof(file) || inotify_add_watch(ends->inotify, file, IN_MODIFY) < 0)
		ends->untold = true;
	ends->told = true; /* it may have ended before it was watched */
}

/* Which of them it was doesn't matter: all are looked at. */
static void read_told(struct cgroup_ends *ends)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (ends->inotify >= 0 && read(ends->inotify, buffer, sizeof(buffer)) > 0)
		ends->told = true;
}

int cgroup_ends_fd(const struct cgroup_ends *ends)
{
	return ends->inotify;
}

bool cgroup_ends_due(struct cgroup_ends *ends, __u64 now_ns)
{
	__u64 since = now_ns - ends->last_ns;

	if (since < QUICK_NS)
		return false;
	read_told(ends);
	if (!ends->told && since < (ends->untold ? QUICK_NS : SLOW_NS))
		return false;
	ends->told = false;
	ends->last_ns = now_ns;
	return true;
}
