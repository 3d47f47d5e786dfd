/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a scan of state files came upon: runtime_scan(..., keep, &found, &err). */
#ifndef CTRACE_FOUND_CONTAINERS_H
#define CTRACE_FOUND_CONTAINERS_H

#include <criterion/criterion.h>
#include <string.h>

#include "container/runtime.h"

/* In order. */
struct found {
	struct container *at[32];
	size_t count;
};

static inline int keep(struct container *c, void *arg)
{
	struct found *found = arg;

	cr_assert_lt(found->count, sizeof(found->at) / sizeof(*found->at));
	found->at[found->count++] = c;
	return 0;
}

static inline void found_free(struct found *found)
{
	while (found->count)
		container_free(found->at[--found->count]);
}

#define auto_found __attribute__((cleanup(found_free))) struct found

/* Two strings, or none both times. */
static inline bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

#endif
