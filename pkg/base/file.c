// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/openat2.h>

#include "base/cleanup.h"

/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
#define READ_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)

enum {
	SIZE_UNKNOWN = 4096, /* where the file says none */
};

/* A byte more than max is room enough to see that a file is longer than max. */
static int grow(char **buf, size_t *size, size_t first, size_t max)
{
	size_t wanted = *size ? *size * 2 : first;
	char *bigger;

	if (wanted > max + 1)
		wanted = max + 1;

	bigger = realloc(*buf, wanted + 1);
	if (!bigger)
		return -ENOMEM;

	*buf = bigger;
	*size = wanted;
	return 0;
}

/* Reads to the end, whatever size is stated: procfs says 0, and a file may be growing. */
static int read_all(int fd, size_t stated, size_t max, char **text, size_t *len)
{
	/* with room for a byte more, the next read says that this was all */
	size_t first = stated ? stated + 1 : SIZE_UNKNOWN;
	auto_free char *buf = NULL;
	size_t size = 0, used = 0;
	ssize_t n;
	int r;

	do {
		if (used == size) {
			r = grow(&buf, &size, first, max);
			if (r < 0)
				return r;
		}

		n = read(fd, buf + used, size - used);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			used += (size_t)n;
		if (used > max)
			return -EFBIG;
	} while (n);

	buf[used] = '\0';
	*text = steal_ptr(&buf);
	if (len)
		*len = used;
	return 0;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static int read_regular(int fd, size_t max, char **text, size_t *len, struct stat *st)
{
	if (fstat(fd, st) < 0)
		return -errno;
	if (!S_ISREG(st->st_mode))
		return -EMEDIUMTYPE;
	if (st->st_size > (off_t)max)
		return -EFBIG;
	return read_all(fd, (size_t)st->st_size, max, text, len);
}

int file_read(int dir_fd, const char *path, size_t max, char **text, size_t *len)
{
	auto_close int fd = openat(dir_fd, path, READ_FLAGS);
	struct stat st;

	if (fd < 0)
		return -errno;
	return read_regular(fd, max, text, len, &st);
}

int file_read_beneath(int dir_fd, const char *path, size_t max, char **text, size_t *len,
		      struct stat *st)
{
	struct open_how how = {
		.flags = READ_FLAGS,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	auto_close int fd = (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
	auto_free char *read = NULL;
	struct stat before, after;
	size_t read_len = 0;
	int r;

	if (fd < 0)
		return -errno;
	r = read_regular(fd, max, &read, &read_len, &before);
	if (r < 0)
		return r;
	if (fstat(fd, &after) < 0)
		return -errno;
	if (before.st_size != after.st_size || !same_time(&before.st_mtim, &after.st_mtim))
		return -EAGAIN;

	*text = steal_ptr(&read);
	if (len)
		*len = read_len;
	if (st)
		*st = after;
	return 0;
}
