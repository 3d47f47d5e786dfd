/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What says that there is a container: a cgroup's path, and a runtime's state file.  A part
 * of the registry, for its own files.
 *
 * Who may say what, since containers can make cgroups of any name below their own:
 *
 * - a state file that names a cgroup is believed: the runtime wrote it;
 * - a state file that names none is joined by id to a cgroup whose path has that id,
 *   but never to one inside another container, where the name is that container's choice;
 * - a cgroup inside a container that bears the id of a container of the host is a
 *   fraud (or a copy) and stays a part of the container it is in;
 * - so does what is made in a container and named like one, where REGISTRY_NESTED_MAX of
 *   those are there already.
 */
#ifndef CTRACE_REGISTRY_SOURCES_H
#define CTRACE_REGISTRY_SOURCES_H

#include "container/cgroup_path.h"
#include "container/registry.h"
#include "container/registry_entries.h"

enum registry_limit { REGISTRY_NESTED_MAX = 1024 };

struct registry {
	struct registry_settings settings;
	struct entries entries;
	unsigned int scans;
	registry_step *step; /* of the scan under way, or the last one */
	void *step_arg;
	const struct registry_newborn *newborn; /* the one that is being looked at */
};

/*
 * The cgroup at full[0..root_len) is a container's root by its name.  *out is NULL for a
 * fraud and for one too many, and another's entry for a twin.  0 or -ENOMEM.
 */
int registry_add_path(struct registry *reg, const char *full, const struct cgroup_path *path,
		      __u64 cgroup_id, struct entry **out);

/* What the path says of e's container.  0 or -ENOMEM. */
int registry_join_path(struct entry *e, const struct cgroup_path *path);

/* A runtime_found, arg is the registry: join c to its entry, or drop it if it is a dead
 * container's. */
int registry_add_state(struct container *c, void *arg);

#endif
