/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What this kernel and this process lack for tracing, asked once, in one place. */
#ifndef CTRACE_FEATURES_H
#define CTRACE_FEATURES_H

#include <stdbool.h>

#include "base/error.h"

/*
 * 0 if nothing is known to stand in the way; otherwise a negative errno, and a
 * sentence in err that names what is missing and the remedy.
 */
int features_check(struct error *err);

/*
 * May we look up the types of modules (overlay's)?  libbpf does where the kernel itself
 * lacks a type, and gives up if it may not: BPF_BTF_GET_NEXT_ID takes CAP_SYS_ADMIN
 * (bpf_obj_get_next_id() in kernel/bpf/syscall.c).
 */
bool features_module_types(void);

/*
 * May the kernel preempt a task in the middle of a BPF program that runs with
 * migration off only?  Where that cannot be found out the answer is true.
 */
bool features_may_preempt(void);

#endif
