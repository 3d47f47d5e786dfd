/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the kernel side tells of a cgroup, as far as it has to be decoded. */
#ifndef CTRACE_CGROUP_RECORD_H
#define CTRACE_CGROUP_RECORD_H

#include <stddef.h>

#include "event.h"

/*
 * Check a record of a cgroup from the ring, of which there are len bytes, and copy its path,
 * with a NUL behind it.  rec is aligned as it has to be; it may be shorter than its fixed part.
 *
 * Returns 0, or -EBADMSG where the record contradicts itself (a length beyond its end, a
 * maker without an end, a new cgroup without a path); path is untouched then.
 */
int cgroup_record_decode(const struct cgroup_record *rec, size_t len,
			 char path[static CGROUP_PATH_BYTES]);

#endif
