/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One function a subcommand; each returns the program's exit code. */
#ifndef CTRACE_COMMANDS_H
#define CTRACE_COMMANDS_H

#include "options.h"

extern const struct command commands[]; /* the first is the one without a name */
extern const size_t command_count;

/* NULL if there is no such command. */
const struct command *command_find(const char *name);

int trace_main(const struct options *o);
int run_main(const struct options *o);
int top_main(const struct options *o);
int ps_main(const struct options *o);
int doctor_main(const struct options *o);
int report_main(const struct options *o);
int help_main(const struct options *o);
int manual_main(const struct options *o);
int completion_main(const struct options *o);

/* The exit code of a command that has written all it has to say to stdout. */
int stdout_flushed(void);

/*
 * Trace as the options say, events to output_fd, which stays the caller's.  An exit
 * code: what went wrong has been said.
 */
int trace_to(const struct options *o, int output_fd);

/*
 * Where events go: the file of --output, made or emptied, or else stdout.
 * A descriptor, or -errno with the reason.
 */
int open_output(const struct options *o, struct error *err);

#endif
