// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Podman, CRI-O and all that builds on containers/storage, below <driver>-containers:
 *
 * - one containers.json for all containers, and volatile-containers.json for those made
 *   with --rm (containers/storage, containers.go); "metadata" is JSON in a string
 *   (podman libpod/storage.go);
 * - <id>/userdata/config.json, the OCI bundle, whose annotations say who made it and,
 *   with CRI-O, which pod it is of (cri-o pkg/annotations/internal.go).
 */
#include <errno.h>
#include <string.h>

#include "container/runtime_state.h"

static void read_metadata(struct container *c, char *text)
{
	auto_json cJSON *metadata = text ? state_parse(text, strlen(text)) : NULL;

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
	c->runtime = NULL; /* Podman's or CRI-O's: this file doesn't say */
	state_set(&c->name, cJSON_GetArrayItem(state_member(json, "names"), 0));
	read_metadata(c, cJSON_GetStringValue(state_member(json, "metadata")));
	return sink->found(c, sink->arg);
}

static int scan_file(const struct state_root *root, const struct state_sink *sink, const char *file)
{
	auto_json cJSON *list = state_json(root, NULL, file, cJSON_Array);
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

bool runtime_podman_read(const struct state_root *root, const char *id, struct container *c)
{
	auto_json cJSON *config = state_json(root, id, "userdata/config.json", cJSON_Object);
	const cJSON *annotations = state_member(config, "annotations");

	if (!config)
		return false;
	c->runtime = state_manager(annotations);
	state_annotations(c, annotations);
	return true;
}
