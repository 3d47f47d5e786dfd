/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The words for the numbers of an open: flags, errors, calls. */
#ifndef CTRACE_NAMES_H
#define CTRACE_NAMES_H

#include <stddef.h>

#include "event.h"

#define FLAG_NAMES_MAX 32

/*
 * The names of the flags that are set, always in the same order.  Bits
 * without a name come last, as one hexadecimal number.  Points into itself:
 * not to be copied.
 */
struct flag_names {
	size_t count;
	const char *name[FLAG_NAMES_MAX];
	char unknown[20]; /* "0x", 16 digits, NUL */
};

/*
 * O_* as passed by the caller, by the numbers of the architecture that ctrace
 * was built for.  The access mode comes first and is always there: O_RDONLY is
 * the name of 0.  O_SYNC stands for O_DSYNC too, O_TMPFILE for O_DIRECTORY.
 */
void open_flags_names(struct flag_names *out, __u32 flags);

/* RESOLVE_* of openat2(2).  None for 0. */
void resolve_flags_names(struct flag_names *out, __u64 resolve);

/*
 * The name of a positive error number, "ENOENT".  One without a name is put
 * together as "E512" in number; the result is that or a constant.
 */
const char *errno_name(int error, char number[static 16]);

/* "openat"; "unknown" for what is not an enum open_call. */
const char *open_call_name(unsigned int call);

/* "ring_full"; "unknown" for what is not an enum loss_reason. */
const char *loss_reason_name(unsigned int reason);

#endif
