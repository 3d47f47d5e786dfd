/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One open as the rest of user space knows it, decoded from the ring's record. */
#ifndef CTRACE_OPEN_EVENT_H
#define CTRACE_OPEN_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"

/* Bytes, not a C string: any byte but NUL may be in it, and none ends it. */
struct bytes {
	const char *at; /* NULL: not known */
	size_t len;
};

/*
 * Borrowed throughout: valid until the record behind it or the decoder's
 * buffer is used again.
 *
 * A path without a '/' in front is the end of one (path_truncated), or what
 * the kernel calls a file that has none: "pipe:[4711]".
 */
struct open_event {
	const struct open_record *record;
	/* In each, at is NULL if it is not known. */
	struct bytes name; /* as passed by the caller; not known if it passed none, too */
	struct bytes path; /* absolute as the container sees it, or see below */
	struct bytes exe;  /* the process's executable */
	bool resolved;     /* path was taken from the opened file */
	bool deleted;
	bool path_truncated;
};

/* Room for the longest path that a record can make: directory, '/', name, NUL. */
#define OPEN_EVENT_PATH_BYTES (EVENT_PATH_BYTES + EVENT_NAME_BYTES + 2)

/*
 * Decode len bytes at data, a record from the ring, into *out.  The path is
 * put together in path_buffer.  out->exe is left empty: the caller knows the
 * executables.  data is aligned as struct open_record is.
 *
 * Returns 0, or -EBADMSG where the record contradicts itself (lengths beyond
 * its end or beyond what a record may hold, unknown call); *out is untouched
 * then.
 */
int open_event_decode(struct open_event *out, const void *data, size_t len,
		      char path_buffer[static OPEN_EVENT_PATH_BYTES]);

/*
 * Turn a leaf-first path ("b/a/") into "/a/b" at out, which has room for
 * len + 1 bytes.  Returns the length written; no NUL is added.
 */
size_t path_from_leaf_first(char *out, const char *leaf_first, size_t len);

#endif
