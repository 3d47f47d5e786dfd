// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/cgroup_v1.h"

#include <string.h>

bool cgroup_path_is_v1(const char *path)
{
	return !strncmp(path, CGROUP_V1_PREFIX, strlen(CGROUP_V1_PREFIX));
}

const char *cgroup_path_below_mount(const char *path)
{
	return cgroup_path_is_v1(path) ? path + strlen(CGROUP_V1_PREFIX) : path;
}

bool cgroup_path_is_root(const char *path)
{
	path = cgroup_path_below_mount(path);
	return !path[strspn(path, "/")];
}

const char *cgroup_v1_controller_name(enum cgroup_v1_controller controller)
{
	static const char *const names[CGROUP_V1_COUNT] = {
		[CGROUP_V1_PIDS] = "pids",       [CGROUP_V1_MEMORY] = "memory",
		[CGROUP_V1_CPU] = "cpu",         [CGROUP_V1_DEVICES] = "devices",
		[CGROUP_V1_FREEZER] = "freezer",
	};

	return controller < CGROUP_V1_COUNT ? names[controller] : NULL;
}
