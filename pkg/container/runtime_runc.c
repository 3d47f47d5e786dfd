// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * runc: <root>/<id>/state.json (libcontainer/container_linux.go, type State).
 * Written 3 to 7 ms before the container's program starts.  Docker, containerd,
 * Podman and CRI-O let runc keep one too; config.labels are then the bundle's annotations.
 */
#include <string.h>

#include "base/cleanup.h"
#include "container/runtime_state.h"

/* Seen from the host's file system: "/sys/fs/cgroup/unified/a" is our "/a". */
static const char *below_mount(const char *path, const char *mount)
{
	size_t len = strlen(mount);

	if (!path || strncmp(path, mount, len) != 0 || path[len] != '/')
		return NULL;
	return path + len;
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
	const cJSON *paths = state_member(json, "cgroup_paths");
	const char *path;

	if (!json)
		return false;

	/* v1 hierarchies go by their controllers' names, v2 by "". */
	path = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(paths, ""));
	path = below_mount(path, root->cgroup_mount);
	if (path)
		c->cgroup_path = strdup(path);

	state_set_pid(&c->init_pid, state_member(json, "init_process_pid"));
	read_labels(c, state_member(json, "config.labels"));
	return true;
}
