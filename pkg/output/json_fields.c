/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <string.h>

#include "output/json_fields.h"

void json_put_label(struct json_writer *w, const char *key, const char *label, size_t max)
{
	if (!label)
		return;
	json_key(w, key);
	json_label(w, (struct bytes){ label, strlen(label) }, max);
}

/* Its "KEY=..." asks for it and is not its name. */
static struct bytes label_key(const char *asked)
{
	return (struct bytes){ asked, strcspn(asked, "=") };
}

static void put_labels(struct json_writer *w, const struct container *c, size_t max)
{
	bool any = false;

	for (size_t i = 0; c->labels && i < c->label_keys->shown; i++) {
		const char *value = c->labels[i];

		if (!value)
			continue;
		if (!any) {
			json_key(w, "labels");
			json_open_object(w);
		}
		any = true;
		json_text_key(w, label_key(c->label_keys->at[i]));
		json_label(w, (struct bytes){ value, strlen(value) }, max);
	}
	if (any)
		json_close_object(w);
}

void json_put_container(struct json_writer *w, const struct container *c, size_t max, bool labels)
{
	if (!c || !(c->id || c->name || c->image || c->runtime))
		return;

	json_key(w, "container");
	json_open_object(w);
	json_put_label(w, "id", c->id, max);
	json_put_label(w, "name", c->name, max);
	json_put_label(w, "image", c->image, max);
	json_put_label(w, "runtime", c->runtime, max);
	if (c->sandbox) {
		json_key(w, "sandbox");
		json_bool(w, true);
	}
	if (labels)
		put_labels(w, c, max);
	json_close_object(w);
}

void json_put_k8s(struct json_writer *w, const char *node, const struct container *c, size_t max)
{
	static const struct container nothing;

	if (!c)
		c = &nothing;
	if (!(node || c->k8s_namespace || c->k8s_pod || c->k8s_pod_uid || c->k8s_container))
		return;

	json_key(w, "k8s");
	json_open_object(w);
	json_put_label(w, "node", node, max);
	json_put_label(w, "namespace", c->k8s_namespace, max);
	json_put_label(w, "pod", c->k8s_pod, max);
	json_put_label(w, "pod_uid", c->k8s_pod_uid, max);
	json_put_label(w, "container", c->k8s_container, max);
	json_close_object(w);
}
