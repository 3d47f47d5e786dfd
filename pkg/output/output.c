/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The buffer between lines and the file they go to.
 *
 * A format writes its line straight into the buffer, which always has room for
 * one more; write(2) sees many lines at once, except on a terminal.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output/format.h"
#include "output/output.h"
#include "output/sink.h"

#define BUFFER_BYTES     (256 * 1024)
#define TERMINAL_COLUMNS 80 /* of a terminal that does not tell */

struct output {
	const struct output_view *view; /* NULL, or nothing is ever written */
	const struct format *format;
	struct format_context context;
	int fd;
	struct sink sink;
	bool is_terminal;
	int failed;       /* negative errno of a write; nothing is written after it */
	size_t unwritten; /* lines that it and what came after cost */
	char *node_name;
	size_t used;
	char buffer[BUFFER_BYTES];
};

/* no-color.org, and a terminal that knows nothing but letters */
bool output_color_wanted(enum output_color when, int fd)
{
	const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	return isatty(fd) && !(no && *no) && terminal && strcmp(terminal, "dumb") != 0;
}

static size_t count_lines(const char *data, size_t len)
{
	size_t lines = 0;

	for (const char *end = data + len; (data = memchr(data, '\n', end - data)); data++)
		lines++;
	return lines;
}

int output_flush(struct output *o)
{
	size_t written = 0;

	if (!o->failed)
		o->failed = sink_write(&o->sink, o->buffer, o->used, &written);
	if (o->failed)
		o->unwritten += count_lines(o->buffer + written, o->used - written);
	o->used = 0;
	return o->failed;
}

/* Where the next line goes.  A terminal may have been resized since the last. */
static char *next_line(struct output *o)
{
	struct winsize size;

	if (o->is_terminal) {
		o->context.columns = TERMINAL_COLUMNS;
		if (!ioctl(o->fd, TIOCGWINSZ, &size) && size.ws_col)
			o->context.columns = size.ws_col;
	}
	return o->buffer + o->used;
}

static int line_done(struct output *o, size_t len)
{
	o->used += len;
	if (o->is_terminal || BUFFER_BYTES - o->used < OUTPUT_LINE_BYTES)
		return output_flush(o);
	return o->failed;
}

int output_open(struct output **out, const struct output_settings *settings, struct error *err)
{
	struct output *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return error_set(err, -ENOMEM, "set up the output");

	o->view = settings->view;
	o->fd = settings->fd;
	sink_open(&o->sink, o->fd, &settings->give_up);
	o->is_terminal = isatty(o->fd);
	o->format = settings->format == OUTPUT_TABLE ? &table_format : &json_format;
	o->context.color = output_color_wanted(settings->color, o->fd);
	event_clock_start(&o->context.clock);

	if (settings->node_name) {
		o->node_name = strdup(settings->node_name);
		if (!o->node_name) {
			output_free(o);
			return error_set(err, -ENOMEM, "set up the output");
		}
		o->context.node_name = o->node_name;
	}

	if (o->format->header && !o->view) {
		r = line_done(o, o->format->header(&o->context, next_line(o)));
		if (r < 0) {
			output_free(o);
			return error_set(err, r, "write the table's header");
		}
	}

	*out = o;
	return 0;
}

int output_open_event(struct output *o, const struct open_event *ev, const struct container *c)
{
	if (o->view)
		return o->view->open(ev, c, o->view->arg);
	return line_done(o, o->format->open_event(&o->context, next_line(o), ev, c));
}

int output_lost(struct output *o, const struct container *c, __u64 cgroup_id, __u64 count,
		const char *reason)
{
	struct lost_event lost = { boot_now_ns(), cgroup_id, count, reason };

	if (o->view)
		return o->view->lost(c, cgroup_id, count, o->view->arg);
	return line_done(o, o->format->lost(&o->context, next_line(o), &lost, c));
}

const char *container_action_name(enum container_action action)
{
	static const char *const names[] = {
		[CONTAINER_RUNNING] = "running",
		[CONTAINER_STARTED] = "started",
		[CONTAINER_STOPPED] = "stopped",
	};

	return names[action];
}

int output_container(struct output *o, enum container_action action, const struct container *c)
{
	struct container_event change = { boot_now_ns(), action };

	if (o->view)
		return o->view->container(action, c, o->view->arg);
	return line_done(o, o->format->container(&o->context, next_line(o), &change, c));
}

int output_gap(struct output *o, const char from[static TIME_TEXT_BYTES], __u64 to_ns)
{
	struct gap_event gap = { to_ns, from };

	return line_done(o, o->format->gap(&o->context, next_line(o), &gap));
}

int output_summary(struct output *o, const struct container *c, const struct summary_event *ev)
{
	struct summary_event now = *ev;

	if (o->view)
		return o->view->summary(c, ev, o->view->arg);
	now.when_ns = boot_now_ns();
	return line_done(o, o->format->summary(&o->context, next_line(o), &now, c));
}

size_t output_unwritten(const struct output *o)
{
	return o->unwritten;
}

void output_free(struct output *o)
{
	if (!o)
		return;
	sink_close(&o->sink);
	free(o->node_name);
	free(o);
}
