/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the test programs say of each open they make: one JSON object a line on
 * stdout, taken from the kernel's answers and nothing else.  It is code in a
 * header because every program here is one file.
 *
 * Strings are bytes: each byte is the code point of the same number, so that
 * text.encode("latin-1") gives back what the kernel saw.
 *
 * Nothing in here opens a file, or calls what might: the trace of a program
 * holds the opens it reports and no others.  That is why there is no malloc
 * (a thread's first one reads /sys) and no stdio.
 */
#ifndef TESTS_REPORT_H
#define TESTS_REPORT_H

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "give_up.h"

struct report {
	const char *call;
	const char *name; /* NULL: none was passed, or it was no readable string */
	unsigned long flags;
	unsigned int mode;
	unsigned long resolve;
	int dirfd;   /* where a relative name starts; AT_FDCWD if it does not matter */
	int fd;      /* or -errno */
	int proc_fd; /* of /proc, after a chroot; else -1 */
	int direct;  /* opened into an io_uring's own table: no descriptor to look up */
};

static pthread_mutex_t report_lock = PTHREAD_MUTEX_INITIALIZER;
static char report_line[256 * 1024];
static size_t report_len;

__attribute__((format(printf, 1, 2))) static inline void report_add(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_len +=
		vsnprintf(report_line + report_len, sizeof(report_line) - report_len, format, args);
	va_end(args);
}

static inline void report_string(const char *key, const char *s, size_t len)
{
	size_t i;

	report_add(",\"%s\":\"", key);
	for (i = 0; i < len; i++) {
		unsigned char c = s[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			report_add("\\u%04x", c);
		else
			report_add("%c", c);
	}
	report_add("\"");
}

static inline void report_write(void)
{
	size_t done = 0;

	report_add("}\n");
	while (done < report_len) {
		ssize_t n = write(1, report_line + done, report_len - done);

		if (n <= 0)
			_exit(3);
		done += n;
	}
	report_len = 0;
}

/* The path that /proc gives for "fd/3" or "cwd" of this thread, if it gives one. */
static inline void report_link(const char *key, int proc_fd, const char *link)
{
	char at[64], path[8192];
	ssize_t n;

	snprintf(at, sizeof(at), "%s%s", proc_fd >= 0 ? "thread-self/" : "/proc/thread-self/",
		 link);
	n = readlinkat(proc_fd >= 0 ? proc_fd : -100, at, path, sizeof(path));
	if (n >= 0)
		report_string(key, path, n);
}

static inline void report_open(const struct report *r)
{
	char link[32];

	pthread_mutex_lock(&report_lock);
	report_add(
		"{\"call\":\"%s\",\"pid\":%d,\"tid\":%ld,\"flags\":%lu,\"mode\":%u,\"resolve\":%lu",
		r->call, getpid(), syscall(SYS_gettid), r->flags, r->mode, r->resolve);
	if (r->name)
		report_string("name", r->name, strlen(r->name));
	if (r->fd >= 0 && r->direct) {
		report_add(",\"direct\":true");
	} else if (r->fd >= 0) {
		report_add(",\"fd\":%d", r->fd);
		snprintf(link, sizeof(link), "fd/%d", r->fd);
		report_link("path", r->proc_fd, link);
	} else {
		report_add(",\"error\":\"%s\"", strerrorname_np(-r->fd));
	}
	if (r->dirfd >= 0) {
		snprintf(link, sizeof(link), "fd/%d", r->dirfd);
		report_link("base", r->proc_fd, link);
	} else {
		report_link("base", r->proc_fd, "cwd");
	}
	report_write();
	pthread_mutex_unlock(&report_lock);
}

/* For the programs that do too many opens to tell one by one. */
static inline void report_done(unsigned long done, unsigned long failed)
{
	pthread_mutex_lock(&report_lock);
	report_add("{\"pid\":%d,\"done\":%lu,\"failed\":%lu", getpid(), done, failed);
	report_write();
	pthread_mutex_unlock(&report_lock);
}

#endif
