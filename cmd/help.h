/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What --help and `ctrace help` print. */
#ifndef CTRACE_HELP_H
#define CTRACE_HELP_H

#include <stdio.h>

#include "options.h"

enum help_screen { HELP_LINES = 24, HELP_COLUMNS = 80 };

/*
 * A command's help: the lines of a screen, where options for which there is no room are
 * only named; or all of them explained.
 */
void help_write(FILE *f, const struct command *cmd, bool all);

#endif
