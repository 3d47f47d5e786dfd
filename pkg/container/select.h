/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which containers of this host does a person mean? */
#ifndef CTRACE_SELECT_H
#define CTRACE_SELECT_H

#include "base/error.h"
#include "container/registry.h"
#include "container/selector.h"

enum select_bytes {
	CONTAINER_ID_SHORT = 12, /* what Docker and others print of an id */
};

/*
 * The one container that `wanted` names: its full id, else its name (also the one that
 * it has in its pod), else a unique prefix (SELECT_PREFIX_MIN characters or more) of its id.
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

/* Called for each container that is selected; nonzero ends it. */
typedef int select_found(const struct container *c, void *arg);

/*
 * All containers that are wanted now, oldest first.  A container that is asked for by
 * SELECT_CONTAINER has to be there, unless it is waited for; and where nothing
 * else says which are meant, the word has to mean one, as above.
 *
 * 0, found's value, or -ENOENT or -ENOTUNIQ with a sentence as above.
 */
int select_containers(const struct registry *reg, const struct selector *selector, bool wait,
		      select_found *found, void *arg, struct error *err);

/* The first CONTAINER_ID_SHORT characters of an id. */
void container_id_short(char out[static CONTAINER_ID_SHORT + 1], const char *id);

#endif
