// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "commands.h"
#include "say.h"
#include "session.h"

int open_output(const struct options *o, struct error *err)
{
	int fd;

	if (!o->output_path)
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		fd = open(o->output_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_set(err, -errno, "open '%s' for writing",
				 o->output_path ? o->output_path : "stdout");
	return fd;
}

static int trace(struct session *s, struct error *err)
{
	int r;

	r = session_select(s, err);
	if (!r)
		r = session_confine(s, 0, err);
	if (r < 0)
		return r;
	session_announce(s);

	r = session_loop(s, NULL, NULL, err);
	return r < 0 ? r : session_finish(s, err);
}

int trace_to(const struct options *o, int output_fd)
{
	struct session *s = NULL;
	struct error err = {};
	int r;

	r = session_open(&s, o, output_fd, NULL, &err);
	if (!r)
		r = trace(s, &err);
	session_free(s);
	/* `ctrace | head` has all it wanted. */
	if (r < 0 && r != -EPIPE)
		say("%s", err.text);
	return r < 0 && r != -EPIPE ? EXIT_FAILED : EXIT_OK;
}

int trace_main(const struct options *o)
{
	struct error err = {};
	auto_close int output = open_output(o, &err);

	if (output < 0) {
		say("%s", err.text);
		return EXIT_FAILED;
	}
	return trace_to(o, output);
}
