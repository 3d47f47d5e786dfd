/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The containers of this host, by the 64-bit id of their root cgroup.
 *
 * Made of two sources: the cgroup tree (a path that only a container has, see
 * cgroup_path.h) and the runtimes' state files (runtime.h), joined by container id.
 * A container's cgroup is v2's, and v1's only if it has none there.
 * Who is in: every container whose root cgroup exists.  A state file without a
 * cgroup is a dead container and left out; a cgroup without a state file is a
 * container with an id, perhaps a runtime, and no name.
 *
 * Containers belong to the registry.  A pointer to one stays valid until
 * registry_remove() or registry_sweep() takes it out, the registry is freed, or another
 * cgroup turns up with its id; the strings in it may be replaced by registry_scan()
 * and registry_add_cgroup().
 * For one thread at a time.
 */
#ifndef CTRACE_REGISTRY_H
#define CTRACE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "base/error.h"
#include "container/cgroup.h"
#include "container/container.h"
#include "container/runtime.h"

struct registry;

struct registry_settings {
	const struct cgroup_fs *cgroups;  /* borrowed; must outlive the registry */
	struct runtime_settings runtimes; /* its strings are borrowed too */
};

/* An empty registry.  -EINVAL for a bad --runtime-root, -ENOMEM. */
int registry_open(struct registry **out, const struct registry_settings *settings,
		  struct error *err);

/* Frees all containers too; NULL is fine. */
void registry_free(struct registry *reg);

/*
 * Look at all state files and the whole cgroup tree: adds containers, and fills in what
 * has come to be known of those it has.  Takes none out (their last events may
 * still be on the way): see registry_sweep().  0 or -errno.
 *
 * step (NULL is fine) is called often meanwhile, with the number of containers so far.
 */
typedef void registry_step(size_t containers, void *arg);
int registry_scan(struct registry *reg, registry_step *step, void *arg, struct error *err);

/* Tell struct runtime_settings' unreadable() of a cgroup that may not be looked into. */
void registry_complain_closed(const struct registry *reg, const char *path);

/*
 * Take out the containers whose cgroup is gone.  leaving (NULL is fine) is called for
 * each before; nonzero keeps it and ends the sweep.  Their number, or what leaving
 * returned, which should be negative.
 */
typedef int registry_leaving(const struct container *c, void *arg);
int registry_sweep(struct registry *reg, registry_leaving *leaving, void *arg);

/* The container whose root cgroup has this id, NULL if there is none.  The event path's lookup. */
const struct container *registry_find(const struct registry *reg, __u64 cgroup_id);

/*
 * The innermost container that the cgroup at path is the root of or lies in; for one of v1
 * that may be a container known by its cgroup in v2.  NULL if none.
 */
const struct container *registry_owner(const struct registry *reg, const char *path);

/* All containers, oldest first: i from 0 to registry_count() - 1. */
size_t registry_count(const struct registry *reg);
const struct container *registry_at(const struct registry *reg, size_t i);

/*
 * A cgroup has just been made (or its state files may have come by now: call it
 * again as often as needed).  Only files that can be about it are read.  It may be
 * gone again: its container's files are still believed, unless there is another cgroup at
 * this path by now.
 *
 * 1: it belongs to a container, *out (NULL is fine): it is that one's root if
 *    (*out)->cgroup_id is cgroup_id, else it lies inside.  (*out)->has_state says
 *    whether a runtime's state file was found; if not, a name may still come.
 * 0: nothing says that it is a container, so far; *out untouched.
 * -errno: no memory.
 */
int registry_add_cgroup(struct registry *reg, const char *path, __u64 cgroup_id,
			const struct container **out, struct error *err);

/*
 * The same for one that is looked at again and again from its birth on, so that each
 * look is cheap: a few files, whatever the number of containers.
 */
struct registry_newborn {
	const char *path;
	__u64 cgroup_id;
	/*
	 * In: look through the state of all containers; else only for one named like the cgroup,
	 * as plain runc and crun name them unless told otherwise.
	 */
	bool search;
	/*
	 * Out: the runtime (static) that has begun to make a container of that name: its
	 * directory is there, which is made before the cgroup; its state comes after.
	 */
	const char *begun;
};

int registry_add_newborn(struct registry *reg, struct registry_newborn *newborn,
			 const struct container **out, struct error *err);

/*
 * Its runtime had begun, and it is gone before its state could be read: add it with no
 * more than is known.  0 and *out, or -errno.
 */
int registry_add_begun(struct registry *reg, const struct registry_newborn *newborn,
		       const struct container **out, struct error *err);

/* Forget the container with this root cgroup and free it; false if there was none. */
bool registry_remove(struct registry *reg, __u64 cgroup_id);

#endif
