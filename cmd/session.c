// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* All that a run needs, opened and freed. */
#include "session_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "base/cleanup.h"
#include "confine.h"
#include "gap.h"
#include "metrics/server.h"
#include "say.h"

static int open_events(struct session *s, int output_fd, struct error *err)
{
	struct epoll_event ring = { .events = EPOLLIN | EPOLLET };
	struct epoll_event signals = { .events = EPOLLIN };
	struct epoll_event ends = { .events = EPOLLIN | EPOLLET };
	struct epoll_event reader = { .events = 0 }; /* only that it is gone */
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(session_signals) / sizeof(session_signals[0]); i++)
		sigaddset(&set, session_signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN); /* write() tells us */

	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	s->events = epoll_create1(EPOLL_CLOEXEC);
	signals.data.fd = s->signals;
	reader.data.fd = output_fd;
	ring.data.fd = tracer_fd(s->tracer);
	if (s->signals < 0 || s->events < 0 ||
	    epoll_ctl(s->events, EPOLL_CTL_ADD, s->signals, &signals) ||
	    epoll_ctl(s->events, EPOLL_CTL_ADD, ring.data.fd, &ring))
		return error_set(err, -errno, "wait for events");
	if (targets_fd(s->targets) >= 0) /* only to look sooner */
		epoll_ctl(s->events, EPOLL_CTL_ADD, targets_fd(s->targets), &ends);
	/* A regular file can't be waited for (EPERM), and its reader can't go away. */
	epoll_ctl(s->events, EPOLL_CTL_ADD, output_fd, &reader);
	return 0;
}

static int open_containers(struct session *s, struct error *err)
{
	const struct registry_settings settings = {
		.cgroups = s->cgroups,
		.runtimes = {
			.host_root = s->options->host_root,
			.extra_roots = s->options->runtime_roots.at,
			.labels = &s->options->label_keys,
			.unreadable = complaints_say,
			.unreadable_arg = &s->complaints,
		},
	};

	return registry_open(&s->registry, &settings, err);
}

static int open_tracer(struct session *s, struct error *err)
{
	const struct tracer_handler handler = session_handler(s);
	struct tracer_settings settings = {
		.kernel = s->options->filters,
		.ring_bytes = s->options->ring_bytes,
		.backend = s->options->backend,
		.verbose = s->options->verbose,
	};

	settings.kernel.containers = !*s->options->command;
	settings.kernel.watch_cgroups = targets_watch(s->options);
	settings.kernel.provisional = targets_endless(s->options);
	settings.kernel.cgroup_v1 = cgroup_fs_v1_controller(s->cgroups);
	settings.kernel.count_volume = s->options->summary_ns != 0;
	return tracer_open(&s->tracer, &settings, &handler, err);
}

static int open_targets(struct session *s, struct error *err)
{
	const struct targets_settings settings = {
		.options = s->options,
		.cgroups = s->cgroups,
		.registry = s->registry,
		.tracer = s->tracer,
		.tell = session_container,
		.lost = session_lost,
		.arg = s,
	};

	struct arrivals_settings arrivals = {
		.cgroups = s->cgroups,
		.registry = s->registry,
		.tracer = s->tracer,
		.provisional = targets_endless(s->options),
		.lost = session_lost,
		.gone = session_cgroup_gone,
		.arg = s,
	};

	s->targets = targets_new(&settings);
	arrivals.targets = s->targets;
	s->arrivals = s->targets ? arrivals_new(&arrivals) : NULL;
	return s->arrivals ? 0 : error_set(err, -ENOMEM, "start tracing");
}

/* Before anything else: an address that can't be had is told at once. */
static int open_server(struct session *s, struct error *err)
{
	struct metrics_server_settings settings = {
		.listen = s->options->listen,
		.confined = !s->options->no_sandbox,
	};

	if (!s->options->listen)
		return 0;
	s->metrics = metrics_new(s->options->version);
	if (!s->metrics)
		return error_set(err, -ENOMEM, "start tracing");
	settings.metrics = s->metrics;
	return metrics_server_open(&s->server, &settings, err);
}

static int open_summary(struct session *s, struct error *err)
{
	const struct summary_settings settings = {
		.tracer = s->tracer,
		.output = s->output,
		.interval_ns = s->options->summary_ns,
	};

	s->summary = summary_new(&settings);
	return s->summary ? 0 : error_set(err, -ENOMEM, "start tracing");
}

int session_open(struct session **out, const struct options *o, int output_fd,
		 const struct session_view *view, struct error *err)
{
	struct session *s = calloc(1, sizeof(*s));
	const struct output_settings output = {
		.format = o->format,
		.fd = output_fd,
		.node_name = o->node_name,
		.give_up = { session_told_to_end, s },
		.view = view ? &view->output : NULL,
		.color = o->color,
	};
	int r;

	if (!s)
		return error_set(err, -ENOMEM, "start tracing");
	s->options = o;
	s->view = view;
	s->signals = s->events = -1;
	s->err = err;
	r = open_server(s, err);
	if (!r && o->state_path)
		r = gap_open(&s->gap, o->state_path, err);
	if (!r)
		r = cgroup_fs_open(&s->cgroups, o->host_root, err);
	if (!r)
		r = open_containers(s, err);
	if (!r)
		r = output_open(&s->output, &output, err);
	if (!r)
		r = open_tracer(s, err);
	if (!r)
		r = open_targets(s, err);
	if (!r)
		r = open_summary(s, err);
	if (!r)
		r = open_events(s, output_fd, err);
	if (r < 0) {
		session_free(s);
		return r;
	}
	*out = s;
	return 0;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	gap_free(s->gap);
	metrics_server_stop(s->server);
	metrics_free(s->metrics);
	arrivals_free(s->arrivals);
	summary_free(s->summary);
	targets_free(s->targets);
	tracer_free(s->tracer);
	output_free(s->output);
	registry_free(s->registry);
	cgroup_fs_free(s->cgroups);
	complaints_free(&s->complaints);
	cleanup_close(&s->signals);
	cleanup_close(&s->events);
	free(s);
}

int session_count(struct session *s)
{
	return summary_finish(s->summary);
}

const struct tracer *session_tracer(const struct session *s)
{
	return s->tracer;
}

const struct cgroup_fs *session_cgroups(const struct session *s)
{
	return s->cgroups;
}

int session_select(struct session *s, struct error *err)
{
	s->err = err;
	return targets_select(s->targets, err);
}

int session_confine(struct session *s, pid_t child, struct error *err)
{
	int r = confine(s->options, s->cgroups, s->tracer, child, err);

	/* What clients send is looked at only in a process that has given up its rights. */
	if (!r)
		metrics_server_go(s->server);
	return r;
}

void session_announce(struct session *s)
{
	size_t n = targets_count(s->targets);
	bool more = targets_endless(s->options);

	s->live_ns = boot_now_ns(); /* before anybody is told */
	if (s->metrics)
		metrics_live(s->metrics, tracer_backend(s->tracer), tracer_ring_bytes(s->tracer));
	say("tracing %zu container%s or cgroup%s%s (%s backend)", n, n == 1 ? "" : "s",
	    n == 1 ? "" : "s", more ? ", and those still to start" : "", tracer_backend(s->tracer));
}

int session_trace_cgroup(struct session *s, const char *path, struct error *err)
{
	s->err = err;
	return targets_add_cgroup(s->targets, path, err);
}
