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

/* A backend's programs, in the order to attach. */
enum program_list {
	PROGRAMS_CGROUPS,    /* of every backend: they follow the cgroup tree */
	PROGRAMS_NEXT,       /* what hooks go on to, see go_on() in bpf/ */
	PROGRAMS_CONTAINERS, /* where containers are traced: how they start */
	PROGRAMS_HOOKS,      /* what sees opens */
	PROGRAM_LISTS
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

/* Choose which maps of an opened, not yet loaded object are created. */
void backend_choose_maps(enum backend backend, struct bpf_object *object);

/*
 * Choose the programs of this list in an opened, not yet loaded object: those that this kernel
 * can have.  -ESRCH if it lacks a function that the backend hooks.
 */
int backend_choose_programs(enum backend backend, enum program_list list, struct bpf_object *object,
			    const struct kernel_btf *kernel, struct error *err);

/* The kernel function that a kprobe or kretprobe program is for, by its name on this kernel;
 * static. */
const char *backend_function(const struct bpf_program *prog);

/* Their names, NULL-terminated; static. */
const char *const *backend_programs(enum backend backend, enum program_list list);

/* A kernel without what this program hooks is no reason to give up: it has nothing to see there. */
bool backend_hook_may_lack(const char *program);

#endif
