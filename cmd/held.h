/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Opens of cgroups of which it is not known yet whose they are: copies, in the ring's order. */
#ifndef CTRACE_HELD_H
#define CTRACE_HELD_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

/* All copies together; what has no room here is counted as lost (LOSS_HELD_FULL). */
#define HELD_BYTES (4u << 20)

struct held;

/* Empty; NULL when there is no memory. */
struct held *held_new(void);

/* NULL is fine. */
void held_free(struct held *held);

/* Keep a copy of a record of len bytes: 0, -ENOSPC or -ENOMEM. */
int held_keep(struct held *held, const struct open_record *record, size_t len);

struct held_release {
	bool (*ready)(const struct open_record *record, void *arg);
	/* A negative return ends the release, which returns it; the record counts as taken. */
	int (*take)(const struct open_record *record, size_t len, void *arg);
	void *arg;
};

/* Hand over the records that are ready, oldest first, and forget them: 0, or take's value. */
int held_release(struct held *held, const struct held_release *release);

#endif
