/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which containers are wanted?  The one place that decides it.
 *
 * Values of one field are alternatives, different fields must all hold, and what is
 * excluded by any field is out.  A field that a container lacks, or that is not
 * known, matches nothing: it is not selected by it, and not excluded by it either.
 */
#ifndef CTRACE_SELECTOR_H
#define CTRACE_SELECTOR_H

#include <stdbool.h>

#include <linux/types.h>

#include "base/error.h"
#include "base/string_list.h"
#include "container/container.h"

enum selector_field {
	SELECT_CONTAINER, /* id, a prefix of it (SELECT_PREFIX_MIN), or name, also that in the pod
			   */
	SELECT_POD,       /* "POD" or "NAMESPACE/POD" */
	SELECT_NAMESPACE,
	SELECT_IMAGE,   /* fnmatch(3) pattern of the image, or of what is behind a '/' of it */
	SELECT_LABEL,   /* "KEY" or "KEY=VALUE"; the key must be among the container's label_keys */
	SELECT_RUNTIME, /* as in struct container */
	SELECT_FIELDS,
};

enum { SELECT_PREFIX_MIN = 4 }; /* shorter prefixes of an id are not taken */

/* Starts as {}: every container is wanted. */
struct selector {
	struct string_list wanted[SELECT_FIELDS];
	struct string_list excluded[SELECT_FIELDS];
	__u64 own_cgroup_id; /* ctrace's own container, out unless SELECT_CONTAINER asks; 0: none */
};

/* Check the value and add it, borrowed.  -EINVAL with what is wrong with it, or -ENOMEM. */
int selector_add(struct selector *s, enum selector_field field, bool exclude, const char *value,
		 struct error *err);

/* Frees its lists; it is {} then. */
void selector_free(struct selector *s);

bool selector_wants(const struct selector *s, const struct container *c);

/* Is it out, whatever else may hold?  Then also when it lies inside of a wanted one. */
bool selector_excludes(const struct selector *s, const struct container *c);

/* Does the container match one value of a field? */
bool selector_matches(enum selector_field field, const struct container *c, const char *value);

/* Is there any positive condition beside SELECT_CONTAINER, so that a set is meant that may grow? */
bool selector_has_set(const struct selector *s);

bool selector_has_excludes(const struct selector *s);

/* Is there no condition at all, so that nothing needs to be known of a container? */
bool selector_is_trivial(const struct selector *s);

#endif
