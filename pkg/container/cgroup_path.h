/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which container does a cgroup belong to, by its path alone?
 *
 * Pure text work, no file is read.  The answer is a hint: state files on disk
 * know better (registry.h joins the two), and a plain runc or crun container,
 * whose cgroup may have any name, is known by its state file only.
 *
 * Containers in containers (docker-in-docker, kind): the innermost pattern wins,
 * so an inner container is one of its own and `nested` says that its name was
 * chosen within another container.  Any other cgroup below a container's root
 * (crun's "container", an init system's slices) belongs to that container.
 */
#ifndef CTRACE_CGROUP_PATH_H
#define CTRACE_CGROUP_PATH_H

#include <stdbool.h>
#include <stddef.h>

enum cgroup_path_bytes {
	CGROUP_PATH_ID = 256,     /* a cgroup's name has at most 255 bytes (NAME_MAX) */
	CGROUP_PATH_POD_UID = 64, /* 36, or 32 hex digits for a static pod */
};

struct cgroup_path {
	const char *runtime;     /* static, as in struct container; NULL if the path can't tell */
	char id[CGROUP_PATH_ID]; /* the container's id; for LXC and nspawn its name */
	char pod_uid[CGROUP_PATH_POD_UID]; /* with dashes; "" outside of a pod */
	size_t root_len; /* the first root_len bytes of the path are the container's root cgroup */
	bool nested;     /* the pattern was found inside another container's cgroup */
	bool by_name;    /* id is a name that a person gave (LXC, nspawn), not a runtime's id */
};

/*
 * path: below the mount, starting with '/' or, for v1, "v1:/".  True and *out if it is, or
 * is inside, a container's root cgroup; false with *out untouched otherwise.
 */
bool cgroup_path_parse(const char *path, struct cgroup_path *out);

#endif
