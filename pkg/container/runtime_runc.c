// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * runc: <root>/<id>/state.json (libcontainer/container_linux.go, type State).
 * Written 3 to 7 ms before the container's program starts.  Docker, containerd,
 * Podman and CRI-O let runc keep one too; config.labels are then the bundle's annotations.
 */
#include <string.h>

#include "base/cleanup.h"
#include "container/cgroup_v1.h"
#include "container/runtime_state.h"

/* Seen from the host's file system: "/sys/fs/cgroup/unified/a" is our "/a".  NULL: not there. */
static const char *path_below(const cJSON *paths, const char *hierarchy, const char *mount)
{
	const char *path = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(paths, hierarchy));
	size_t len = mount ? strlen(mount) : 0;

	return path && len && !strncmp(path, mount, len) && path[len] == '/' ? path + len : NULL;
}

/* v1 hierarchies go by their controllers' names, v2 by "". */
static char *cgroup_path_of(const cJSON *paths, const struct runtime_cgroups *cgroups)
{
	const char *v2 = path_below(paths, "", cgroups->v2), *v1;
	char *out;

	if (v2)
		return strdup(v2);
	v1 = cgroups->v1 ? path_below(paths, cgroups->v1_controller, cgroups->v1) : NULL;
	return v1 && asprintf(&out, CGROUP_V1_PREFIX "%s", v1) >= 0 ? out : NULL;
}

/* "key=value" */
static void add_label(cJSON *object, const char *label)
{
	auto_free char *key = label ? strdup(label) : NULL;
	char *equals = key ? strchr(key, '=') : NULL;

	if (!equals)
		return;
	*equals = '\0';
	cJSON_AddStringToObject(object, key, equals + 1);
}

static void read_labels(struct container *c, const cJSON *list)
{
	auto_json cJSON *object = cJSON_CreateObject();
	const cJSON *label;

	cJSON_ArrayForEach (label, list)
		add_label(object, cJSON_GetStringValue(label));
	state_annotations(c, object);
}

bool runtime_runc_read(const struct state_root *root, const char *id, struct container *c)
{
	auto_json cJSON *json = state_json(root, id, "state.json", cJSON_Object);

	if (!json)
		return false;

	c->cgroup_path =
		cgroup_path_of(state_member(json, "cgroup_paths"), &root->settings->cgroups);
	state_set_pid(&c->init_pid, state_member(json, "init_process_pid"));
	read_labels(c, state_member(json, "config.labels"));
	return true;
}
