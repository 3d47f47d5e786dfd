// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What the kernel tells, on its way to the output, the counts and the metrics. */
#include "session_parts.h"

#include <errno.h>

#include "event/names.h"

const char *session_output_name(const struct session *s)
{
	return s->options->output_path ? s->options->output_path : "stdout";
}

int session_write_failed(struct session *s, int r)
{
	if (s->given_up)
		return 0;
	return error_set(s->err, r, "write events to '%s'", session_output_name(s));
}

/* --count is reached: -ECANCELED ends the drain, and is not an error. */
static bool have_enough(const struct session *s)
{
	return s->options->count && s->opens >= s->options->count;
}

static void count(struct session *s, enum metrics_count what, __u64 root_id, __u64 n)
{
	if (s->metrics)
		metrics_add(s->metrics, what, root_id, registry_find(s->registry, root_id), n);
}

static int on_open(const struct open_event *ev, void *arg)
{
	struct session *s = arg;
	const struct container *c;
	int r;

	if (have_enough(s))
		return -ECANCELED;
	r = arrivals_open(s->arrivals, ev, &c, s->err);
	if (r <= 0)
		return r;
	r = output_open_event(s->output, ev, c);
	if (r < 0)
		return session_write_failed(s, r);
	s->opens++;
	count(s, METRICS_EVENTS, ev->record->root_id, 1);
	return have_enough(s) ? -ECANCELED : 0;
}

static int on_lost(__u64 root_id, enum loss_reason reason, __u64 n, void *arg)
{
	struct session *s = arg;

	return arrivals_lost(s->arrivals, root_id, reason, n);
}

int session_lost(const struct container *c, __u64 root_id, enum loss_reason reason, __u64 n,
		 void *arg)
{
	struct session *s = arg;
	int r;

	s->lost += n;
	count(s, METRICS_LOST, root_id, n);
	r = summary_lost(s->summary, root_id, reason, n);
	if (r < 0)
		return error_set(s->err, r, "count what is lost");
	r = output_lost(s->output, c, root_id, n, loss_reason_name(reason));
	return r < 0 ? session_write_failed(s, r) : 0;
}

static int on_volume(__u64 root_id, const struct volume_counts *total, void *arg)
{
	struct session *s = arg;
	__u64 before = summary_suppressed(s->summary);
	const struct container *c;
	int r;

	if (!arrivals_owner(s->arrivals, root_id, &c))
		return 0;
	r = summary_volume(s->summary, c, root_id, total);
	count(s, METRICS_SUPPRESSED, root_id, summary_suppressed(s->summary) - before);
	return r < 0 ? session_write_failed(s, r) : 0;
}

static int on_cgroup(const struct cgroup_record *rec, const char *path, void *arg)
{
	struct session *s = arg;

	return arrivals_cgroup(s->arrivals, rec, path, s->err);
}

void session_cgroup_gone(__u64 cgroup_id, void *arg)
{
	struct session *s = arg;

	summary_forget(s->summary, cgroup_id);
	if (s->metrics)
		metrics_forget(s->metrics, cgroup_id);
}

int session_container(enum container_action action, const struct container *c, void *arg)
{
	struct session *s = arg;
	int r = output_container(s->output, action, c);

	return r < 0 ? session_write_failed(s, r) : 0;
}

struct tracer_handler session_handler(struct session *s)
{
	return (struct tracer_handler){
		.open = on_open,
		.lost = on_lost,
		.cgroup = on_cgroup,
		.volume = on_volume,
		.arg = s,
	};
}
