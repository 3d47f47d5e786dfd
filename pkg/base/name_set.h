/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A set of names for whoever has many to look up, of which hardly any is in it. */
#ifndef CTRACE_NAME_SET_H
#define CTRACE_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>

struct name_set;

/* NULL when there is no memory.  The names stay the caller's, and must outlive the set. */
struct name_set *name_set_new(const char *const *names, size_t count);

/* NULL is fine. */
void name_set_free(struct name_set *set);

/* Is it among those that the set was made of? */
bool name_set_has(const struct name_set *set, const char *name);

#endif
