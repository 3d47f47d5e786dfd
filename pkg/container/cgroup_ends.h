/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Tells when to look whether cgroups have ended, so that an idle ctrace has not to ask
 * for each of them again and again: the kernel reports changes of cgroup.events, which
 * says whether a process is left, through inotify (Documentation/admin-guide/cgroup-v2.rst,
 * "[Un]populated Notification").
 *
 * What it does not report is the end of a cgroup that nothing ever ran in, and cgroup v1
 * has no such file: hence a slow look at all of them beside it.
 */
#ifndef CTRACE_CGROUP_ENDS_H
#define CTRACE_CGROUP_ENDS_H

#include <stdbool.h>

#include <linux/types.h>

#include "container/cgroup.h"

struct cgroup_ends;

/* NULL without memory.  Without inotify it works, by looking more often. */
struct cgroup_ends *cgroup_ends_new(void);

/* NULL is fine. */
void cgroup_ends_free(struct cgroup_ends *ends);

/* One more whose end is waited for.  The kernel forgets it by itself once it is gone. */
void cgroup_ends_add(struct cgroup_ends *ends, const struct cgroup_fs *fs, const char *path);

/* A descriptor for epoll (EPOLLIN | EPOLLET) that fires when something has changed, or -1. */
int cgroup_ends_fd(const struct cgroup_ends *ends);

/* Is it time to look at them?  now_ns is CLOCK_MONOTONIC's. */
bool cgroup_ends_due(struct cgroup_ends *ends, __u64 now_ns);

#endif
