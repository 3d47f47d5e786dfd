// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "report/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lines *lines_new(int fd)
{
	struct lines *l = malloc(sizeof(*l));

	if (!l)
		return NULL;
	l->fd = fd;
	l->number = l->bytes = 0;
	l->at_end = false;
	l->start = l->end = 0;
	return l;
}

void lines_free(struct lines *l)
{
	free(l);
}

/* More bytes behind those that are there; sets at_end. */
static int fill(struct lines *l)
{
	ssize_t n;

	memmove(l->buffer, l->buffer + l->start, l->end - l->start);
	l->end -= l->start;
	l->start = 0;
	do
		n = read(l->fd, l->buffer + l->end, sizeof(l->buffer) - l->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	l->at_end = n == 0;
	l->end += (size_t)n;
	l->bytes += (__u64)n;
	return 0;
}

/* The newline that ends the line; NULL at the end, or if the line is too long. */
static int find_end(struct lines *l, const char **newline)
{
	size_t searched = 0;
	int r;

	for (;;) {
		size_t have = l->end - l->start;

		*newline = memchr(l->buffer + l->start + searched, '\n', have - searched);
		if (*newline || l->at_end || have > LINE_BYTES_MAX)
			return 0;
		searched = have;
		r = fill(l);
		if (r < 0)
			return r;
	}
}

static int skip_line(struct lines *l)
{
	const char *newline;
	int r;

	do {
		l->start = l->end;
		r = find_end(l, &newline);
	} while (!r && !newline && !l->at_end);
	l->start = newline ? (size_t)(newline - l->buffer) + 1 : l->end;
	return r;
}

int lines_next(struct lines *l, const char **line, size_t *len)
{
	const char *newline;
	int r;

	r = find_end(l, &newline);
	if (r < 0)
		return r;
	if (!newline && l->start == l->end)
		return 0;
	l->number++;
	*line = l->buffer + l->start;
	*len = (newline ? (size_t)(newline - l->buffer) : l->end) - l->start;
	if (*len > LINE_BYTES_MAX) {
		*line = NULL;
		*len = 0;
		if (!newline) {
			r = skip_line(l);
			return r < 0 ? r : 1;
		}
	}
	l->start = newline ? (size_t)(newline - l->buffer) + 1 : l->end;
	return 1;
}
