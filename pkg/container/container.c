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
