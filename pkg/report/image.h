/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* An image's root directory, held against what was opened of it. */
#ifndef CTRACE_IMAGE_H
#define CTRACE_IMAGE_H

#include <stddef.h>

#include <linux/types.h>

#include "base/error.h"
#include "report/path_list.h"

struct image_file {
	char *path; /* as the container names it */
	__u64 bytes;
};

struct image {
	__u64 files, bytes;          /* regular files of the image, hard links counted once */
	struct image_file *unopened; /* sorted by path */
	size_t unopened_count;
	__u64 unopened_bytes;
};

/* Where it is, and how far reading it has come. */
struct image_root {
	const char *path;
	/* Now and then: of 100 parts so many are done; NULL: nobody wants to know. */
	void (*progress)(const struct image_root *root, int percent);
	void *arg;
};

/*
 * Goes through the files below root->path, on its file system.  A file counts as
 * opened if any of the lists has it, or another hard link of it, or if an
 * executable of the lists names it as its loader.  0; -errno of its path; -ENOMEM.
 * To be given to image_done(), after a failure, too.
 */
int image_read(struct image *image, const struct image_root *root,
	       const struct path_list *const *lists, size_t list_count, struct error *err);

void image_done(struct image *image);

#endif
