/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The registry's containers, each an entry that is found in three ways: by the id of its
 * root cgroup (the event path), by that cgroup's path, and by the container's id.
 * Of two with the same path or id the newer one is found: a restarted container hides
 * what was there before.  A part of the registry, for its own files.
 */
#ifndef CTRACE_REGISTRY_ENTRIES_H
#define CTRACE_REGISTRY_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "base/id_map.h"
#include "container/container.h"

struct entry {
	struct container *c;
	struct entry *next_by_path; /* others whose path has the same hash */
	struct entry *next_by_id;
	bool nested;  /* found by path, inside another container */
	bool by_name; /* its id is a person's word, not good for joining */
	bool hinted;  /* c->runtime is from the path */
	bool unnamed; /* known by a file that names its cgroup; the others are still to be asked */
	bool claimed; /* its id is from a file that names its cgroup */
	unsigned int named_in; /* the scan that read files with its names */
};

struct entries {
	struct id_map *by_cgroup;
	struct id_map *by_path; /* hash of the string -> list */
	struct id_map *by_id;
	struct entry **list; /* oldest first */
	size_t count, room;
};

/* *es is all zero.  0 or -ENOMEM; entries_clear() in both cases. */
int entries_init(struct entries *es);
void entries_clear(struct entries *es);

/* NULL if there is none. */
struct entry *entries_find(const struct entries *es, __u64 cgroup_id);

/* The innermost container that a cgroup is the root of or lies in. */
struct entry *entries_owner(const struct entries *es, const char *path);

/* The one that a state file without a cgroup can be about. */
struct entry *entries_by_id(const struct entries *es, const char *id);

/*
 * The container whose own cgroup in v1 this is, or one below, while it is known by the one
 * that it has in v2.  Runtimes make both of the same name; plain runc may put v1's below
 * its own.  NULL if it is known by no other.
 */
struct entry *entries_twin(const struct entries *es, const char *full);

/* An entry with nothing but its id and its cgroup.  path: len bytes of it.  0 or -ENOMEM. */
int entries_add(struct entries *es, const char *id, const char *path, size_t len, __u64 cgroup_id,
		struct entry **out);

/* Takes *id over.  0 or -ENOMEM. */
int entries_rename(struct entries *es, struct entry *e, char **id);

void entries_remove_at(struct entries *es, size_t i);

/* False if there was none. */
bool entries_remove(struct entries *es, __u64 cgroup_id);

/*
 * A cgroup's id may come again once the cgroup is gone, and a cgroup never moves: one
 * with this id at another path is another, and is removed.  Its end should have been told,
 * but a full ring can lose that.
 */
void entries_remove_reused(struct entries *es, const char *path, size_t len, __u64 cgroup_id);

#endif
