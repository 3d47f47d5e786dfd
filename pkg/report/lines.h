/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The lines of a file or pipe, of which none needs more memory than the longest allowed. */
#ifndef CTRACE_LINES_H
#define CTRACE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/* Four times what ctrace writes: a line that a log collector has put something around. */
#define LINE_BYTES_MAX 65536

struct lines {
	int fd;       /* stays the caller's */
	__u64 number; /* of the line that was read last; 1 is the first */
	__u64 bytes;  /* read so far */
	bool at_end;
	size_t start, end; /* what is read and not handed out */
	char buffer[4 * LINE_BYTES_MAX];
};

struct lines *lines_new(int fd);
void lines_free(struct lines *l);

/*
 * The next line, without its newline, valid until the next call; *line is NULL
 * for one that is longer than LINE_BYTES_MAX, all of which is skipped.
 * 1; 0 at the end; or -errno of the read.
 */
int lines_next(struct lines *l, const char **line, size_t *len);

#endif
