// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * crun: <root>/<id>/status (src/libcrun/status.c), written 2 ms before the
 * container's program starts, and beside it a copy of the bundle's config.json.
 */
#include <string.h>

#include "base/cleanup.h"
#include "container/runtime_state.h"

/*
 * Under the systemd driver the processes may be in "<scope>/container" (crun
 * src/libcrun/cgroup-systemd.c); the scope is the container's.
 */
static void cut_to_scope(char *path, const char *scope)
{
	char *at = scope && *scope ? strstr(path, scope) : NULL;
	size_t len = scope ? strlen(scope) : 0;

	if (at && at > path && at[-1] == '/' && at[len] == '/')
		at[len] = '\0';
}

static char *cgroup_path_of(const cJSON *status)
{
	const char *path = cJSON_GetStringValue(state_member(status, "cgroup-path"));
	const char *scope = cJSON_GetStringValue(state_member(status, "scope"));
	char *out;

	if (!path || !*path)
		return NULL;
	if (asprintf(&out, "%s%s", *path == '/' ? "" : "/", path) < 0)
		return NULL;
	cut_to_scope(out, scope);
	return out;
}

bool runtime_crun_read(const struct state_root *root, const char *id, struct container *c)
{
	auto_json cJSON *status = state_json(root, id, "status", cJSON_Object);
	auto_json cJSON *config = NULL;

	if (!status)
		return false;

	c->cgroup_path = cgroup_path_of(status);
	state_set_pid(&c->init_pid, state_member(status, "pid"));

	config = state_json(root, id, "config.json", cJSON_Object);
	state_annotations(c, state_member(config, "annotations"));
	return true;
}
