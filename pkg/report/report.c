// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A report's memory and its limits, and what it takes in: line by line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/names.h"
#include "report/report_parts.h"

static const struct report_limits most = {
	.containers = 1000,
	.files = 200000,
	.all_files = 1000000,
	.exes = 8000,
	.facts = 2000000,
};

/* --- new and free ------------------------------------------------------------------ */

static __u32 limit(__u32 wanted, __u32 maximum)
{
	return wanted && wanted < maximum ? wanted : maximum;
}

static void set_limits(struct report *r, const struct report_limits *wanted)
{
	r->limits = (struct report_limits){
		.containers = limit(wanted->containers, most.containers),
		.files = limit(wanted->files, most.files),
		.all_files = limit(wanted->all_files, most.all_files),
		.exes = limit(wanted->exes, most.exes),
		.facts = limit(wanted->facts, most.facts),
	};
}

static int make_tables(struct report *r)
{
	__u32 number;

	/* the roots and groups of all containers always find room */
	r->nodes =
		name_table_new(r->limits.all_files + (r->limits.containers + 1) * (1 + GROUP_COUNT),
			       FILE_BYTES_MAX + OTHER_BYTES_MAX);
	r->container_keys = name_table_new(r->limits.containers, OTHER_BYTES_MAX);
	r->exes = name_table_new(r->limits.exes + EXE_OTHERS + 1, OTHER_BYTES_MAX);
	r->errors = name_table_new(ERRORS_MAX, OTHER_BYTES_MAX);
	r->fact_of = id_map_new();
	r->containers = calloc(r->limits.containers + 1, sizeof(struct report_container *));
	if (!r->nodes || !r->container_keys || !r->exes || !r->errors || !r->fact_of ||
	    !r->containers)
		return -ENOMEM;
	/* the numbers that are set aside, in their order; no other name has owner 0 */
	for (__u32 i = 0; i < 2; i++)
		if (name_table_get(r->exes, i, text(""), &number) ||
		    name_table_get(r->errors, i, text(""), &number))
			return -ENOMEM;
	return 0;
}

struct report *report_new(const struct report_limits *limits)
{
	static const struct report_limits none;
	struct report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	set_limits(r, limits ? limits : &none);
	if (make_tables(r) < 0) {
		report_free(r);
		return NULL;
	}
	return r;
}

void report_free(struct report *r)
{
	if (!r)
		return;
	for (__u32 i = 0; r->containers && i <= r->limits.containers; i++)
		report_container_free(r->containers[i]);
	free(r->containers);
	name_table_free(r->nodes);
	name_table_free(r->container_keys);
	name_table_free(r->exes);
	name_table_free(r->errors);
	id_map_free(r->fact_of);
	free(r->label_values);
	free(r->facts);
	free(r);
}

/* --- lines ------------------------------------------------------------------------- */

static void count_time(struct report *r, struct report_container *c, const struct event_line *e)
{
	struct timeline_bar *bar;

	if (!e->time_ns)
		return;
	if (!c->first_ns || e->time_ns < c->first_ns)
		c->first_ns = e->time_ns;
	if (e->time_ns > c->last_ns)
		c->last_ns = e->time_ns;
	timeline_scale_include(&r->scale, e->time_ns);
	if (!c->timeline.shift) {
		c->timeline.shift = r->scale.shift;
		c->timeline.first = r->scale.first;
	}
	bar = timeline_bar_at(&c->timeline, &r->scale, e->time_ns);
	bar->opens++;
	bar->failed += !!e->error;
	bar->writes += !e->error && access_writes(e->access);
}

static int add_open(struct report *r, const struct event_line *e)
{
	struct report_container *c;
	int rc;

	rc = report_container_of(r, e, &c);
	if (!rc)
		rc = report_count_open(r, c, e);
	if (rc < 0)
		return rc;
	count_time(r, c, e);
	c->opens++;
	c->failed += !!e->error;
	c->writes += !e->error && access_writes(e->access);
	return 0;
}

static unsigned int reason_number(const char *reason)
{
	unsigned int i = 0;

	while (i < LOSS_COUNT && strcmp(reason, loss_reason_name(i)) != 0)
		i++;
	return i;
}

static bool names_somebody(const struct event_line *e)
{
	for (int i = 0; i < LABEL_COUNT; i++)
		if (e->labels[i] && i != LABEL_NODE)
			return true;
	return e->cgroup_id;
}

static int add_lost(struct report *r, const struct event_line *e)
{
	struct report_container *c;
	__u64 *lost = r->lost;

	if (names_somebody(e)) {
		int rc = report_container_of(r, e, &c);

		if (rc < 0)
			return rc;
		lost = c->lost;
	}
	lost[reason_number(e->reason)] += e->count;
	return 0;
}

static int add_event(struct report *r, const struct event_line *e)
{
	struct report_container *c;

	if (e->kind == EVENT_OTHER) {
		r->other_types++;
		return 0;
	}
	/* a loss of nobody in particular may be anybody's */
	if (!report_wants(r, e) && (e->kind != EVENT_LOST || names_somebody(e)))
		return 0;
	r->events++;
	if (e->kind == EVENT_OPEN)
		return add_open(r, e);
	if (e->kind == EVENT_LOST)
		return add_lost(r, e);
	return names_somebody(e) ? report_container_of(r, e, &c) : 0;
}

int report_skip_line(struct report *r)
{
	r->lines++;
	r->invalid++;
	return -EBADMSG;
}

int report_add_line(struct report *r, const char *line, size_t len, const char **why)
{
	struct event_line e;
	int rc;

	r->lines++;
	rc = event_line_parse(&e, line, len, why);
	if (rc == -EBADMSG)
		r->invalid++;
	if (rc < 0)
		return rc;
	rc = add_event(r, &e);
	event_line_free(&e);
	return rc;
}

__u64 report_events(const struct report *r)
{
	return r->events;
}

__u64 report_lost(const __u64 lost[static LOSS_COUNT + 1])
{
	__u64 sum = 0;

	for (int i = 0; i <= LOSS_COUNT; i++)
		sum += lost[i];
	return sum;
}
