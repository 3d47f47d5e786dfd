/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Whose container records are in the stream: each begins once, and ends once. */
#ifndef CTRACE_CENSUS_H
#define CTRACE_CENSUS_H

#include "container/container.h"
#include "output/output.h"

struct census;

/* Writes a container's record: 0, or negative errno. */
typedef int census_tell(enum container_action action, const struct container *c, void *arg);

/* Nobody is in it.  NULL when there is no memory. */
struct census *census_new(census_tell *tell, void *arg);

/* NULL is fine. */
void census_free(struct census *census);

/*
 * Tell that it is there, unless that has been told; one that is found a second time is
 * the same if its cgroup is.  0, or negative errno of the record or the memory.
 */
int census_add(struct census *census, enum container_action action, const struct container *c);

/* Tell that it has stopped, if it was told that it was there. */
int census_end(struct census *census, const struct container *c);

bool census_has(const struct census *census, const struct container *c);

#endif
