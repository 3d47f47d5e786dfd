/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One function a subcommand; each returns the program's exit code. */
#ifndef CTRACE_COMMANDS_H
#define CTRACE_COMMANDS_H

#include "options.h"

int trace_main(const struct options *o);
int run_main(const struct options *o);
int ps_main(const struct options *o);
int doctor_main(const struct options *o);
int report_main(const struct options *o);

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
