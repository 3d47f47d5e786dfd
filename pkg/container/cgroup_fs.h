/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is behind a struct cgroup_fs, for the files beside this one; see cgroup.h. */
#ifndef CTRACE_CGROUP_FS_H
#define CTRACE_CGROUP_FS_H

#include "container/cgroup.h"
#include "container/cgroup_mount.h"

/* A mounted hierarchy. */
struct cgroup_hierarchy {
	struct cgroup_mount mount;
	const char *controller; /* that it is known by; NULL: v2 */
	int root_fd;            /* -1: there is none */
};

struct cgroup_fs {
	struct cgroup_hierarchy v2, v1;
	enum cgroup_v1_controller v1_controller;
	char *proc; /* "/proc", or the host's below host_root */
};

/* The hierarchy that a path is in; its root_fd may be -1. */
const struct cgroup_hierarchy *cgroup_hierarchy_of(const struct cgroup_fs *fs, const char *path);

/* Open a cgroup's directory with these flags: a descriptor, or -errno and no sentence. */
int cgroup_open(const struct cgroup_fs *fs, const char *path, __u64 flags);

/* "a//b/" and "./a/b" become "/a/b", behind the prefix ("" or CGROUP_V1_PREFIX); or NULL. */
char *cgroup_path_tidy(const char *prefix, const char *path);

#endif
