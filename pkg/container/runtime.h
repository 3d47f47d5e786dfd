/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What container runtimes leave on disk about their containers.
 *
 * One row per kind of state in runtime.c: the runtime's name, the default roots and
 * a function, from a small file of its own (runtime_docker.c, ...), that reads one container.
 * No daemon is asked.  State files are foreign text, half-written or hostile:
 * bounded in size, regular files only, never through a symlink below a root;
 * what can't be read leaves a container with fewer fields, and is told to
 * struct runtime_settings' unreadable().
 */
#ifndef CTRACE_RUNTIME_H
#define CTRACE_RUNTIME_H

#include <stdbool.h>

#include "base/error.h"
#include "container/container.h"

/* Where the runtimes see the hierarchies that are looked at (cgroup.h); NULL: not mounted. */
struct runtime_cgroups {
	const char *v2, *v1;
	const char *v1_controller;
};

struct state_cache;

struct runtime_settings {
	/* Put before every root, symlinks then resolve below it; NULL or "" on the host itself. */
	const char *host_root;
	/*
	 * "RUNTIME=DIR", searched besides the defaults, host_root put before; NULL-terminated, or
	 * NULL. DIR is what the runtime itself calls its root, data root, exec root or state.
	 */
	const char *const *extra_roots;
	const struct label_keys *labels; /* which are kept; NULL: none.  Outlives the containers */
	struct runtime_cgroups cgroups;  /* the registry fills it in, and */
	struct state_cache *cache;       /* NULL: files are read whether they changed or not */
	/*
	 * Told of each state file that is there but can't be read, whose contents are left out,
	 * and of each cgroup that may not be looked into.
	 * May come again with each scan: whoever shows it does so once.  NULL: nobody is.
	 */
	void (*unreadable)(const struct error *err, void *arg);
	void *unreadable_arg;
};

/*
 * Called for each container found; one may come once per state file that knows of it,
 * each time with other fields, files without a cgroup first.  c is the callee's to
 * free or keep.  Nonzero ends the scan, which returns that value.
 */
typedef int runtime_found(struct container *c, void *arg);

/* Some state files say which cgroup a container has, others only whose it is. */
enum runtime_kind {
	RUNTIME_ALL,
	RUNTIME_WITH_CGROUP,
	RUNTIME_WITHOUT_CGROUP,
};

/* Which containers a scan wants; all if NULL or empty. */
struct runtime_query {
	const char *id;      /* only this one, found without a search */
	const char *runtime; /* only this runtime's files */
	enum runtime_kind kind;
	/* With id: set to the runtime (static) that keeps a directory for it, whatever is in it. */
	const char **begun;
	bool (*unwanted)(const char *id, void *arg); /* true: leave its files alone; may be NULL */
	void *arg;
};

/*
 * Scan the state roots of all runtimes.  Missing roots are no error, nor are state
 * files that can't be read.  0, found's value, -EINVAL for a bad extra root,
 * or another -errno such as -ENOMEM.
 */
int runtime_scan(const struct runtime_settings *settings, const struct runtime_query *query,
		 runtime_found *found, void *arg, struct error *err);

/*
 * Called for each folder with containers' state that is there (below host_root) or may
 * be there, if the way to it is closed to this user: fd (O_PATH, the search's own) is -1
 * then.  path: valid during the call, without host_root.  Nonzero ends the search, which
 * returns that value.
 */
typedef int runtime_folder_found(const char *runtime, const char *path, int fd, void *arg);

/* Find the folders that runtime_scan() reads.  0, found's value, or -errno. */
int runtime_folders(const struct runtime_settings *settings, runtime_folder_found *found, void *arg,
		    struct error *err);

/*
 * The runtime (static) whose program is called comm, if it makes the cgroups of its containers
 * itself and gives them their ids as names; else NULL.
 */
const char *runtime_of_comm(const char *comm);

/* Check "RUNTIME=DIR" and say what is wrong with it: 0 or -EINVAL. */
int runtime_root_check(const char *spec, struct error *err);

/* The names that runtime_root_check() accepts, NULL-terminated; static. */
const char *const *runtime_names(void);

#endif
