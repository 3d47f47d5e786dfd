/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What shells complete: scripts made of the table of options, and names of this moment. */
#ifndef CTRACE_COMPLETION_H
#define CTRACE_COMPLETION_H

/* Each prints the completions of a shell to stdout. */
void completion_bash(void);
void completion_zsh(void);
void completion_fish(void);

/*
 * Prints those that are there: kind is containers, pods, namespaces or images.  Only
 * what no shell could take for anything but a word; the rest is left out.  0 or -errno.
 */
int completion_names(const char *kind);

#endif
