/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the process gives up once it has all it needs, so that whoever takes it over
 * gets next to nothing: capabilities, exec, sockets, BPF programs, other files.
 * docs/security.md has the whole list, and the tests that hold it.
 *
 * For the calling thread and those it starts later; there is no way back.
 */
#ifndef CTRACE_SANDBOX_H
#define CTRACE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/finding.h"

struct sandbox_settings {
	/* Directories (O_PATH will do) below which files may still be opened for reading. */
	const int *readable;
	size_t readable_count;
	/* The terminal's modes may still be changed. */
	bool screen;
	/* The one process that may be signalled; 0: none. */
	pid_t child;
	/*
	 * Asked with CAP_BPF put aside: can the maps still be used?  Kernels before 6.0
	 * refuse that (c8644cd0efe7); then CAP_BPF stays.  NULL: not asked, does not stay.
	 */
	bool (*maps_work)(void *arg);
	void *arg;
	/*
	 * It answers on sockets that are there, and that is all it does: no file is opened
	 * and no map is used, whatever else is set here.
	 */
	bool serves;
};

/* What is left, for people. */
struct sandbox_report {
	char capabilities[128]; /* "none", or names with ", " between */
	int landlock_abi;       /* 0: this kernel has none, files are not restricted */
};

/*
 * Enter it.  0 and *report (NULL is fine), or -errno with the reason; then some of it
 * may be in force.  A kernel without Landlock is no error.
 */
int sandbox_enter(const struct sandbox_settings *settings, struct sandbox_report *report,
		  struct error *err);

/* What this kernel has for it. */
void sandbox_look(struct finding *f);

#endif
