// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "session.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>

#include "arrivals.h"
#include "base/cleanup.h"
#include "complaints.h"
#include "confine.h"
#include "container/registry.h"
#include "event/clock.h"
#include "event/names.h"
#include "gap.h"
#include "metrics/server.h"
#include "output/output.h"
#include "output/visible.h"
#include "summary.h"
#include "targets.h"
#include "tracer/tracer.h"

/* An event waits this long at most for company before it is written. */
#define TICK_MS 20
/* ... of a look, where QUIET_TICKS brought nothing: the next event wakes us by itself. */
#define QUIET_MS    200
#define QUIET_TICKS 3

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

static void (*hear)(const char *line);

void say_to(void (*to)(const char *line))
{
	hear = to;
}

void say(const char *format, ...)
{
	char text[2048], line[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* A container's name or an argument may hold anything: one line, and no escape sequence. */
	visible_text(line, sizeof(line), text);
	if (hear)
		hear(line);
	else
		fprintf(stderr, "ctrace: %s\n", line);
}

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* --- what the kernel tells ------------------------------------------------------- */

static const char *output_name(const struct session *s)
{
	return s->options->output_path ? s->options->output_path : "stdout";
}

static int write_failed(struct session *s, int r)
{
	if (s->given_up)
		return 0;
	return error_set(s->err, r, "write events to '%s'", output_name(s));
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
		return write_failed(s, r);
	s->opens++;
	count(s, METRICS_EVENTS, ev->record->root_id, 1);
	return have_enough(s) ? -ECANCELED : 0;
}

static int on_lost(__u64 root_id, enum loss_reason reason, __u64 n, void *arg)
{
	struct session *s = arg;

	return arrivals_lost(s->arrivals, root_id, reason, n);
}

static int write_lost(const struct container *c, __u64 root_id, enum loss_reason reason, __u64 n,
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
	return r < 0 ? write_failed(s, r) : 0;
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
	return r < 0 ? write_failed(s, r) : 0;
}

static int on_cgroup(const struct cgroup_record *rec, const char *path, void *arg)
{
	struct session *s = arg;
	int r = arrivals_cgroup(s->arrivals, rec, path, s->err);

	if (rec->type == RECORD_CGROUP_GONE) {
		summary_forget(s->summary, rec->cgroup_id);
		if (s->metrics)
			metrics_forget(s->metrics, rec->cgroup_id);
	}
	return r;
}

static int on_container(enum container_action action, const struct container *c, void *arg)
{
	struct session *s = arg;
	int r = output_container(s->output, action, c);

	return r < 0 ? write_failed(s, r) : 0;
}

/* --- signals, and a reader that has stopped ----------------------------------------- */

static bool is_to_end(int signo)
{
	return signo == SIGINT || signo == SIGTERM || signo == SIGHUP;
}

/* A signal, also one that came while the output was waited for. */
static bool next_signal(struct session *s, struct signalfd_siginfo *info)
{
	if (!s->seen_count)
		return read(s->signals, info, sizeof(*info)) == sizeof(*info);
	*info = s->seen[0];
	memmove(s->seen, s->seen + 1, --s->seen_count * sizeof(*info));
	return true;
}

static void beat(struct session *s)
{
	if (s->metrics && s->targets) /* the table's header may already have to wait */
		metrics_beat(s->metrics, tracer_ring_used(s->tracer), targets_count(s->targets));
}

/*
 * Asked by the output while its reader takes nothing.  Only a signal makes it give up:
 * with --count or --duration a pager may well be read later.
 */
static bool told_to_end(void *arg)
{
	struct session *s = arg;

	beat(s); /* a reader that has stopped is no reason to start ctrace anew */
	while (s->seen_count < sizeof(s->seen) / sizeof(s->seen[0]) &&
	       read(s->signals, &s->seen[s->seen_count], sizeof(s->seen[0])) > 0)
		s->seen_count++;
	for (size_t i = 0; i < s->seen_count; i++)
		s->told_to_end |= is_to_end(s->seen[i].ssi_signo);
	return s->told_to_end;
}

/* Where the reader was given up, all that is left to do is to say what that cost. */
static int tell_unwritten(struct session *s, int r)
{
	if (r != -ETIMEDOUT)
		return r;
	s->given_up = true;
	tracer_stop(s->tracer);
	while (tracer_drain(s->tracer) > 0)
		;
	tracer_losses(s->tracer);
	output_flush(s->output);
	return error_say(s->err, r, "the reader of '%s' has stopped: %zu lines were not written",
			 output_name(s), output_unwritten(s->output));
}

/* --- open and close ---------------------------------------------------------------- */

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
	const struct tracer_handler handler = {
		.open = on_open,
		.lost = on_lost,
		.cgroup = on_cgroup,
		.volume = on_volume,
		.arg = s,
	};
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
		.tell = on_container,
		.arg = s,
	};

	struct arrivals_settings arrivals = {
		.cgroups = s->cgroups,
		.registry = s->registry,
		.tracer = s->tracer,
		.provisional = targets_endless(s->options),
		.lost = write_lost,
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
		.give_up = { told_to_end, s },
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

void session_announce(const struct session *s)
{
	size_t n = targets_count(s->targets);
	bool more = targets_endless(s->options);

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

/* --- the loop -------------------------------------------------------------------- */

/* 0: nothing that ends the run. */
static int take_signals(struct session *s, bool (*ended)(void *arg, int signo), void *arg)
{
	struct signalfd_siginfo info;

	while (next_signal(s, &info)) {
		/* Ctrl-C reaches a command of ours by itself: only what a process sent is passed
		 * on. */
		bool from_process = info.ssi_code <= 0;
		int signo = info.ssi_signo;

		s->told_to_end |= is_to_end(signo);

		if (ended && signo != SIGCHLD && !from_process)
			continue;
		if (ended ? ended(arg, signo) : is_to_end(signo))
			return 1;
	}
	return 0;
}

/* Only where what was told before is known: nobody is to think that nothing was missed. */
static int tell_gap(struct session *s)
{
	char from[TIME_TEXT_BYTES];
	int r;

	if (!s->gap || !gap_from(s->gap, from))
		return 0;
	say("nothing was traced since %.*s", TIME_TEXT_BYTES, from);
	r = output_gap(s->output, from);
	return r < 0 ? write_failed(s, r) : 0;
}

/* What came until then has been written.  A disk that is full makes the next gap longer, no more.
 */
static void note_progress(struct session *s, __u64 boot_ns)
{
	int r = gap_note(s->gap, arrivals_waiting_since(s->arrivals, boot_ns));

	if (r < 0 && !s->gap_failed)
		say("write '%s': %s", s->options->state_path, strerror(-r));
	s->gap_failed = r < 0;
}

/* How long nothing need be looked at, but for what wakes us. */
static int quiet_ms(const struct session *s)
{
	__u64 now = now_ns(), left_ms;

	if (s->quiet_ticks < QUIET_TICKS || s->options->summary_ns)
		return TICK_MS;
	if (!s->end_ns)
		return QUIET_MS;
	left_ms = s->end_ns > now ? (s->end_ns - now) / 1000000 + 1 : 0;
	return left_ms < QUIET_MS ? left_ms : QUIET_MS;
}

static void note_quiet(struct session *s, int drained)
{
	if (drained)
		s->quiet_ticks = 0;
	else if (++s->quiet_ticks == 1)
		tracer_sleep(s->tracer); /* the ticks until it counts are the look before it */
}

/* 1: the reader of our output is gone. */
static int wait_for_events(struct session *s)
{
	struct epoll_event fired[4];
	int wait_ms = arrivals_wait_ms(s->arrivals, boot_now_ns(), quiet_ms(s));
	int n = epoll_wait(s->events, fired, 4, wait_ms);

	for (int i = 0; i < n; i++)
		if (fired[i].events & (EPOLLERR | EPOLLHUP))
			return 1;
	return 0;
}

/* Records, then the losses that came before the ones still to come, then out with it. */
static int pass_on(struct session *s, bool with_losses)
{
	int r, drained;

	drained = tracer_drain(s->tracer);
	if (drained < 0)
		return drained;
	r = arrivals_tick(s->arrivals, boot_now_ns(), s->err);
	if (r >= 0 && with_losses)
		r = tracer_losses(s->tracer);
	if (r < 0)
		return r;
	r = output_flush(s->output);
	return r < 0 ? write_failed(s, r) : drained;
}

/* New containers wake us often, and to ask takes a dozen system calls. */
static bool losses_due(struct session *s)
{
	__u64 now = now_ns();

	if (now < s->losses_due_ns)
		return false;
	s->losses_due_ns = now + TICK_MS * 1000000ull;
	return true;
}

static int loop(struct session *s, bool (*ended)(void *arg, int signo), void *arg,
		struct error *err)
{
	int r = tell_gap(s);

	if (r < 0)
		return r;
	s->end_ns = s->options->duration_ns ? now_ns() + s->options->duration_ns : 0;
	for (;;) {
		__u64 before_ns;

		beat(s);
		if (wait_for_events(s))
			return error_say(err, -EPIPE, "the reader of the events is gone");
		before_ns = boot_now_ns();
		r = pass_on(s, losses_due(s));
		if (r == -ECANCELED)
			return 0;
		if (r < 0)
			return r;
		note_quiet(s, r);
		if (s->gap && gap_is_due(s->gap, before_ns))
			note_progress(s, before_ns);

		r = targets_tick(s->targets, now_ns(), err);
		if (r < 0)
			return r;
		r = summary_tick(s->summary, now_ns());
		if (r < 0)
			return r;
		if (s->view && !s->view->look(s->view->arg))
			return 0;
		if (take_signals(s, ended, arg) || (s->end_ns && now_ns() >= s->end_ns) ||
		    (ended ? ended(arg, 0) : targets_ended(s->targets)))
			return 0;
	}
}

int session_loop(struct session *s, bool (*ended)(void *arg, int signo), void *arg,
		 struct error *err)
{
	s->err = err;
	return tell_unwritten(s, loop(s, ended, arg, err));
}

static void say_what_was_seen(const struct session *s)
{
	uint64_t suppressed = summary_suppressed(s->summary);

	if (s->options->summary_ns)
		say("%" PRIu64 " opens, %" PRIu64 " suppressed, %" PRIu64 " lost",
		    (uint64_t)s->opens, suppressed, (uint64_t)s->lost);
	else
		say("%" PRIu64 " opens, %" PRIu64 " lost", (uint64_t)s->opens, (uint64_t)s->lost);
}

int session_finish(struct session *s, struct error *err)
{
	__u64 end_ns;
	int r;

	s->err = err;
	end_ns = boot_now_ns();
	tracer_stop(s->tracer);
	do
		r = pass_on(s, true);
	while (r > 0);
	if (!r)
		r = arrivals_finish(s->arrivals, err);
	if (!r || r == -ECANCELED) {
		bool enough = r;

		r = summary_finish(s->summary);
		if (!r && !enough)
			r = targets_finish(s->targets);
	}
	if (!r) {
		r = output_flush(s->output);
		r = r < 0 ? write_failed(s, r) : 0;
	}
	if (!r && s->gap)
		note_progress(s, end_ns);
	r = tell_unwritten(s, r);
	if (r != -EPIPE)
		say_what_was_seen(s);
	return r;
}
