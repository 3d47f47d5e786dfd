// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/registry_sources.h"

#include <errno.h>
#include <string.h>

int registry_join_path(struct entry *e, const struct cgroup_path *path)
{
	e->nested = path->nested;
	e->by_name = path->by_name;

	if (!e->c->runtime) {
		e->c->runtime = path->runtime;
		e->hinted = true;
	}
	if (path->by_name) {
		e->c->has_state = true; /* the name is all there is */
		e->c->name = strdup(path->id);
		if (!e->c->name)
			return -ENOMEM;
	}
	if (e->c->k8s_pod_uid || !path->pod_uid[0])
		return 0;
	e->c->k8s_pod_uid = strdup(path->pod_uid);
	return e->c->k8s_pod_uid ? 0 : -ENOMEM;
}

/* The path says "web-1"; LXC's files may know it as "web". */
static int read_lxc_name(struct registry *reg, const struct cgroup_path *path)
{
	struct runtime_query query = { .id = path->id, .runtime = "lxc" };
	struct error ignored;

	if (!path->by_name)
		return 0;
	return runtime_scan(&reg->settings.runtimes, &query, registry_add_state, reg, &ignored);
}

static bool is_fraud(const struct registry *reg, const struct cgroup_path *path)
{
	return path->nested && !path->by_name && entries_by_id(&reg->entries, path->id);
}

/* Who may make cgroups may call them all containers. */
static bool is_one_too_many(const struct registry *reg, const struct cgroup_path *path)
{
	size_t nested = 0;

	for (size_t i = 0; path->nested && i < reg->entries.count; i++)
		nested += reg->entries.list[i]->nested;
	return nested >= REGISTRY_NESTED_MAX;
}

int registry_add_path(struct registry *reg, const char *full, const struct cgroup_path *path,
		      __u64 cgroup_id, struct entry **out)
{
	struct entry *e;
	int r;

	entries_remove_reused(&reg->entries, full, path->root_len, cgroup_id);
	e = entries_find(&reg->entries, cgroup_id);
	if (!e)
		e = entries_twin(&reg->entries, full);
	*out = e;
	if (e || is_fraud(reg, path) || is_one_too_many(reg, path))
		return 0;

	r = entries_add(&reg->entries, path->id, full, path->root_len, cgroup_id, &e);
	if (r < 0)
		return r;
	*out = e;
	r = registry_join_path(e, path);
	return r < 0 || path->nested ? r : read_lxc_name(reg, path);
}
