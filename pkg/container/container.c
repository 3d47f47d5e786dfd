// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/container.h"

#include <stdlib.h>
#include <string.h>

static void forget(char **text)
{
	free(*text);
	*text = NULL;
}

void container_forget_names(struct container *c)
{
	forget(&c->name);
	forget(&c->image);
	forget(&c->k8s_namespace);
	forget(&c->k8s_pod);
	forget(&c->k8s_pod_uid);
	forget(&c->k8s_container);
	for (size_t i = 0; c->labels && i < c->label_keys->count; i++)
		free(c->labels[i]);
	free(c->labels);
	c->labels = NULL;
	c->sandbox = false;
}

void container_free(struct container *c)
{
	if (!c)
		return;
	container_forget_names(c);
	free(c->id);
	free(c->cgroup_path);
	free(c);
}

static bool copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return *to || !from;
}

static bool copy_labels(struct container *to, const struct container *from)
{
	bool ok = true;

	if (!from->labels)
		return true;
	to->labels = calloc(from->label_keys->count, sizeof(*to->labels));
	for (size_t i = 0; to->labels && i < from->label_keys->count; i++)
		ok = copy_text(&to->labels[i], from->labels[i]) && ok;
	return to->labels && ok;
}

struct container *container_copy(const struct container *from)
{
	struct container *to = calloc(1, sizeof(*to));
	bool ok;

	if (!to)
		return NULL;
	to->runtime = from->runtime;
	to->label_keys = from->label_keys;
	to->sandbox = from->sandbox;
	to->has_state = from->has_state;
	to->init_pid = from->init_pid;
	to->cgroup_id = from->cgroup_id;
	ok = copy_text(&to->id, from->id);
	ok = copy_text(&to->name, from->name) && ok;
	ok = copy_text(&to->image, from->image) && ok;
	ok = copy_text(&to->k8s_namespace, from->k8s_namespace) && ok;
	ok = copy_text(&to->k8s_pod, from->k8s_pod) && ok;
	ok = copy_text(&to->k8s_pod_uid, from->k8s_pod_uid) && ok;
	ok = copy_text(&to->k8s_container, from->k8s_container) && ok;
	ok = copy_text(&to->cgroup_path, from->cgroup_path) && ok;
	ok = copy_labels(to, from) && ok;
	if (ok)
		return to;
	container_free(to);
	return NULL;
}

bool container_runtime_known(const char *runtime)
{
	const char *at = CONTAINER_RUNTIMES;
	size_t len;

	for (; *at; at += len + strspn(at + len, ", ")) {
		len = strcspn(at, ",");
		if (len == strlen(runtime) && !strncmp(at, runtime, len))
			return true;
	}
	return false;
}

static bool same_key(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return len == strcspn(b, "=") && !strncmp(a, b, len);
}

static void set_value(char **to, const char *value)
{
	char *copy = strndup(value, CONTAINER_LABEL_VALUE_MAX);

	if (!copy)
		return;
	free(*to);
	*to = copy;
}

void container_set_label(struct container *c, const char *key, const char *value)
{
	const struct label_keys *keys = c->label_keys;

	for (size_t i = 0; keys && i < keys->count; i++) {
		if (strchr(key, '=') || !same_key(key, keys->at[i]))
			continue;
		if (!c->labels)
			c->labels = calloc(keys->count, sizeof(*c->labels));
		if (c->labels)
			set_value(&c->labels[i], value);
	}
}

const char *container_label(const struct container *c, const char *asked)
{
	for (size_t i = 0; c->labels && i < c->label_keys->count; i++)
		if (same_key(asked, c->label_keys->at[i]))
			return c->labels[i];
	return NULL;
}

void container_take_labels(struct container *to, struct container *from)
{
	if (!from->labels)
		return;
	for (size_t i = 0; to->labels && i < to->label_keys->count; i++) {
		if (from->labels[i])
			free(to->labels[i]);
		else
			from->labels[i] = to->labels[i];
	}
	free(to->labels);
	to->label_keys = from->label_keys;
	to->labels = from->labels;
	from->labels = NULL;
}
