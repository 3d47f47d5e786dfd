/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The text side of finding cgroups: mountinfo and /proc/PID/cgroup, see cgroup.h. */
#ifndef CTRACE_CGROUP_MOUNT_H
#define CTRACE_CGROUP_MOUNT_H

#include <limits.h>
#include <stdbool.h>

struct cgroup_mount {
	char point[PATH_MAX]; /* where it is mounted */
	char root[PATH_MAX];  /* which cgroup that is: "/", or "/../.." from within a namespace */
};

/*
 * In all of these, controller says which hierarchy: NULL is v2's, "pids" the v1 hierarchy
 * that has this controller, alone or with others (cgroup1_show_options(),
 * kernel/cgroup/cgroup-v1.c).
 */

/*
 * Its best mount in a mountinfo text (proc(5)): below host_root if that is not NULL or "",
 * nearest to the hierarchy's own root, then the shortest path.  False with *out untouched
 * if there is none.
 */
bool cgroup_mount_find(const char *mountinfo, const char *controller, const char *host_root,
		       struct cgroup_mount *out);

/*
 * Its line of a /proc/PID/cgroup text ("0::/a", "4:cpu,cpuacct:/a"), as a path below a
 * mount of `mount_root`, without " (deleted)".  False if there is none, or it lies outside
 * of the mount.
 */
bool cgroup_mount_path_of(const char *proc_cgroup, const char *controller, const char *mount_root,
			  char path[static PATH_MAX]);

/*
 * The same to a whole path in the file system, by whichever of its mounts the process
 * can be seen in.  A container with a cgroup namespace sees its own cgroup as the root
 * of its own mount, and by the host's mount nothing of itself.
 */
bool cgroup_mount_dir_of(const char *proc_cgroup, const char *controller, const char *mountinfo,
			 char path[static PATH_MAX]);

#endif
