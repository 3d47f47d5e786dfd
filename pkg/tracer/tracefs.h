/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The tracing file system: it numbers the tracepoints that perf attaches to, and makes kretprobes.
 */
#ifndef CTRACE_TRACEFS_H
#define CTRACE_TRACEFS_H

#include "base/error.h"

/*
 * Have tracefs where libbpf looks for it, /sys/kernel/tracing or
 * /sys/kernel/debug/tracing; if it is at neither, mount it in a mount namespace of
 * this process alone.  0, or -errno with the reason.
 */
int tracefs_ensure(struct error *err);

/* Which of the two it is; static. */
const char *tracefs_dir(void);

#endif
