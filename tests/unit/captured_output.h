/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* An output that writes into memory, so that a test can read what came out. */
#ifndef CTRACE_CAPTURED_OUTPUT_H
#define CTRACE_CAPTURED_OUTPUT_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "output/output.h"

struct captured_output {
	struct output *output;
	int fd;
};

static inline struct captured_output capture_start(enum output_format format, const char *node_name)
{
	struct captured_output c = { .fd = memfd_create("output", MFD_CLOEXEC) };
	struct output_settings settings = { .format = format, .fd = c.fd, .node_name = node_name };
	struct error err;

	cr_assert_geq(c.fd, 0);
	cr_assert_eq(output_open(&c.output, &settings, &err), 0);
	return c;
}

/* Flushes and closes it.  Returns what was written, to be freed. */
static inline char *capture_end(struct captured_output *c)
{
	off_t size;
	char *text;

	cr_assert_eq(output_flush(c->output), 0);
	output_free(c->output);
	size = lseek(c->fd, 0, SEEK_END);
	text = calloc(1, size + 1);
	cr_assert_eq(pread(c->fd, text, size, 0), size);
	close(c->fd);
	return text;
}

#endif
