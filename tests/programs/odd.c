// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Opens that take more than one call to bring about, each reported:
 *
 *	odd interrupted FIFO     a signal ends a blocked open: EINTR
 *	odd restarted FIFO       the same with SA_RESTART: it goes on until it succeeds
 *	odd deleted FILE         FILE is removed, then opened through its old descriptor
 *	odd absent-page FILE     the name is the text in FILE, its page not in memory
 *	odd absent-half FILE     only the part of the name in FILE's second page is not
 *	odd memfd NAME           a file in memory, opened through its descriptor
 *	odd quiet                descriptors that no open made: nothing to report
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

#include "report.h"

static int reported_open(const char *name, int flags, int mode)
{
	struct report r = { .call = "openat",
			    .name = name,
			    .flags = flags,
			    .mode = mode,
			    .dirfd = AT_FDCWD,
			    .proc_fd = -1 };

	r.fd = syscall(SYS_openat, AT_FDCWD, name, flags, mode);
	if (r.fd < 0)
		r.fd = -errno;
	report_open(&r);
	return r.fd;
}

/* --- signals ------------------------------------------------------------------- */

static void on_alarm(int signal)
{
	(void)signal;
}

/* Opening both ends never blocks, and lets the blocked reader go on. */
static void *open_other_end(void *fifo)
{
	struct timespec later = { 0, 600 * 1000 * 1000 };

	nanosleep(&later, NULL);
	reported_open(fifo, O_RDWR, 0);
	return NULL;
}

static void interrupted(const char *fifo, bool restart)
{
	struct itimerval soon = { .it_value = { 0, 200 * 1000 } };
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = restart ? SA_RESTART : 0 };
	pthread_t other;
	sigset_t alarms;

	/* The signal must come to this thread: the other one is born with it blocked. */
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	if (restart && pthread_create(&other, NULL, open_other_end, (void *)fifo) != 0)
		give_up("pthread_create");
	pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	reported_open(fifo, O_RDONLY, 0);
	if (restart)
		pthread_join(other, NULL);
}

/* --- names and files that are gone ----------------------------------------------- */

static void deleted(const char *file)
{
	char link[64];
	int fd = reported_open(file, O_RDWR | O_CREAT, 0644);

	if (fd < 0 || unlink(file) < 0)
		give_up(file);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	reported_open(link, O_RDONLY, 0);
}

/*
 * The name is read from a mapping whose page table entry is dropped first, so
 * that the call itself is the first to touch it.  keep is how many bytes from
 * the start stay present.
 */
static void absent(const char *file, size_t keep)
{
	char copy[4096], *at;
	struct report r = { .call = "openat", .name = copy, .dirfd = AT_FDCWD, .proc_fd = -1 };
	int fd = reported_open(file, O_RDONLY, 0);
	struct stat st;
	size_t start;

	if (fd < 0 || fstat(fd, &st) < 0)
		give_up(file);
	at = mmap(NULL, st.st_size + 1, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		give_up("mmap");
	/* For half a name the file starts with blanks, up to just before the page's end. */
	start = strspn(at, " ");
	snprintf(copy, sizeof(copy), "%s", at + start);

	/* Neither this process nor the page cache keeps it, so far as the kernel obeys. */
	if (madvise(at, st.st_size + 1, MADV_RANDOM) < 0 ||
	    madvise(at + keep, st.st_size + 1 - keep, MADV_DONTNEED) < 0)
		give_up("madvise");
	posix_fadvise(fd, keep, 0, POSIX_FADV_DONTNEED);

	r.fd = syscall(SYS_openat, AT_FDCWD, at + start, O_RDONLY, 0);
	if (r.fd < 0)
		r.fd = -errno;
	report_open(&r);
}

static void memfd(const char *name)
{
	char at[64];
	int fd = memfd_create(name, 0);

	if (fd < 0)
		give_up("memfd_create");
	snprintf(at, sizeof(at), "/proc/self/fd/%d", fd);
	reported_open(at, O_RDWR, 0);
}

static void quiet(void)
{
	int pair[2];

	if (dup(1) < 0 || pipe(pair) < 0 || memfd_create("x", 0) < 0 ||
	    socket(AF_UNIX, SOCK_STREAM, 0) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ||
	    fcntl(1, F_DUPFD, 50) < 0)
		give_up("quiet");
	report_done(0, 0);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "quiet") == 0)
		quiet();
	else if (argc != 3)
		return 2;
	else if (strcmp(what, "interrupted") == 0)
		interrupted(argv[2], false);
	else if (strcmp(what, "restarted") == 0)
		interrupted(argv[2], true);
	else if (strcmp(what, "deleted") == 0)
		deleted(argv[2]);
	else if (strcmp(what, "memfd") == 0)
		memfd(argv[2]);
	else if (strcmp(what, "absent-page") == 0)
		absent(argv[2], 0);
	else if (strcmp(what, "absent-half") == 0)
		absent(argv[2], 4096);
	else
		return 2;
	return 0;
}
