// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A pipe or terminal may be shared with other programs, and O_NONBLOCK is shared with
 * them: it is not ours to set.  Opened again by way of /proc it is a description of our
 * own.  Where that can't be (a socket; no /proc), small pieces are written only when
 * there is room for one.
 */
#include "output/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/clock.h"

#define ASK_INTERVAL_MS 100

static int open_again(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void sink_open(struct sink *s, int fd, const struct give_up *give_up)
{
	struct stat st;
	mode_t mode = fstat(fd, &st) ? S_IFSOCK : st.st_mode;
	bool may_block = S_ISFIFO(mode) || S_ISSOCK(mode) || isatty(fd);
	int again = may_block ? open_again(fd) : -1;
	*s = (struct sink){
		.fd = again >= 0 ? again : fd,
		.own = again >= 0,
		.chunk = may_block && again < 0 ? PIPE_BUF : 0,
		.give_up = *give_up,
	};
}

void sink_close(struct sink *s)
{
	if (s->own)
		close(s->fd);
	s->own = false;
}

/* Nothing has been taken for too long since the run was told to end. */
static bool is_dead(struct sink *s)
{
	if (!s->give_up.asked || !s->give_up.asked(s->give_up.arg))
		return false;
	if (!s->since_ns)
		s->since_ns = awake_now_ns();
	return awake_now_ns() - s->since_ns > SINK_PATIENCE_MS * 1000000ull;
}

static int wait_writable(struct sink *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLOUT };

	for (;;) {
		int n = poll(&p, 1, ASK_INTERVAL_MS);

		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (is_dead(s))
			return -ETIMEDOUT;
	}
}

int sink_write(struct sink *s, const char *data, size_t len, size_t *written)
{
	int r = 0;

	*written = 0;
	while (!r && *written < len) {
		size_t left = len - *written;
		ssize_t n;

		if (s->chunk)
			r = wait_writable(s);
		if (r < 0)
			break;
		n = write(s->fd, data + *written, s->chunk && left > s->chunk ? s->chunk : left);
		if (n >= 0) {
			*written += n;
			s->since_ns = 0;
		} else if (errno == EAGAIN) {
			r = wait_writable(s);
		} else if (errno != EINTR) {
			r = -errno;
		}
	}
	return r;
}
