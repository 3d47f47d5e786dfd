// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Labels and annotations, by which Kubernetes' runtimes and nerdctl say whose container it is. */
#include <string.h>

#include "container/runtime_state.h"

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

static void interpret(struct container *c, const cJSON *object)
{
	const cJSON *member;
	size_t i;

	cJSON_ArrayForEach (member, object) {
		if (!cJSON_IsString(member))
			continue;
		for (i = 0; i < sizeof(annotations) / sizeof(*annotations); i++) {
			if (!strcmp(member->string, annotations[i].key))
				set_annotation(c, annotations[i].field, member->valuestring);
		}
	}
}

void state_labels(struct container *c, const cJSON *object)
{
	const cJSON *label;

	if (!cJSON_IsObject(object))
		return;
	cJSON_ArrayForEach (label, object) {
		if (cJSON_IsString(label))
			container_set_label(c, label->string, label->valuestring);
	}
}

static char *value_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

const char *state_manager(const cJSON *object)
{
	const char *manager = value_of(object, "io.container.manager");

	if (!manager)
		return NULL;
	return !strcmp(manager, "libpod") ? "podman" : !strcmp(manager, "cri-o") ? "crio" : NULL;
}

/*
 * CRI-O keeps a pod's labels as JSON in one annotation.  They come before the other
 * annotations: among those are the pod's own, which are anybody's word, while kubelet
 * has the last one on what the labels of its own say.
 */
static void read_crio_labels(struct container *c, const cJSON *object)
{
	char *text = value_of(object, "io.kubernetes.cri-o.Labels");
	auto_json cJSON *labels = text ? state_parse(text, strlen(text)) : NULL;

	state_labels(c, labels);
	if (cJSON_IsObject(labels))
		interpret(c, labels);
}

/*
 * Podman (4.3 does) hands the annotations of an image on, so that they are anybody's word;
 * and no container of its own is in a pod of Kubernetes.
 */
void state_annotations(struct container *c, const cJSON *object)
{
	const char *manager;

	if (!cJSON_IsObject(object))
		return;
	manager = state_manager(object);
	if (!manager || strcmp(manager, "podman") != 0) {
		read_crio_labels(c, object);
		interpret(c, object);
	}
	state_labels(c, object);
}
