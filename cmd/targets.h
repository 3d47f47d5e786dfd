/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is traced: which containers and cgroups were asked for, which are there, which have ended.
 */
#ifndef CTRACE_TARGETS_H
#define CTRACE_TARGETS_H

#include <stdbool.h>

#include "base/error.h"
#include "census.h"
#include "container/registry.h"
#include "options.h"
#include "tracer/tracer.h"

struct targets;

/* All borrowed; they must outlive the targets. */
struct targets_settings {
	const struct options *options;
	const struct cgroup_fs *cgroups;
	struct registry *registry;
	struct tracer *tracer;
	census_tell *tell; /* writes the records of containers that are traced */
	/* Cgroups of c (NULL: no container) that are not traced: there are too many. */
	int (*lost)(const struct container *c, __u64 root_id, enum loss_reason reason, __u64 count,
		    void *arg);
	void *arg;
};

/* Does this command line ask for containers that start later (all, a set of them, or --wait)? */
bool targets_endless(const struct options *o);

/* Does the kernel have to tell of every cgroup that is made? */
bool targets_watch(const struct options *o);

/* NULL when there is no memory. */
struct targets *targets_new(const struct targets_settings *settings);

/* NULL is fine. */
void targets_free(struct targets *t);

/*
 * Put everything that was asked for and is there into the filter.  0; -ENOENT or
 * -ENOTUNIQ with a whole sentence for a container that is not there; other -errno.
 */
int targets_select(struct targets *t, struct error *err);

/* Trace one cgroup and all below it. */
int targets_add_cgroup(struct targets *t, const char *path, struct error *err);

/* Trace one cgroup as a part of root_id.  -E2BIG: the filter is full. */
int targets_trace(struct targets *t, __u64 cgroup_id, __u64 root_id, struct error *err);

/* Was this container, by what is known of it so far, asked for? */
bool targets_wants(const struct targets *t, const struct container *c);

/* May what comes to be known of a container later change that? */
bool targets_has_doubts(const struct targets *t);

/* ... and for one that lies inside of what is traced? */
bool targets_has_excludes(const struct targets *t);

/* Trace a container and all cgroups in it. */
int targets_add_container(struct targets *t, const struct container *c, struct error *err);

/* Write its record, unless that has been done: what can be known of it is. */
int targets_tell(struct targets *t, const struct container *c, struct error *err);

/* Do not trace a container any more that lies inside of a traced cgroup. */
int targets_cut_out(struct targets *t, const struct container *c, struct error *err);

/* Is this the root of a container or cgroup that is being traced? */
bool targets_has(const struct targets *t, __u64 cgroup_id);

/*
 * It is gone: write its container's last record.  The filter may have it again, if it was
 * added here after the kernel side had taken it out.
 */
int targets_forget(struct targets *t, __u64 cgroup_id);

/* How many there are, those that have ended included. */
size_t targets_known(const struct targets *t);

/* The ids of those whose cgroup is not there any more; room for targets_known(). */
size_t targets_removed(const struct targets *t, __u64 *ids);

/* Look after what has no event: containers that stopped, new names.  now_ns: CLOCK_MONOTONIC. */
int targets_tick(struct targets *t, __u64 now_ns, struct error *err);

/* Nothing comes any more: tell of those that have ended, and whose cgroup has not. */
int targets_finish(struct targets *t);

/* True once everything that was asked for has ended and nothing new is waited for. */
bool targets_ended(const struct targets *t);

/* A descriptor for epoll (EPOLLIN | EPOLLET): one of them may have ended.  -1 if there is none. */
int targets_fd(const struct targets *t);

/* How many containers and cgroups are being traced. */
size_t targets_count(const struct targets *t);

#endif
