/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What this kernel and this process lack for tracing, asked once, in one place. */
#ifndef CTRACE_FEATURES_H
#define CTRACE_FEATURES_H

#include "base/error.h"

/*
 * 0 if nothing is known to stand in the way; otherwise a negative errno, and a
 * sentence in err that names what is missing and the remedy.
 */
int features_check(struct error *err);

#endif
