/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How cgroups of v1 are told from those of v2.
 *
 * Beside v2, or where there is no v2, one v1 hierarchy is looked at: runtimes make their
 * cgroups in all of them.  Its paths start with "v1:/", its ids have CGROUP_ID_V1 set
 * (event.h), so that both fit wherever a path or an id of v2 does.
 */
#ifndef CTRACE_CGROUP_V1_H
#define CTRACE_CGROUP_V1_H

#include <stdbool.h>

#include "event.h"

#define CGROUP_V1_PREFIX "v1:"

bool cgroup_path_is_v1(const char *path);

/* The path below its mount: starts with '/'. */
const char *cgroup_path_below_mount(const char *path);

/* Is it a hierarchy's root, or rather that of the mount? */
bool cgroup_path_is_root(const char *path);

/* "pids" and so on, static; NULL for CGROUP_V1_NONE. */
const char *cgroup_v1_controller_name(enum cgroup_v1_controller controller);

#endif
