// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "gap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PERIOD_NS  1000000000ull
#define NOTE_BYTES (TIME_TEXT_BYTES + 1) /* and a newline */

struct gap {
	int fd;
	bool locked;
	bool noted; /* from is what was */
	char from[TIME_TEXT_BYTES];
	__u64 due_ns;
	struct event_clock clock;
	struct time_text text;
};

/* Of the open file, so that it goes with the process, however that ends. */
static bool lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return !fcntl(fd, F_OFD_SETLK, &whole);
}

static bool is_time(const char *text)
{
	static const char pattern[] = "0000-00-00T00:00:00.000000000Z\n";

	for (int i = 0; i < NOTE_BYTES; i++)
		if (pattern[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i])
			return false;
	return true;
}

/* A file that is a byte longer is somebody else's. */
static int read_note(struct gap *g, const char *path, struct error *err)
{
	char text[NOTE_BYTES + 1];
	ssize_t n = read(g->fd, text, sizeof(text));

	if (n < 0)
		return error_set(err, -errno, "read '%s'", path);
	if (!n)
		return 0;
	if (n != NOTE_BYTES || !is_time(text))
		return error_say(err, -EINVAL,
				 "'%s' was not written by ctrace --state; name another file", path);
	memcpy(g->from, text, sizeof(g->from));
	g->noted = true;
	return 0;
}

int gap_open(struct gap **out, const char *path, struct error *err)
{
	struct gap *g = calloc(1, sizeof(*g));
	int r = 0;

	if (!g)
		return error_set(err, -ENOMEM, "open '%s'", path);
	g->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	if (g->fd < 0)
		r = error_set(err, -errno, "open '%s' for --state", path);
	if (!r) {
		event_clock_start(&g->clock);
		g->locked = lock(g->fd);
		r = read_note(g, path, err);
	}
	if (r < 0) {
		gap_free(g);
		return r;
	}
	*out = g;
	return 0;
}

void gap_free(struct gap *g)
{
	if (!g)
		return;
	cleanup_close(&g->fd);
	free(g);
}

bool gap_from(const struct gap *g, char from[static TIME_TEXT_BYTES])
{
	if (!g->noted || !g->locked)
		return false;
	memcpy(from, g->from, sizeof(g->from));
	return true;
}

bool gap_is_due(const struct gap *g, __u64 boot_ns)
{
	return boot_ns >= g->due_ns;
}

int gap_note(struct gap *g, __u64 boot_ns)
{
	char text[NOTE_BYTES];

	g->due_ns = boot_ns + PERIOD_NS;
	if (!g->locked)
		g->locked = lock(g->fd);
	if (!g->locked)
		return 0;
	time_text_utc(&g->text, event_clock_real_ns(&g->clock, boot_ns), text);
	text[TIME_TEXT_BYTES] = '\n';
	if (lseek(g->fd, 0, SEEK_SET) || write(g->fd, text, sizeof(text)) != sizeof(text))
		return errno ? -errno : -EIO;
	return 0;
}
