/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The result of `ctrace doctor`, and how it is written: docs/doctor.md is the reference. */
#ifndef CTRACE_CHECKUP_H
#define CTRACE_CHECKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/finding.h"
#include "output/output.h"

enum {
	CHECKUP_FINDINGS = 32,
	CHECKUP_BACKENDS = 4,
	CHECKUP_RUNTIMES = 8,
	CHECKUP_FOLDERS = 8, /* of one runtime; more are left out */
	CHECKUP_PATH = 512,
};

struct checkup_backend {
	const char *name;
	bool works;
	struct error why; /* it does not work or is not chosen; empty if neither */
};

struct checkup_runtime {
	const char *name;
	char folders[CHECKUP_FOLDERS][CHECKUP_PATH];
	size_t folder_count;
	bool readable; /* all of them */
	size_t containers;
};

/* All strings are borrowed. */
struct checkup {
	const char *version; /* ctrace's own */
	const char *kernel, *machine;
	const char *cgroup_mode;  /* "v2", "hybrid", "v1" or "none" */
	const char *cgroup_mount; /* NULL: none that is of use */
	const char *backend;      /* that would be chosen; NULL: tracing will not work */
	struct checkup_backend backends[CHECKUP_BACKENDS];
	size_t backend_count;
	struct checkup_runtime runtimes[CHECKUP_RUNTIMES];
	size_t runtime_count;
	struct finding findings[CHECKUP_FINDINGS];
	size_t finding_count;
};

/* A line a finding, its remedy below; or one JSON object.  0, or -errno of the write. */
int checkup_write(FILE *f, enum output_format format, const struct checkup *c, struct error *err);

#endif
