/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What ctrace says to who called it, besides its output. */
#ifndef CTRACE_SAY_H
#define CTRACE_SAY_H

/* How ctrace ends; the numbers are documented in README.md. */
enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Print "ctrace: ..." on stderr, or hand that line to who was named by say_to(). */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* NULL: stderr again. */
void say_to(void (*hear)(const char *line));

#endif
