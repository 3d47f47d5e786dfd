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

/* The kernel made or released a cgroup. */
int targets_cgroup(struct targets *t, const struct cgroup_record *rec, const char *path,
		   struct error *err);

/* Look after what has no event: late state files, containers that stopped. now_ns: CLOCK_MONOTONIC.
 */
int targets_tick(struct targets *t, __u64 now_ns, struct error *err);

/* Nothing comes any more: tell of those that have ended, and whose cgroup has not. */
int targets_finish(struct targets *t);

/* True once everything that was asked for has ended and nothing new is waited for. */
bool targets_ended(const struct targets *t);

/* How many containers and cgroups are being traced. */
size_t targets_count(const struct targets *t);

#endif
