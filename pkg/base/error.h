/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Fail with a number and a sentence: pkg/ fills this in, only cmd/ prints it.
 *
 * One family of sentences, for those who know nothing of our insides.  Without a capital,
 * without a full stop, things in single quotes; behind a semicolon what to do about it:
 *
 *	can't open 'monday.jsonl': No such file or directory
 *	no container 'web'; 'ctrace ps' lists all
 *	--color: 'red' is not one of: auto, always, never
 *	tracing needs the capability CAP_BPF; run as root (sudo ctrace), or ...
 *
 * `tests/messages --list` shows all of them.
 */
#ifndef CTRACE_ERROR_H
#define CTRACE_ERROR_H

#include <stddef.h>

struct error {
	int code; /* negative errno, 0 while nothing went wrong */
	char text[1024];
};

/*
 * Set "can't <what>: <strerror>" and return code, so that
 * `return error_set(err, -errno, "open '%s'", path);` works.  err may be NULL where
 * nobody wants the sentence.
 */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a sentence that says it all by itself: nothing before it, no strerror behind. */
int error_say(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
