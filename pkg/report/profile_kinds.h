/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The kinds of profile: siblings, each of which writes what one container needed. */
#ifndef CTRACE_PROFILE_KINDS_H
#define CTRACE_PROFILE_KINDS_H

#include <stdio.h>

#include "report/image.h"
#include "report/path_list.h"

struct profile {
	const struct report *report;
	const struct report_container *container;
	struct path_list paths;
};

/* Errors of the stream are left for the caller to ask for.  Each returns 0 or -ENOMEM. */
int profile_put_paths(FILE *f, const struct profile *p);
int profile_put_apparmor(FILE *f, const struct profile *p);
int profile_put_landlock(FILE *f, const struct profile *p);
/* All containers at once. */
void profile_put_json(FILE *f, const struct profile *p, size_t count, const struct image *image);

/* Who it is of, what was seen, and what was not: comment lines. */
void profile_put_head(FILE *f, const struct profile *p);

/* Text that a container has chosen, in a comment. */
void profile_put_visible(FILE *f, const char *text);

/* Files of the image that nobody opened. */
void profile_put_unopened(FILE *f, const struct image *image);

/* Opened to be written, or made. */
static inline bool is_written(const struct needed_path *p)
{
	return p->opens && access_writes(p->access);
}

/* A loader of dynamic programs, which the kernel opens by itself: not all backends see it. */
bool is_loader(const char *path);
bool has_loader(const struct path_list *list);

/* "/proc/1234": of a process that is gone when the profile is used. */
bool is_of_process(const char *path);

#endif
