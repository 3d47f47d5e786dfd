// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* From the first event to the last: what wakes us, in which order it is looked at, what ends it. */
#include "session_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "event/clock.h"
#include "gap.h"
#include "say.h"

/* An event waits this long at most for company before it is written. */
#define TICK_MS 20
/* ... of a look, where QUIET_TICKS brought nothing: the next event wakes us by itself. */
#define QUIET_MS    200
#define QUIET_TICKS 3

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
bool session_told_to_end(void *arg)
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
			 session_output_name(s), output_unwritten(s->output));
}

/* --- the loop -------------------------------------------------------------------- */

/* Only where what was told before is known: nobody is to think that nothing was missed. */
static int tell_gap(struct session *s)
{
	char from[TIME_TEXT_BYTES];
	int r;

	if (!s->gap || !gap_from(s->gap, from))
		return 0;
	say("nothing was traced since %.*s", TIME_TEXT_BYTES, from);
	r = output_gap(s->output, from, s->live_ns);
	return r < 0 ? session_write_failed(s, r) : 0;
}

/* What came until then has been written.  A disk that is full makes the next gap longer, no more.
 */
static void note_progress(struct session *s, __u64 boot_ns)
{
	int r = gap_note(s->gap, arrivals_waiting_since(s->arrivals, boot_ns));

	if (r < 0 && !s->gap_failed)
		say("can't write '%s': %s", s->options->state_path, strerror(-r));
	s->gap_failed = r < 0;
}

/* How long nothing need be looked at, but for what wakes us. */
static int quiet_ms(const struct session *s)
{
	__u64 now = awake_now_ns(), left_ms;

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
	int wait_ms = arrivals_wait_ms(s->arrivals, awake_now_ns(), quiet_ms(s));
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
	r = arrivals_tick(s->arrivals, awake_now_ns(), s->err);
	if (r >= 0 && with_losses)
		r = tracer_losses(s->tracer);
	if (r < 0)
		return r;
	r = output_flush(s->output);
	return r < 0 ? session_write_failed(s, r) : drained;
}

/* New containers wake us often, and to ask takes a dozen system calls. */
static bool losses_due(struct session *s)
{
	__u64 now = awake_now_ns();

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
	s->end_ns = s->options->duration_ns ? awake_now_ns() + s->options->duration_ns : 0;
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

		r = targets_tick(s->targets, awake_now_ns(), err);
		if (r < 0)
			return r;
		r = summary_tick(s->summary, awake_now_ns());
		if (r < 0)
			return r;
		if (s->view && !s->view->look(s->view->arg))
			return 0;
		if (take_signals(s, ended, arg) || (s->end_ns && awake_now_ns() >= s->end_ns) ||
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

/* --- the end --------------------------------------------------------------------- */

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
		r = r < 0 ? session_write_failed(s, r) : 0;
	}
	if (!r && s->gap)
		note_progress(s, end_ns);
	r = tell_unwritten(s, r);
	if (r != -EPIPE)
		say_what_was_seen(s);
	return r;
}
