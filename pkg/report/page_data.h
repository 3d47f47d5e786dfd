/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The data in a page: JSON that page.js reads.  docs/report.md describes it. */
#ifndef CTRACE_PAGE_DATA_H
#define CTRACE_PAGE_DATA_H

#include "output/json_writer.h"
#include "report/page.h"
#include "report/selection.h"

/* number: room for a __u32 for each of the report's nodes. */
void page_data_write(struct json_writer *w, const struct report *r, const struct selection *s,
		     const struct page_settings *settings, __u32 *number);

#endif
