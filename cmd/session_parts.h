/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a session is made of, one file each.  Nothing but session*.c includes this. */
#ifndef CTRACE_SESSION_PARTS_H
#define CTRACE_SESSION_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/signalfd.h>

#include "arrivals.h"
#include "complaints.h"
#include "container/registry.h"
#include "metrics/metrics.h"
#include "output/output.h"
#include "session.h"
#include "summary.h"
#include "targets.h"
#include "tracer/tracer.h"

struct gap;
struct metrics_server;

struct session {
	const struct options *options;
	const struct session_view *view; /* NULL: none */
	struct cgroup_fs *cgroups;
	struct registry *registry;
	struct output *output;
	struct tracer *tracer;
	struct targets *targets;
	struct arrivals *arrivals;
	struct summary *summary;
	struct gap *gap;         /* NULL without --state */
	bool gap_failed;         /* and that was said */
	struct metrics *metrics; /* NULL without --listen, like the server */
	struct metrics_server *server;
	int signals;                     /* signalfd */
	int events;                      /* epoll */
	__u64 live_ns;                   /* the filters are in use since then, CLOCK_BOOTTIME */
	__u64 end_ns;                    /* of --duration, CLOCK_MONOTONIC; 0: none */
	struct signalfd_siginfo seen[8]; /* signals that came while the output was waited for */
	size_t seen_count;
	bool told_to_end; /* by a signal */
	bool given_up;    /* the output's reader: what is left is only counted */
	__u64 opens, lost;
	unsigned int quiet_ticks; /* the last ones that brought nothing */
	__u64 losses_due_ns;      /* when to ask for them next */
	struct complaints complaints;
	struct error *err; /* of the call under way, for the handlers */
};

/* For tracer_open(): what the kernel tells goes to s. */
struct tracer_handler session_handler(struct session *s);

/* For arrivals_settings: write and count a loss whose container is known. */
int session_lost(const struct container *c, __u64 root_id, enum loss_reason reason, __u64 n,
		 void *arg);

/* The same: nothing more is to be counted of a cgroup. */
void session_cgroup_gone(__u64 cgroup_id, void *arg);

/* A census_tell, for targets_settings. */
int session_container(enum container_action action, const struct container *c, void *arg);

/* For output_settings.give_up: has a signal told us to end, while the output's reader takes
 * nothing? */
bool session_told_to_end(void *arg);

/* What the output is called in messages. */
const char *session_output_name(const struct session *s);

/* r, with its sentence in s->err; 0 where the output has been given up. */
int session_write_failed(struct session *s, int r);

#endif
