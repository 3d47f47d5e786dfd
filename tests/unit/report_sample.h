/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Events written short, for tests of reports. */
#ifndef CTRACE_REPORT_SAMPLE_H
#define CTRACE_REPORT_SAMPLE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_data.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* The members of an open that tests care about; NULL and 0 have a default. */
struct sample_open {
	const char *container; /* its name; "" for none of it */
	const char *path;
	const char *flags; /* JSON strings: "\"O_RDONLY\"" */
	const char *error;
	const char *exe;
	const char *call;
	unsigned int second;
};

static inline void sample_line(char line[static 20000], const struct sample_open *o)
{
	const char *name = o->container ? o->container : "web";
	char container[2048] = "", result[64] = "\"fd\":3";

	if (*name)
		snprintf(container, sizeof(container), "\"container\":{\"name\":\"%s\"},", name);
	if (o->error)
		snprintf(result, sizeof(result), "\"error\":\"%s\"", o->error);
	snprintf(line, 20000,
		 "{\"time\":\"2026-01-02T03:%02u:%02u.500000000Z\",\"type\":\"open\",%s"
		 "\"process\":{\"pid\":1,\"exe\":\"%s\"},\"file\":{\"path\":\"%s\","
		 "\"flags\":[%s]},\"call\":\"%s\",%s,\"cgroup_id\":77}",
		 o->second / 60, o->second % 60, container, o->exe ? o->exe : "/bin/sh",
		 o->path ? o->path : "/etc/passwd", o->flags ? o->flags : "\"O_RDONLY\"",
		 o->call ? o->call : "openat", result);
}

static inline int sample_add_line(struct report *r, const char *line)
{
	const char *why = NULL;
	int rc = report_add_line(r, line, strlen(line), &why);

	cr_expect_eq(!why, rc != -EBADMSG, "%s", line);
	return rc;
}

static inline void sample_add(struct report *r, const struct sample_open *o)
{
	char line[20000];

	sample_line(line, o);
	cr_expect_eq(sample_add_line(r, line), 0, "%s", line);
}

static inline __u64 sample_sum_of_facts(const struct report *r)
{
	__u64 sum = 0;

	for (size_t i = 0; i < r->fact_count; i++)
		sum += r->facts[i].count;
	return sum;
}

#endif
