/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which of its rights a tracing run keeps: the rest goes, see sandbox/sandbox.h. */
#ifndef CTRACE_CONFINE_H
#define CTRACE_CONFINE_H

#include <sys/types.h>

#include "base/error.h"
#include "container/cgroup.h"
#include "options.h"
#include "tracer/tracer.h"

/*
 * Enter the sandbox, unless --no-sandbox.  Readable are from here on the cgroup tree,
 * /proc, /run and the runtimes' folders elsewhere that are there now.  child (0: none) may be
 * signalled.  0, or -errno with the reason.
 */
int confine(const struct options *o, const struct cgroup_fs *cgroups, struct tracer *tracer,
	    pid_t child, struct error *err);

#endif
