/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * --state FILE: until when tracing was done, so that the next ctrace can say since when
 * nobody looked.
 *
 * The file holds one time, as in events, and is held open: to note a new one is a seek
 * and a write of 31 bytes in place, which no signal can split.  Whoever notes has it
 * locked.  Where another ctrace has (the one before us, which is about to end), nobody
 * is blind, and we note once it has gone.
 */
#ifndef CTRACE_GAP_H
#define CTRACE_GAP_H

#include <stdbool.h>

#include "base/error.h"
#include "event/clock.h"

struct gap;

/*
 * Open the file, making it where it is not there, and read what was noted.  -EINVAL: what
 * is in it is not ours.
 */
int gap_open(struct gap **out, const char *path, struct error *err);
void gap_free(struct gap *g);

/* What was noted last; false if nothing was, or another ctrace goes on noting. */
bool gap_from(const struct gap *g, char from[static TIME_TEXT_BYTES]);

/* Is it time to note again? */
bool gap_is_due(const struct gap *g, __u64 boot_ns);

/* All that happened until then (CLOCK_BOOTTIME) is told.  0, or -errno of the write. */
int gap_note(struct gap *g, __u64 boot_ns);

#endif
