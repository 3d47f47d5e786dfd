/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The list that `ctrace ps` prints. */
#ifndef CTRACE_CONTAINER_LIST_H
#define CTRACE_CONTAINER_LIST_H

#include <stdio.h>

#include "base/error.h"
#include "container/container.h"
#include "output/output.h"

/*
 * Write count containers to f: as a table, or as one JSON object a line with
 * the members "container", "k8s", "cgroup" and "pid" of what is known.  What a
 * container can name is shown escaped.  0, or negative errno of the write.
 */
int container_list_write(FILE *f, enum output_format format, const struct container *const *list,
			 size_t count, struct error *err);

#endif
