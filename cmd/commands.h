/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One function a subcommand; each returns the program's exit code. */
#ifndef CTRACE_COMMANDS_H
#define CTRACE_COMMANDS_H

#include "options.h"

int trace_main(const struct options *o);
int run_main(const struct options *o);
int ps_main(const struct options *o);
int doctor_main(const struct options *o);

/*
 * Where events go: the file of --output, made or emptied, or else stdout.
 * A descriptor, or -errno with the reason.
 */
int open_output(const struct options *o, struct error *err);

#endif
