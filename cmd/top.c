// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Which containers open most, on a screen or as text.
 *
 * Counting is the kernel side's work: all opens that are the same are reported once
 * (dedup_ns without end), of others so many a second at most (rate), and each container and
 * process has its counts in a map.  So a host that does a million opens a second costs
 * hardly more to watch than an idle one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "commands.h"
#include "event/clock.h"
#include "output/visible.h"
#include "say.h"
#include "session.h"
#include "top/screen.h"
#include "top/view.h"
#include "tracer/tracer.h"

#define INTERVAL_NS   2000000000ull
#define FIRST_SIGHTS  2000 /* a second and container: what more is new is counted, not listed */
#define TEXT_ROWS_MAX 8192

struct watch {
	struct options options;
	struct session *session;
	struct top *top;
	struct top_view view;
	__u64 looked_ns; /* CLOCK_MONOTONIC */
	bool drawn;
	bool text_failed;
};

/* The last thing that was said while the screen was not stderr's. */
static char message[512];

static void keep_message(const char *line)
{
	snprintf(message, sizeof(message), "%s", line);
}

/* --- what comes ------------------------------------------------------------------ */

static int on_open(const struct open_event *ev, const struct container *c, void *arg)
{
	struct watch *w = arg;

	return top_open(w->top, c, ev);
}

static int on_lost(const struct container *c, __u64 cgroup_id, __u64 count, void *arg)
{
	struct watch *w = arg;

	return top_lost(w->top, c, cgroup_id, count);
}

static int on_container(enum container_action action, const struct container *c, void *arg)
{
	struct watch *w = arg;

	if (action == CONTAINER_STOPPED)
		top_gone(w->top, c->cgroup_id);
	return 0;
}

static int on_summary(const struct container *c, const struct summary_event *ev, void *arg)
{
	struct watch *w = arg;

	return top_summary(w->top, c, ev);
}

static __u64 repeated(__u64 hash, void *arg)
{
	const struct watch *w = arg;

	return tracer_repeated(session_tracer(w->session), hash);
}

static int on_process(__u32 tgid, const struct process_counts *total, void *arg)
{
	top_process(arg, tgid, total);
	return 0;
}

static void processes(__u64 root_id, struct top *top, void *arg)
{
	const struct watch *w = arg;

	tracer_processes(session_tracer(w->session), root_id, on_process, top);
}

static char *cgroup_path(__u64 root_id, void *arg)
{
	const struct watch *w = arg;
	char *path = NULL;

	cgroup_path_of_id(session_cgroups(w->session), root_id, &path, NULL);
	return path;
}

/* --- text ------------------------------------------------------------------------ */

static void print_text(struct watch *w)
{
	static struct counter_row *rows[TEXT_ROWS_MAX];
	char line[TOP_LINE_BYTES], when[32];
	time_t now = time(NULL);
	struct top_sums sums;
	struct tm tm;
	size_t n;

	top_sums(w->top, &sums);
	top_text_sums(line, &sums, NULL, 0);
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%H:%M:%S", &tm);
	printf("%s  %s\n", when, line);
	top_text_titles(line, TOP_CONTAINERS, 0);
	puts(line);
	n = top_view_rows(&w->view, w->top, rows, TEXT_ROWS_MAX);
	for (size_t i = 0; i < n && i < TEXT_ROWS_MAX; i++) {
		top_text_row(line, TOP_CONTAINERS, rows[i], 0);
		puts(line);
	}
	putchar('\n');
	w->text_failed = fflush(stdout) || ferror(stdout);
}

/* --- looking --------------------------------------------------------------------- */

/* False: the one who watches has had enough, or is gone. */
static bool take_keys(struct watch *w, bool *changed)
{
	for (int key; (key = screen_key());) {
		if (key < 0 || !top_view_key(&w->view, w->top, key))
			return false;
		*changed = true;
	}
	return true;
}

static bool is_due(struct watch *w, __u64 now)
{
	return !w->view.paused && now - w->looked_ns >= w->options.interval_ns;
}

static bool count(struct watch *w, __u64 now)
{
	if (session_count(w->session) < 0)
		return false;
	top_look(w->top, (now - w->looked_ns) / 1e9);
	w->looked_ns = now;
	if (w->view.open_id && !top_table(w->top, w->view.table))
		top_view_key(&w->view, w->top, TOP_KEY_BACK); /* the container is gone */
	return true;
}

static bool look(void *arg)
{
	struct watch *w = arg;
	__u64 now = awake_now_ns();
	bool due = is_due(w, now), changed = !w->drawn;

	if (due && !count(w, now))
		return false;
	if (!w->options.screen) {
		if (due)
			print_text(w);
		return !w->text_failed;
	}
	if (!take_keys(w, &changed))
		return false;
	if (screen_resized() || due || changed)
		screen_draw(&w->view, w->top, *message ? message : NULL);
	w->drawn = true;
	return true;
}

/* --- all of it ------------------------------------------------------------------- */

static void set_filters(struct options *o)
{
	if (!o->interval_ns)
		o->interval_ns = INTERVAL_NS;
	o->summary_ns = ~0ull / 2; /* kept, and asked for by session_count() */
	o->filters.dedup_ns = ~0ull;
	o->filters.rate = FIRST_SIGHTS;
	o->filters.count_processes = 1;
}

/* A screen where there is a terminal to show it and one to take keys from. */
static void open_screen(struct watch *w)
{
	struct error err;

	w->options.screen = false;
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		return;
	if (screen_open(output_color_wanted(w->options.color, STDOUT_FILENO), &err) < 0) {
		say("%s, so text follows; set TERM for a screen", err.text);
		return;
	}
	w->options.screen = true;
	say_to(keep_message);
}

static int watch(struct watch *w, struct error *err)
{
	int r = session_select(w->session, err);

	if (r < 0)
		return r;
	open_screen(w);
	r = session_confine(w->session, 0, err);
	if (r < 0)
		return r;
	if (!w->options.screen)
		session_announce(w->session);
	w->looked_ns = awake_now_ns();
	r = session_loop(w->session, NULL, NULL, err);
	if (!r && !w->options.screen && !w->text_failed && count(w, awake_now_ns()))
		print_text(w); /* what came since the last look */
	return r;
}

int top_main(const struct options *o)
{
	struct watch w = { .options = *o };
	const struct top_source source = { repeated, processes, cgroup_path, &w };
	const struct session_view view = {
		.output = { on_open, on_lost, on_container, on_summary, &w },
		.look = look,
		.arg = &w,
	};
	struct error err = {};
	int r = -ENOMEM;

	set_filters(&w.options);
	w.top = top_new(&source);
	if (w.top)
		r = session_open(&w.session, &w.options, STDOUT_FILENO, &view, &err);
	else
		error_set(&err, r, "start counting");
	if (!r)
		r = watch(&w, &err);
	screen_close();
	say_to(NULL);
	session_free(w.session);
	top_free(w.top);
	if (r < 0 && r != -EPIPE)
		say("%s", err.text);
	return r < 0 && r != -EPIPE ? EXIT_FAILED : EXIT_OK;
}
