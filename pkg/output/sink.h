/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The file that lines go to.  Its reader may stop: waiting for it can be given up. */
#ifndef CTRACE_SINK_H
#define CTRACE_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/* Asked every tenth of a second while a write waits: has the run been told to end? */
struct give_up {
	bool (*asked)(void *arg); /* NULL: never */
	void *arg;
};

struct sink {
	int fd;       /* the caller's, or a description of our own that does not block */
	bool own;     /* close fd */
	size_t chunk; /* bytes at a time; 0: any number */
	struct give_up give_up;
	__u64 since_ns; /* nothing was taken since, and the run was told to end; 0: not so */
};

/* Once told to end, how long a reader may take nothing before it is taken for dead. */
#define SINK_PATIENCE_MS 2000

/* fd stays the caller's and must stay open. */
void sink_open(struct sink *s, int fd, const struct give_up *give_up);
void sink_close(struct sink *s);

/*
 * Write all of it.  0, or negative errno: -EPIPE where the reader is gone, -ETIMEDOUT where
 * it was given up.  *written tells how much was.
 */
int sink_write(struct sink *s, const char *data, size_t len, size_t *written);

#endif
