/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Cgroups that are made while we trace all containers, or wait for some.
 *
 * The kernel side traces each of them from birth, before anybody can know whose it is
 * (CGROUP_PROVISIONAL).  Its opens are kept here until the runtime has written that
 * down; then they are passed on under the container's name, or dropped if it is none,
 * or none that is wanted.
 */
#ifndef CTRACE_ARRIVALS_H
#define CTRACE_ARRIVALS_H

#include "base/error.h"
#include "container/registry.h"
#include "targets.h"
#include "tracer/tracer.h"

struct arrivals;

/* All borrowed; they must outlive the arrivals. */
struct arrivals_settings {
	const struct cgroup_fs *cgroups;
	struct registry *registry;
	struct tracer *tracer;
	struct targets *targets;
	bool provisional; /* are cgroups traced before anybody knows whose they are? */
	/* Losses whose container has come to be known (NULL: of a cgroup that is none). */
	int (*lost)(const struct container *c, __u64 root_id, enum loss_reason reason, __u64 count,
		    void *arg);
	/* A cgroup was removed: its last loss has been passed on, and no more will be. */
	void (*gone)(__u64 cgroup_id, void *arg);
	void *arg;
};

/* NULL when there is no memory. */
struct arrivals *arrivals_new(const struct arrivals_settings *settings);

/* NULL is fine. */
void arrivals_free(struct arrivals *a);

/* The kernel made or removed a cgroup, or a new one has its first program. */
int arrivals_cgroup(struct arrivals *a, const struct cgroup_record *rec, const char *path,
		    struct error *err);

/*
 * Whose open is this?  1: *c's (NULL: of a cgroup that is no container's), to be
 * passed on.  0: it was kept, and comes again by tracer_replay(), or nobody wants it.
 */
int arrivals_open(struct arrivals *a, const struct open_event *ev, const struct container **c,
		  struct error *err);

/* Losses of the cgroup root_id: passed on to settings.lost now, later, or never. */
int arrivals_lost(struct arrivals *a, __u64 root_id, enum loss_reason reason, __u64 count);

/*
 * Whose are the counts that the kernel keeps of the cgroup root_id?  *c is NULL if no
 * container's; false if that is not known yet, or nobody wants them.
 */
bool arrivals_owner(const struct arrivals *a, __u64 root_id, const struct container **c);

/* Look again at those that are still unknown.  now_ns: awake_now_ns(). */
int arrivals_tick(struct arrivals *a, __u64 now_ns, struct error *err);

/*
 * Since when (CLOCK_BOOTTIME) opens may be waiting for it to be known whose they are;
 * boot_ns, which is now, if none is.
 */
__u64 arrivals_waiting_since(const struct arrivals *a, __u64 boot_ns);

/* Nothing comes any more: say of those that are still unknown what can be said now. */
int arrivals_finish(struct arrivals *a, struct error *err);

/* Milliseconds from now_ns on until arrivals_tick() has something to do, max_ms at most. */
int arrivals_wait_ms(const struct arrivals *a, __u64 now_ns, int max_ms);

#endif
