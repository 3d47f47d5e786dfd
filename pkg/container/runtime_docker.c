// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Docker: <data-root>/containers/<id>/config.v2.json (moby container/container.go).
 * It is there before the container's cgroup is.  Which cgroup that is it does not
 * say; Docker's runc does (runtime_runc.c), and so does the cgroup's name.
 */
#include <string.h>

#include "container/runtime_state.h"

/*
 * A label may come from the image, and so be anybody's word.  Only those of a container
 * that kubelet made say which pod it is of; its name tells (kubePrefix in cri-dockerd
 * core/naming.go), for who starts a container gives it its name.
 */
static void read_labels(struct container *c, const cJSON *labels)
{
	if (c->name && !strncmp(c->name, "k8s_", strlen("k8s_")))
		state_annotations(c, labels);
	else
		state_labels(c, labels);
}

bool runtime_docker_read(const struct state_root *root, const char *id, struct container *c)
{
	auto_json cJSON *json = state_json(root, id, "config.v2.json", cJSON_Object);
	const char *name = cJSON_GetStringValue(state_member(json, "Name"));

	if (!json)
		return false;

	if (name && *name == '/')
		name++;
	state_set_text(&c->name, name);
	state_set(&c->image, state_member(json, "Config.Image"));
	state_set_pid(&c->init_pid, state_member(json, "State.Pid"));
	read_labels(c, state_member(json, "Config.Labels"));
	return true;
}
