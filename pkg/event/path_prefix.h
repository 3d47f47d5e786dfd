/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Paths that --path and --exclude-path name, in the form that the kernel side compares. */
#ifndef CTRACE_PATH_PREFIX_H
#define CTRACE_PATH_PREFIX_H

#include "base/error.h"
#include "event.h"

/*
 * From an absolute path without "." and ".."; a '/' at its end and repeated ones don't
 * count.  0, or -EINVAL with the reason, *out untouched.
 */
int path_prefix_parse(struct path_prefix *out, const char *path, struct error *err);

#endif
