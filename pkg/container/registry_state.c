// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/registry_sources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "container/cgroup_path.h"

/* --- joining it to what is known ----------------------------------------------------- */

/* A new value takes the old one's place; none leaves it. */
static void take(char **to, char **from)
{
	if (!*from)
		return;
	free(*to);
	*to = steal_ptr(from);
}

/* Podman and CRI-O let runc or crun do the work: those two know least who the runtime is. */
static bool is_low_level(const char *runtime)
{
	return !strcmp(runtime, "runc") || !strcmp(runtime, "crun");
}

static void join_runtime(struct entry *e, const char *runtime)
{
	if (!runtime)
		return;
	if (e->c->runtime && is_low_level(runtime))
		return;
	if (e->c->runtime && !e->hinted && !is_low_level(e->c->runtime))
		return;
	e->c->runtime = runtime;
	e->hinted = false;
}

/* A path says another id than the state file that names this cgroup: the file knows. */
static int join_id(struct registry *reg, struct entry *e, char **id)
{
	if (!strcmp(e->c->id, *id))
		return 0;
	return entries_rename(&reg->entries, e, id);
}

static int join_state(struct registry *reg, struct entry *e, struct container *c)
{
	take(&e->c->name, &c->name);
	take(&e->c->image, &c->image);
	take(&e->c->k8s_namespace, &c->k8s_namespace);
	take(&e->c->k8s_pod, &c->k8s_pod);
	take(&e->c->k8s_pod_uid, &c->k8s_pod_uid);
	take(&e->c->k8s_container, &c->k8s_container);
	container_take_labels(e->c, c);
	e->c->sandbox |= c->sandbox;
	e->c->has_state = true;
	if (c->init_pid)
		e->c->init_pid = c->init_pid;
	join_runtime(e, c->runtime);
	return join_id(reg, e, &c->id);
}

/* --- whose cgroup it names ------------------------------------------------------------ */

/* crun's may be a cgroup too deep ("<scope>/container"): cut it to the container's root. */
static char *root_in_state(const struct container *c)
{
	struct cgroup_path path;

	if (cgroup_path_parse(c->cgroup_path, &path) && !strcmp(path.id, c->id))
		return strndup(c->cgroup_path, path.root_len);
	return strdup(c->cgroup_path);
}

/* The path's hint is worth having too: "libpod-ID" says more than runc's state does. */
static int add_at(struct registry *reg, const char *id, const char *root, __u64 cgroup_id,
		  struct entry **out)
{
	struct cgroup_path path;
	struct entry *e;
	int r = entries_add(&reg->entries, id, root, strlen(root), cgroup_id, &e);

	if (!r)
		e->unnamed = true;
	if (!r && cgroup_path_parse(root, &path) && !root[path.root_len] && !strcmp(path.id, id))
		r = registry_join_path(e, &path);
	if (!r)
		*out = e;
	return r;
}

/* As runtimes write it, mostly: nothing to resolve. */
static bool is_tidy(const char *path)
{
	size_t len;

	path = cgroup_path_below_mount(path);
	len = strlen(path);
	return len > 1 && path[0] == '/' && path[len - 1] != '/' && !strstr(path, "//") &&
	       !strstr(path, "/.");
}

/*
 * The cgroup at root as it is now; or as it was a moment ago if it is the one that
 * was asked about, whose container may have ended meanwhile.
 */
static bool find_cgroup_at(const struct registry *reg, const char *root, char **clean,
			   __u64 *cgroup_id)
{
	const struct cgroup_fs *fs = reg->settings.cgroups;
	int r;

	free(*clean);
	*clean = is_tidy(root) ? strdup(root) : NULL;
	if (!*clean && cgroup_resolve(fs, root, clean, NULL) < 0)
		return false;
	r = cgroup_id_of(fs, *clean, cgroup_id, NULL);
	if (!r)
		return true;
	if (r != -ENOENT || !reg->newborn || strcmp(root, reg->newborn->path) != 0)
		return false;
	*cgroup_id = reg->newborn->cgroup_id;
	return true;
}

