/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A report as one HTML page that needs nothing else: no other file, no network. */
#ifndef CTRACE_PAGE_H
#define CTRACE_PAGE_H

#include <stdio.h>

#include "base/error.h"
#include "report/report.h"

#define PAGE_BYTES_MAX 5000000

struct page_settings {
	const char *version;        /* of ctrace */
	const char *const *sources; /* what was read, for people; NULL-terminated */
	size_t max_bytes;           /* of the page; 0: PAGE_BYTES_MAX */
};

/*
 * Writes the page.  0; -EFBIG when not even the containers' sums fit; -ENOMEM;
 * or -errno of the write.
 */
int page_write(const struct report *r, const struct page_settings *settings, FILE *f,
	       struct error *err);

#endif
