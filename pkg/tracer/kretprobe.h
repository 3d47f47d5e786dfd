/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Kretprobes by way of tracefs (Documentation/trace/kprobetrace.rst).  What perf makes
 * by itself has room for ten calls under way, or two for each CPU; it misses the
 * others and tells nobody.  In tracefs the room is ours to choose, and the misses are
 * counted.
 *
 * The events of one tracer share a token, which no other tracer of this host has.
 */
#ifndef CTRACE_KRETPROBE_H
#define CTRACE_KRETPROBE_H

#include <linux/types.h>

#include "base/error.h"

struct bpf_link;
struct bpf_program;

/* A token for the functions below. */
__u64 kretprobe_token(void);

/*
 * Attach prog to the return of a kernel function.  *link is the caller's to destroy.
 * 0, or -errno: -ENOENT if there is no such function.
 */
int kretprobe_attach(struct bpf_link **link, __u64 token, const struct bpf_program *prog,
		     const char *function, struct error *err);

/* How many returns were missed so far by all that have this token. */
__u64 kretprobes_missed(__u64 token);

/* Remove the events of this token, whose links are destroyed, and those of tracers that were
 * killed. */
void kretprobes_remove(void);

#endif
