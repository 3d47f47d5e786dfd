/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Cleanup beside the declaration: what a scope opens, its end closes. */
#ifndef CTRACE_CLEANUP_H
#define CTRACE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define auto_free  __attribute__((cleanup(cleanup_free)))
#define auto_close __attribute__((cleanup(cleanup_close)))
#define auto_file  __attribute__((cleanup(cleanup_file)))
#define auto_dir   __attribute__((cleanup(cleanup_dir)))

/* Hand an owned pointer or descriptor over: the scope's end leaves it alone. */
#define steal_ptr(p)                        \
	({                                  \
		typeof(*(p)) steal_ = *(p); \
		*(p) = NULL;                \
		steal_;                     \
	})
#define steal_fd(p)                \
	({                         \
		int steal_ = *(p); \
		*(p) = -1;         \
		steal_;            \
	})

#endif
