// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Whose an event is, and whether that container is wanted. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_parts.h"

#define LABEL_BYTES_MAX 512
#define KEY_BYTES       1200

void report_container_free(struct report_container *c)
{
	if (!c)
		return;
	for (int i = 0; i < LABEL_COUNT; i++)
		free(c->labels[i]);
	free(c);
}

/* What tells one container from another: its id if there is one. */
static struct bytes container_key(const struct event_line *e, char key[static KEY_BYTES])
{
	char *const *l = e->labels;
	int n;

	if (l[LABEL_ID])
		n = snprintf(key, KEY_BYTES, "id %s", l[LABEL_ID]);
	else if (l[LABEL_POD_UID])
		n = snprintf(key, KEY_BYTES, "pod %s/%s", l[LABEL_POD_UID],
			     l[LABEL_POD_CONTAINER] ? l[LABEL_POD_CONTAINER] : "");
	else if (l[LABEL_NAME])
		n = snprintf(key, KEY_BYTES, "name %s", l[LABEL_NAME]);
	else
		n = snprintf(key, KEY_BYTES, "cgroup %" PRIu64, (uint64_t)e->cgroup_id);
	return (struct bytes){ key, n < KEY_BYTES ? (size_t)n : KEY_BYTES - 1 };
}

static int add_container(struct report *r, __u32 index, struct bytes key)
{
	struct report_container *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	rc = name_table_get(r->nodes, NAME_NONE, key, &c->node);
	if (rc < 0) {
		free(c);
		return -ENOMEM;
	}
	c->is_rest = index == r->limits.containers;
	r->containers[index] = c;
	return 0;
}

/* A container may get its name after its first open. */
static int learn_labels(struct report_container *c, const struct event_line *e)
{
	for (int i = 0; i < LABEL_COUNT && !c->is_rest; i++) {
		if (!e->labels[i] || c->labels[i])
			continue;
		c->labels[i] = strndup(e->labels[i], LABEL_BYTES_MAX);
		if (!c->labels[i])
			return -ENOMEM;
	}
	if (!c->cgroup_id)
		c->cgroup_id = e->cgroup_id;
	return 0;
}

int report_container_of(struct report *r, const struct event_line *e, struct report_container **out)
{
	char room[KEY_BYTES];
	struct bytes key = container_key(e, room);
	__u32 index;
	int rc;

	rc = name_table_get(r->container_keys, NAME_NONE, key, &index);
	if (rc == -ENOSPC) {
		index = r->limits.containers;
		key = text("the rest");
	} else if (rc < 0) {
		return rc;
	}
	if (!r->containers[index]) {
		rc = add_container(r, index, key);
		if (rc < 0)
			return rc;
	}
	*out = r->containers[index];
	return learn_labels(*out, e);
}

/* The values of the asked-for labels, in the order of their keys. */
static void take_labels(char **values, const struct label_keys *keys, const struct event_line *e)
{
	for (size_t i = 0; i < keys->count; i++) {
		const char *key = keys->at[i];
		size_t len = (size_t)(strchrnul(key, '=') - key);

		values[i] = event_line_label(e, (struct bytes){ key, len });
	}
}

bool report_wants(const struct report *r, const struct event_line *e)
{
	char *const *l = e->labels;
	struct container c = {
		.id = l[LABEL_ID],
		.name = l[LABEL_NAME],
		.image = l[LABEL_IMAGE],
		.runtime = l[LABEL_RUNTIME],
		.k8s_namespace = l[LABEL_NAMESPACE],
		.k8s_pod = l[LABEL_POD],
		.k8s_pod_uid = l[LABEL_POD_UID],
		.k8s_container = l[LABEL_POD_CONTAINER],
		.label_keys = r->label_keys,
		.labels = r->label_values,
	};

	if (!r->wanted)
		return true;
	take_labels(r->label_values, r->label_keys, e);
	return selector_wants(r->wanted, &c);
}

int report_only(struct report *r, const struct selector *wanted, const struct label_keys *keys)
{
	char **values = calloc(keys->count + 1, sizeof(char *));

	if (!values)
		return -ENOMEM;
	free(r->label_values);
	r->label_values = values;
	r->label_keys = keys;
	r->wanted = selector_is_trivial(wanted) ? NULL : wanted;
	return 0;
}

const struct report_container *report_container_at(const struct report *r, __u32 root)
{
	__u32 index =
		name_table_find(r->container_keys, NAME_NONE, name_table_name(r->nodes, root));

	return r->containers[index == NAME_NONE ? r->limits.containers : index];
}

const char *report_container_title(const struct report_container *c, char room[static TITLE_BYTES])
{
	char *const *l = c->labels;

	if (c->is_rest)
		return "all other containers";
	if (l[LABEL_POD] && l[LABEL_POD_CONTAINER])
		snprintf(room, TITLE_BYTES, "%s/%s", l[LABEL_POD], l[LABEL_POD_CONTAINER]);
	else if (l[LABEL_NAME] || l[LABEL_POD])
		snprintf(room, TITLE_BYTES, "%s", l[LABEL_NAME] ? l[LABEL_NAME] : l[LABEL_POD]);
	else if (l[LABEL_ID])
		snprintf(room, TITLE_BYTES, "%.12s", l[LABEL_ID]);
	else
		snprintf(room, TITLE_BYTES, "cgroup %" PRIu64, (uint64_t)c->cgroup_id);
	return room;
}
