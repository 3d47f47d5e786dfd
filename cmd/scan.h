/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef CTRACE_SCAN_H
#define CTRACE_SCAN_H

#include "base/error.h"
#include "container/registry.h"

/* registry_scan(), and on a terminal how far it has come if that takes long. */
int scan_containers(struct registry *reg, struct error *err);

#endif
