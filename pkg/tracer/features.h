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
 * May the kernel preempt a task in the middle of a BPF program that runs with
 * migration off only?  Where that cannot be found out the answer is true.
 */
bool features_may_preempt(void);

#endif
