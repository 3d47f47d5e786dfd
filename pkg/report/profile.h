/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What containers needed, as a starting point for taking the rest away: a
 * read-only root, an AppArmor or Landlock profile, a slimmer image.
 */
#ifndef CTRACE_PROFILE_H
#define CTRACE_PROFILE_H

#include <stdio.h>

#include "base/error.h"

struct image_root;
struct report;

enum profile_kind {
	PROFILE_NONE,
	PROFILE_PATHS,    /* a letter or two and a path, one a line */
	PROFILE_JSON,     /* the same for programs */
	PROFILE_APPARMOR, /* a profile for apparmor_parser(8) */
	PROFILE_LANDLOCK, /* a script that calls setpriv(1) of util-linux 2.41 */
};

/* 0; or -EINVAL, and err lists those there are. */
int profile_from_name(enum profile_kind *out, const char *name, struct error *err);

/*
 * Writes a profile of each container.  image may be NULL; with it, what was never
 * opened of its files is listed (paths and json only).
 * 0; -ENOENT where no container is in the report; -EINVAL where the kind can't
 * say it; -ENOMEM; -errno of reading the image or of the write.
 */
int profile_write(const struct report *r, enum profile_kind kind, const struct image_root *image,
		  FILE *f, struct error *err);

#endif
