/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the sandbox is made of, one file each.  Nothing but sandbox.c includes this. */
#ifndef CTRACE_SANDBOX_PARTS_H
#define CTRACE_SANDBOX_PARTS_H

#include "sandbox/sandbox.h"

/* Drop capabilities; names those that are left.  0 or -errno with the reason. */
int capabilities_drop(const struct sandbox_settings *settings, char *left, size_t room,
		      struct error *err);

/* The version of Landlock that this kernel offers; 0: none. */
int landlock_abi(void);

/* Restrict files to settings->readable.  Only where landlock_abi() is not 0. */
int landlock_restrict(const struct sandbox_settings *settings, struct error *err);

/* Load the filter of system calls. */
int seccomp_restrict(const struct sandbox_settings *settings, struct error *err);

#endif
