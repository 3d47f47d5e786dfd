/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The ways of hooking into the kernel, and which of them fits this one.  See docs/hooks.md. */
#ifndef CTRACE_BACKEND_H
#define CTRACE_BACKEND_H

#include <stdbool.h>

#include "base/error.h"

struct bpf_object;
struct bpf_program;
struct kernel_btf;

/* In the order in which they are tried.  Two that differ in how they attach share a name. */
enum backend {
	BACKEND_FEXIT,
	BACKEND_TRACEPOINT,
	BACKEND_TRACEPOINT_PERF,
	BACKEND_KPROBE,
	BACKEND_COUNT
};

/* "fexit" and so on; static. */
const char *backend_name(enum backend backend);

/* All names with commas between; static. */
const char *backend_names(void);

bool backend_has_name(enum backend backend, const char *name);

/* 0, or -EINVAL with the names that there are in err. */
int backend_check_name(const char *name, struct error *err);

/*
 * Is it sure to see every open on this kernel, as far as can be known without
 * trying?  0, or a negative errno and the reason in err.
 */
int backend_fits(enum backend backend, struct error *err);

/*
 * Choose which programs and maps of the opened, not yet loaded object are used:
 * those of this backend, those that all share and, if asked for, those that follow the
 * start of containers.  -ESRCH if the kernel lacks a function that the backend hooks.
 */
int backend_prepare(enum backend backend, bool with_containers, struct bpf_object *object,
		    const struct kernel_btf *kernel, struct error *err);

/* The kernel function that a kprobe or kretprobe program is for, by its name on this kernel;
 * static. */
const char *backend_function(const struct bpf_program *prog);

/* Program names of a backend, NULL-terminated, in the order to attach; static. */
const char *const *backend_programs(enum backend backend);

/* A kernel without what this program hooks is no reason to give up: it has nothing to see there. */
bool backend_hook_may_lack(const char *program);

/* The programs of every backend, attached before its own: they follow the cgroup tree. */
const char *const *backend_shared_programs(void);

/* The programs of every backend where containers are traced, attached after the shared ones. */
const char *const *backend_container_programs(void);

#endif
