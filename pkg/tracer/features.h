/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What this kernel and this process have or lack for tracing, asked in one place. */
#ifndef CTRACE_FEATURES_H
#define CTRACE_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/finding.h"

/* How many things there are to look at. */
size_t features_count(void);

/* Look at one of them, i < features_count(), and say what is there. */
void feature_look(size_t i, struct finding *f);

/*
 * Look at those only that nothing works without: 0, or a negative errno, and a
 * sentence in err that names what is missing and the remedy.
 */
int features_check(struct error *err);

enum preemption { PREEMPTION_NO, PREEMPTION_YES, PREEMPTION_UNKNOWN };

/*
 * May the kernel preempt a task in the middle of a BPF program that runs with
 * migration off only?
 */
enum preemption features_preemption(void);

#endif
