// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * containerd: <state>/io.containerd.runtime.v2.task/<namespace>/<id>/config.json, the
 * OCI bundle.  It is there before the cgroup is, and under CRI its annotations say
 * which pod it is of.  For "ctr run" it has no names: those are in containerd's database.
 * The shim's "init.pid" beside it comes once the container's first process is there
 * (containerd pkg/process/init.go).
 */
#include "container/runtime_state.h"

static void read_init_pid(const struct state_root *root, const char *id, int *pid)
{
	auto_json cJSON *json = state_json(root, id, "init.pid", cJSON_Number);

	state_set_pid(pid, json);
}

bool runtime_containerd_read(const struct state_root *root, const char *id, struct container *c)
{
	auto_json cJSON *config = state_json(root, id, "config.json", cJSON_Object);

	if (!config)
		return false;
	state_annotations(c, state_member(config, "annotations"));
	read_init_pid(root, id, &c->init_pid);
	return true;
}
