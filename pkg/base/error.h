/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Fail with a number and a sentence: pkg/ fills this in, only cmd/ prints it. */
#ifndef CTRACE_ERROR_H
#define CTRACE_ERROR_H

#include <stddef.h>

struct error {
	int code; /* negative errno, 0 while nothing went wrong */
	char text[1024];
};

/*
 * Set the sentence, append ": <strerror>" and return code, so that
 * `return error_set(err, -errno, "open '%s'", path);` works.  err may be NULL where
 * nobody wants the sentence.
 */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a sentence that says it all by itself: no strerror behind it. */
int error_say(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
