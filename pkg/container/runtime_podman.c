// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Podman (and all that builds on containers/storage): one containers.json for all
 * containers, and volatile-containers.json for those made with --rm
 * (containers/storage, containers.go); "metadata" is JSON in a string
 * (podman libpod/storage.go).  The cgroup's name says whose container it is.
 */
#include <errno.h>
#include <string.h>

#include "container/runtime_state.h"

static void read_metadata(struct container *c, const char *text)
{
	auto_json cJSON *metadata = text ? cJSON_Parse(text) : NULL;

	state_set(&c->image, state_member(metadata, "image-name"));
	state_set(&c->name, state_member(metadata, "name"));
}

static int emit(const struct state_root *root, const struct state_sink *sink, const cJSON *json)
{
	const char *id = cJSON_GetStringValue(state_member(json, "id"));
	struct container *c;

	if (!id || !*id || strchr(id, '/') || !state_wanted(sink, id))
		return 0;

	c = state_container(root, id);
	if (!c)
		return -ENOMEM;
	c->runtime = NULL;
	state_set(&c->name, cJSON_GetArrayItem(state_member(json, "names"), 0));
	read_metadata(c, cJSON_GetStringValue(state_member(json, "metadata")));
	return sink->found(c, sink->arg);
}

static int scan_file(const struct state_root *root, const struct state_sink *sink, const char *file)
{
	auto_json cJSON *list = state_json(root, NULL, file);
	const cJSON *json;

	cJSON_ArrayForEach (json, list) {
		int r = emit(root, sink, json);

		if (r)
			return r;
	}
	return 0;
}

int runtime_podman_scan(const struct state_root *root, const struct state_sink *sink)
{
	int r = scan_file(root, sink, "containers.json");

	return r ? r : scan_file(root, sink, "volatile-containers.json");
}