/* crun's files don't say in which hierarchy it is. */
static bool find_cgroup(const struct registry *reg, const char *root, char **clean,
			__u64 *cgroup_id)
{
	auto_free char *in_v1 = NULL;

	if (find_cgroup_at(reg, root, clean, cgroup_id))
		return true;
	if (cgroup_path_is_v1(root) || !cgroup_fs_v1_controller(reg->settings.cgroups) ||
	    asprintf(&in_v1, CGROUP_V1_PREFIX "%s", root) < 0)
		return false;
	return find_cgroup_at(reg, in_v1, clean, cgroup_id);
}

/*
 * The entry of the cgroup that the file names, made if need be.  NULL if it names none,
 * one that is gone, or the root cgroup, which is everybody's.
 */
static int entry_by_state(struct registry *reg, const struct container *c, struct entry **out)
{
	auto_free char *root = NULL, *clean = NULL;
	__u64 cgroup_id;

	*out = NULL;
	if (!c->cgroup_path)
		return 0;
	root = root_in_state(c);
	if (!root)
		return -ENOMEM;
	if (!find_cgroup(reg, root, &clean, &cgroup_id) || cgroup_path_is_root(clean))
		return 0;

	entries_remove_reused(&reg->entries, clean, strlen(clean), cgroup_id);
	*out = entries_find(&reg->entries, cgroup_id);
	if (!*out)
		*out = entries_twin(&reg->entries, clean);
	return *out ? 0 : add_at(reg, c->id, clean, cgroup_id, out);
}

/* Is the container's first process in this cgroup, or below it? */
static bool lives_in(const struct registry *reg, const struct container *c, const char *root)
{
	auto_free char *path = NULL;
	size_t len = strlen(root);

	if (!c->init_pid ||
	    cgroup_of_pid(reg->settings.cgroups, root, c->init_pid, &path, NULL) < 0)
		return false;
	return !strncmp(path, root, len) && (!path[len] || path[len] == '/');
}

/* Does the cgroup bear the container's id, as it mostly does? */
static bool bears_id(const char *root, const char *id)
{
	struct cgroup_path path;

	return !strcmp(strrchr(root, '/') + 1, id) ||
	       (cgroup_path_parse(root, &path) && !root[path.root_len] && !strcmp(path.id, id));
}

/*
 * A container that was never deleted leaves its state file, and the cgroup that this
 * names may be another container's by now: then the one whose first process is in there
 * has it.  False if c is not that one.
 */
static bool may_claim(struct registry *reg, struct entry *e, const struct container *c)
{
	if (!e->claimed || !strcmp(e->c->id, c->id))
		return true;
	if (!lives_in(reg, c, e->c->cgroup_path))
		return false;
	container_forget_names(e->c);
	e->unnamed = true;
	return true;
}

int registry_add_state(struct container *c, void *arg)
{
	struct registry *reg = arg;
	struct entry *e;
	int r = entry_by_state(reg, c, &e);

	if (!r && e && !may_claim(reg, e, c)) {
		container_free(c);
		return 0;
	}
	if (!r && e) {
		e->claimed = true;
		e->unnamed |= e->nested;
		e->nested = false; /* this host's runtime made it, wherever it is */
	}
	if (!r && !e)
		e = entries_by_id(&reg->entries, c->id);
	if (!r && e && c->runtime && !c->cgroup_path)
		e->named_in = reg->scans;
	if (!r && e)
		r = join_state(reg, e, c);
	/* Perhaps a file of a former one that had this cgroup: the right one may still come. */
	if (!r && e && e->claimed && !e->by_name && !bears_id(e->c->cgroup_path, e->c->id))
		e->c->has_state = lives_in(reg, e->c, e->c->cgroup_path);
	container_free(c);
	return r;
}
