// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/selector.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

static bool same(const char *known, const char *asked)
{
	return known && !strcmp(known, asked);
}

/* --- fields ---------------------------------------------------------------------- */

static bool has_name(const struct container *c, const char *asked)
{
	size_t len = strlen(asked);

	if (same(c->id, asked) || same(c->name, asked) || same(c->k8s_container, asked))
		return true;
	return c->id && len >= SELECT_PREFIX_MIN && !strncmp(c->id, asked, len);
}

static bool has_pod(const struct container *c, const char *asked)
{
	const char *slash = strchr(asked, '/');
	size_t len = slash ? (size_t)(slash - asked) : 0;

	if (!slash)
		return same(c->k8s_pod, asked);
	return same(c->k8s_pod, slash + 1) && c->k8s_namespace &&
	       !strncmp(c->k8s_namespace, asked, len) && !c->k8s_namespace[len];
}

static bool has_namespace(const struct container *c, const char *asked)
{
	return same(c->k8s_namespace, asked);
}

/* "nginx:*" is also docker.io/library/nginx:1.27, which the same image is called under CRI. */
static bool has_image(const struct container *c, const char *glob)
{
	const char *part = c->image;

	while (part && fnmatch(glob, part, 0)) {
		part = strchr(part, '/');
		part += part != NULL; /* behind the slash */
	}
	return part;
}

static bool has_label(const struct container *c, const char *asked)
{
	const char *value = container_label(c, asked), *equals = strchr(asked, '=');

	return value && (!equals || !strcmp(value, equals + 1));
}

static bool has_runtime(const struct container *c, const char *asked)
{
	return same(c->runtime, asked);
}

/* --- what may be asked for --------------------------------------------------------- */

static const char *wrong_text(const char *value)
{
	return *value ? NULL : "is empty";
}

static const char *wrong_pod(const char *value)
{
	const char *slash = strchr(value, '/');

	if (!*value || (slash && (slash == value || !slash[1] || strchr(slash + 1, '/'))))
		return "is not POD or NAMESPACE/POD";
	return NULL;
}

static const char *wrong_label(const char *value)
{
	size_t key = strcspn(value, "=");

	if (!key || key > CONTAINER_LABEL_KEY_MAX)
		return "is not KEY or KEY=VALUE";
	if (value[key] && strlen(value + key + 1) >= CONTAINER_LABEL_VALUE_MAX)
		return "has a longer value than is kept of a label";
	return NULL;
}

static const char *wrong_runtime(const char *value)
{
	return container_runtime_known(value) ? NULL : "is not one of: " CONTAINER_RUNTIMES;
}

static const struct {
	const char *name;
	bool (*has)(const struct container *c, const char *asked);
	const char *(*wrong)(const char *value); /* the end of a sentence, or NULL */
} fields[] = {
	[SELECT_CONTAINER] = { "container", has_name, wrong_text },
	[SELECT_POD] = { "pod", has_pod, wrong_pod },
	[SELECT_NAMESPACE] = { "namespace", has_namespace, wrong_text },
	[SELECT_IMAGE] = { "image", has_image, wrong_text },
	[SELECT_LABEL] = { "label", has_label, wrong_label },
	[SELECT_RUNTIME] = { "runtime", has_runtime, wrong_runtime },
};

int selector_add(struct selector *s, enum selector_field field, bool exclude, const char *value,
		 struct error *err)
{
	struct string_list *list = exclude ? &s->excluded[field] : &s->wanted[field];
	const char *wrong = fields[field].wrong(value);
	int r;

	if (wrong)
		return error_say(err, -EINVAL, "--%s%s: '%s' %s", exclude ? "exclude-" : "",
				 fields[field].name, value, wrong);
	r = string_list_add(list, value);
	return r < 0 ? error_set(err, r, "remember which containers are wanted") : 0;
}

void selector_free(struct selector *s)
{
	for (int i = 0; i < SELECT_FIELDS; i++) {
		string_list_free(&s->wanted[i]);
		string_list_free(&s->excluded[i]);
	}
}

/* --- the decision ---------------------------------------------------------------- */

bool selector_matches(enum selector_field field, const struct container *c, const char *value)
{
	return fields[field].has(c, value);
}

static bool matches_any(const struct string_list *list, enum selector_field field,
			const struct container *c)
{
	for (size_t i = 0; i < list->count; i++)
		if (selector_matches(field, c, list->at[i]))
			return true;
	return false;
}

static bool is_own(const struct selector *s, const struct container *c)
{
	return s->own_cgroup_id && c->cgroup_id == s->own_cgroup_id &&
	       !matches_any(&s->wanted[SELECT_CONTAINER], SELECT_CONTAINER, c);
}

bool selector_excludes(const struct selector *s, const struct container *c)
{
	for (int i = 0; i < SELECT_FIELDS; i++)
		if (matches_any(&s->excluded[i], i, c))
			return true;
	return is_own(s, c);
}

bool selector_wants(const struct selector *s, const struct container *c)
{
	for (int i = 0; i < SELECT_FIELDS; i++)
		if (s->wanted[i].count && !matches_any(&s->wanted[i], i, c))
			return false;
	return !selector_excludes(s, c);
}

bool selector_has_set(const struct selector *s)
{
	for (int i = 0; i < SELECT_FIELDS; i++)
		if (i != SELECT_CONTAINER && s->wanted[i].count)
			return true;
	return false;
}

bool selector_has_excludes(const struct selector *s)
{
	for (int i = 0; i < SELECT_FIELDS; i++)
		if (s->excluded[i].count)
			return true;
	return false;
}

bool selector_is_trivial(const struct selector *s)
{
	return !s->wanted[SELECT_CONTAINER].count && !selector_has_set(s) &&
	       !selector_has_excludes(s);
}
