/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The absolute paths of one container with what was done to each: what profiles are made of. */
#ifndef CTRACE_PATH_LIST_H
#define CTRACE_PATH_LIST_H

#include "report/report_data.h"

struct needed_path {
	char *path;          /* any bytes but NUL, NUL-terminated */
	unsigned int access; /* enum access, of the opens that succeeded */
	bool is_directory;   /* opened as one, or something below it was opened */
	__u64 opens;         /* that succeeded */
	__u64 failed;
	__u16 error; /* of a failure */
};

struct path_list {
	struct needed_path *at; /* sorted by path, each once */
	size_t count;
	__u64 unlisted; /* opens of files that are not kept apart, or not listed for want of room */
};

/*
 * lists[i] becomes the paths of the container whose root is roots[i], each another's,
 * executables that ran included with ACCESS_EXECUTE: on some backends their own opens are
 * not seen.  0, or -ENOMEM.  Each is to be given to path_list_done(), after a failure, too.
 */
int path_lists_make(struct path_list *const *lists, const __u32 *roots, size_t count,
		    const struct report *r);

void path_list_done(struct path_list *list);

/* The entry of a path, or NULL. */
struct needed_path *path_list_find(const struct path_list *list, const char *path);

/*
 * The directory that a path is in, "/" at the top.  The caller frees it; NULL
 * when there is no memory.
 */
char *path_directory(const char *path);

#endif
