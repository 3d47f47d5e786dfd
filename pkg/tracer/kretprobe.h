/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Kretprobes by way of tracefs (Documentation/trace/kprobetrace.rst).  What perf makes
 * by itself has room for ten calls under way, or two for each CPU; it misses the
 * others and tells nobody.  In tracefs the room is ours to choose, and the misses are
 * counted.
 *
 * The files are opened at the start: later the sandbox allows no more of them.
 */
#ifndef CTRACE_KRETPROBE_H
#define CTRACE_KRETPROBE_H

#include <linux/types.h>

#include "base/error.h"

struct bpf_link;
struct bpf_program;
struct kretprobes;

/*
 * Open tracefs, which must be mounted, and clear away what tracers left there that
 * were killed.  *out is for kretprobes_free().  0, or -errno.
 */
int kretprobes_open(struct kretprobes **out, struct error *err);

/* NULL is fine.  The links must be destroyed by then: a probe in use stays. */
void kretprobes_free(struct kretprobes *probes);

/*
 * Attach prog to the return of a kernel function.  *link is the caller's to destroy.
 * 0, or -errno: -ENOENT if there is no such function, -E2BIG after eight of them.
 */
int kretprobes_attach(struct kretprobes *probes, struct bpf_link **link,
		      const struct bpf_program *prog, const char *function, struct error *err);

/* How many returns were missed so far by all of them. */
__u64 kretprobes_missed(const struct kretprobes *probes);

#endif
