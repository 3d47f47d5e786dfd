// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <string.h>

#include "base/string_list.h"
#include "commands.h"
#include "completion.h"
#include "container/registry.h"
#include "container/select.h"

struct names {
	const char *kind;
	struct string_list seen;
};

/* A container may be called $(reboot): what a shell would look into twice is not offered. */
static bool is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-.:/@+";

	return *name && *name != '-' && !name[strspn(name, plain)];
}

static int print_once(struct names *names, const char *name)
{
	if (!name || !is_plain(name))
		return 0;
	for (size_t i = 0; i < names->seen.count; i++)
		if (!strcmp(names->seen.at[i], name))
			return 0;
	puts(name);
	return string_list_add(&names->seen, name);
}

static int print_container(struct names *names, const struct container *c)
{
	char id[CONTAINER_ID_SHORT + 1];
	int r = print_once(names, c->name);

	if (r < 0 || c->name)
		return r;
	container_id_short(id, c->id);
	return is_plain(id) ? (puts(id), 0) : 0;
}

static int print_names(struct names *names, const struct container *c)
{
	if (!strcmp(names->kind, "containers"))
		return print_container(names, c);
	if (!strcmp(names->kind, "pods"))
		return print_once(names, c->k8s_pod);
	if (!strcmp(names->kind, "namespaces"))
		return print_once(names, c->k8s_namespace);
	return print_once(names, c->image);
}

static int scan(struct cgroup_fs **cgroups, struct registry **registry, struct error *err)
{
	struct registry_settings settings = {};
	int r = cgroup_fs_open(cgroups, NULL, err);

	settings.cgroups = *cgroups;
	if (!r)
		r = registry_open(registry, &settings, err);
	return r ? r : registry_scan(*registry, NULL, NULL, err);
}

int completion_names(const char *kind)
{
	struct names names = { .kind = kind };
	struct cgroup_fs *cgroups = NULL;
	struct registry *registry = NULL;
	struct error err = {};
	int r = scan(&cgroups, &registry, &err);

	for (size_t i = 0; r >= 0 && i < registry_count(registry); i++)
		r = print_names(&names, registry_at(registry, i));
	string_list_free(&names.seen);
	registry_free(registry);
	cgroup_fs_free(cgroups);
	return r;
}
