/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which container does a person mean? */
#ifndef CTRACE_SELECT_H
#define CTRACE_SELECT_H

#include "base/error.h"
#include "container/registry.h"

enum select_bytes {
	SELECT_PREFIX_MIN = 4,   /* shorter prefixes of an id are not taken */
	CONTAINER_ID_SHORT = 12, /* what Docker and others print of an id */
};

/*
 * The one container that `wanted` names: its full id, else its name, else a unique
 * prefix (SELECT_PREFIX_MIN characters or more) of its id.
 *
 * Containers that are gone still count until registry_sweep(), except where another has
 * taken their id and cgroup path.
 *
 * 0 and *out, which belongs to the registry; -ENOENT with close matches, or -ENOTUNIQ
 * with the candidates, in err: a whole
 * sentence, ready to print (names are made harmless for a terminal).
 */
int select_container(const struct registry *reg, const char *wanted, const struct container **out,
		     struct error *err);

/* The first CONTAINER_ID_SHORT characters of an id. */
void container_id_short(char out[static CONTAINER_ID_SHORT + 1], const char *id);

#endif
