// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Docker: <data-root>/containers/<id>/config.v2.json (moby container/container.go).
 * It is there before the container's cgroup is.  Which cgroup that is it does not
 * say; Docker's runc does (runtime_runc.c), and so does the cgroup's name.
 */
#include "container/runtime_state.h"

bool runtime_docker_read(const struct state_root *root, const char *id, struct container *c)
{
	auto_json cJSON *json = state_json(root, id, "config.v2.json");
	const char *name = cJSON_GetStringValue(state_member(json, "Name"));

	if (!json)
		return false;

	if (name && *name == '/')
		name++;
	state_set_text(&c->name, name);
	state_set(&c->image, state_member(json, "Config.Image"));
	state_set_pid(&c->init_pid, state_member(json, "State.Pid"));
	state_annotations(c, state_member(json, "Config.Labels"));
	return true;
}
