// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/runtime_state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	FIELD_MAX = 512,   /* an image's name: registry, path of 255, tag of 128 */
	PID_MAX = 1 << 22, /* PID_MAX_LIMIT, include/linux/threads.h */
};

bool state_wanted(const struct state_sink *sink, const char *id)
{
	const struct runtime_query *q = sink->query;

	if (!q)
		return true;
	if (q->id && strcmp(q->id, id) != 0)
		return false;
	return !q->unwanted || !q->unwanted(id, q->arg);
}

struct container *state_container(const struct state_root *root, const char *id)
{
	struct container *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->id = strdup(id);
	if (!c->id) {
		free(c);
		return NULL;
	}
	c->runtime = root->runtime->name;
	c->label_keys = root->labels;
	return c;
}

static int emit_dir(const struct state_root *root, const struct state_sink *sink, const char *id)
{
	struct container *c;

	if (!state_wanted(sink, id))
		return 0;

	c = state_container(root, id);
	if (!c)
		return -ENOMEM;
	if (!root->runtime->read(root, id, c)) {
		container_free(c);
		return 0;
	}
	return sink->found(c, sink->arg);
}

int state_scan_dirs(const struct state_root *root, const struct state_sink *sink)
{
	auto_close int fd = -1;
	auto_dir DIR *dir = NULL;
	struct dirent *entry;

	if (sink->query && sink->query->id)
		return emit_dir(root, sink, sink->query->id);

	fd = openat(root->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return 0;
	steal_fd(&fd);

	while ((entry = readdir(dir))) {
		int r;

		/* Not every file system fills in d_type; a wrong guess finds no state file. */
		if (entry->d_name[0] == '.' || entry->d_type == DT_REG || entry->d_type == DT_LNK)
			continue;
		r = emit_dir(root, sink, entry->d_name);
		if (r)
			return r;
	}
	return 0;
}

/* A name that is cut short is a wrong name, so one that is too long is left out. */
void state_set_text(char **field, const char *text)
{
	if (*field || !text || !*text || strnlen(text, FIELD_MAX + 1) > FIELD_MAX)
		return;
	*field = strdup(text);
}

void state_set(char **field, const cJSON *json)
{
	state_set_text(field, cJSON_GetStringValue(json));
}

void state_set_pid(int *field, const cJSON *json)
{
	if (cJSON_IsNumber(json) && json->valuedouble >= 1 && json->valuedouble <= PID_MAX)
		*field = json->valueint;
}

/* --- labels and annotations ------------------------------------------------------ */

enum annotation_field {
	NAME,
	IMAGE,
	K8S_NAMESPACE,
	K8S_POD,
	K8S_POD_UID,
	K8S_CONTAINER,
	CONTAINER_TYPE,
};

static const struct {
	const char *key;
	enum annotation_field field;
} annotations[] = {
	/* containerd internal/cri/annotations/annotations.go */
	{ "io.kubernetes.cri.sandbox-namespace", K8S_NAMESPACE },
	{ "io.kubernetes.cri.sandbox-name", K8S_POD },
	{ "io.kubernetes.cri.sandbox-uid", K8S_POD_UID },
	{ "io.kubernetes.cri.container-name", K8S_CONTAINER },
	{ "io.kubernetes.cri.image-name", IMAGE },
	{ "io.kubernetes.cri.podsandbox.image-name", IMAGE }, /* since 2.0 */
	{ "io.kubernetes.cri.container-type", CONTAINER_TYPE },
	/* kubelet's labels (kubelet/types/labels.go), kept by CRI-O and cri-dockerd */
	{ "io.kubernetes.pod.namespace", K8S_NAMESPACE },
	{ "io.kubernetes.pod.name", K8S_POD },
	{ "io.kubernetes.pod.uid", K8S_POD_UID },
	{ "io.kubernetes.container.name", K8S_CONTAINER },
	{ "io.kubernetes.docker.type", CONTAINER_TYPE },
	/* CRI-O pkg/annotations/annotations.go */
	{ "io.kubernetes.cri-o.ImageName", IMAGE },
	{ "io.kubernetes.cri-o.ContainerType", CONTAINER_TYPE },
	/* nerdctl pkg/labels/labels.go */
	{ "nerdctl/name", NAME },
};

static char **field_of(struct container *c, enum annotation_field field)
{
	switch (field) {
	case NAME:
		return &c->name;
	case IMAGE:
		return &c->image;
	case K8S_NAMESPACE:
		return &c->k8s_namespace;
	case K8S_POD:
		return &c->k8s_pod;
	case K8S_POD_UID:
		return &c->k8s_pod_uid;
	case K8S_CONTAINER:
		return &c->k8s_container;
	case CONTAINER_TYPE:
		break;
	}
	return NULL;
}

/* A pause container is labelled "POD" where its pod's containers have their name. */
static void set_annotation(struct container *c, enum annotation_field field, const char *value)
{
	if (field == CONTAINER_TYPE) {
		c->sandbox = !strcmp(value, "sandbox") || !strcmp(value, "podsandbox");
		return;
	}
	if (field == K8S_CONTAINER && !strcmp(value, "POD")) {
		c->sandbox = true;
		return;
	}
	state_set_text(field_of(c, field), value);
	if (field == K8S_CONTAINER)
		state_set_text(&c->name,
			       value); /* CRI has no other name; Docker's own is set already */
}

void state_annotation(struct container *c, const char *key, const char *value)
{
	size_t i;

	container_set_label(c, key, value);
	for (i = 0; i < sizeof(annotations) / sizeof(*annotations); i++) {
		if (!strcmp(key, annotations[i].key))
			set_annotation(c, annotations[i].field, value);
	}
}

void state_annotations(struct container *c, const cJSON *object)
{
	const cJSON *member;

	if (!cJSON_IsObject(object))
		return;
	cJSON_ArrayForEach (member, object) {
		if (cJSON_IsString(member))
			state_annotation(c, member->string, member->valuestring);
	}
}
