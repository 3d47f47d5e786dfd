/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The buffer between lines and the file they go to.
 *
 * A format writes its line straight into the buffer, which always has room for
 * one more; write(2) sees many lines at once, except on a terminal.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output/format.h"
#include "output/output.h"

#define BUFFER_BYTES     (256 * 1024)
#define TERMINAL_COLUMNS 80 /* of a terminal that does not tell */

struct output {
	const struct format *format;
	struct format_context context;
	int fd;
	bool is_terminal;
	int failed; /* negative errno of a write; nothing is written after it */
	char *node_name;
	size_t used;
	char buffer[BUFFER_BYTES];
};

/* The caller may share a pipe that does not block: wait until it takes more. */
static int wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n >= 0) {
			data += n;
			len -= n;
		} else if (errno == EAGAIN) {
			int r = wait_writable(fd);

			if (r < 0)
				return r;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int output_flush(struct output *o)
{
	if (!o->failed)
		o->failed = write_all(o->fd, o->buffer, o->used);
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

	o->fd = settings->fd;
	o->is_terminal = isatty(o->fd);
	o->format = settings->format == OUTPUT_TABLE ? &table_format : &json_format;
	event_clock_start(&o->context.clock);

	if (settings->node_name) {
		o->node_name = strdup(settings->node_name);
		if (!o->node_name) {
			output_free(o);
			return error_set(err, -ENOMEM, "set up the output");
		}
		o->context.node_name = o->node_name;
	}

	if (o->format->header) {
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
	return line_done(o, o->format->open_event(&o->context, next_line(o), ev, c));
}

int output_lost(struct output *o, const struct container *c, __u64 cgroup_id, __u64 count,
		const char *reason)
{
	struct lost_event lost = { boot_now_ns(), cgroup_id, count, reason };

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

	return line_done(o, o->format->container(&o->context, next_line(o), &change, c));
}

int output_summary(struct output *o, const struct container *c, const struct summary_event *ev)
{
	struct summary_event now = *ev;

	now.when_ns = boot_now_ns();
	return line_done(o, o->format->summary(&o->context, next_line(o), &now, c));
}

void output_free(struct output *o)
{
	if (!o)
		return;
	free(o->node_name);
	free(o);
}
