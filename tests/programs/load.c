// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Too many opens to report one by one:
 *
 *	load burst COUNT NAME           the same name, again and again
 *	load unique COUNT PREFIX        PREFIX0 PREFIX1 ...
 *	load threads THREADS COUNT DIR  DIR/t0-0 ... all threads at once
 *	load blocked THREADS FIFO       all threads wait for the other end, then it comes
 *	load paced COUNT MS NAME        one every MS milliseconds, each reported
 *	load forever NAME               until killed
 *	load race SECONDS DIR           a thread rewrites the name while another opens it
 *	load replace SECONDS DIR        a thread puts DIR/b in place of each DIR/a just opened
 */
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "report.h"

#define MAX_THREADS 64

static bool open_quietly(const char *name)
{
	int fd = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY, 0);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static void burst(unsigned long count, const char *name)
{
	unsigned long i, failed = 0;

	for (i = 0; i < count; i++)
		failed += !open_quietly(name);
	report_done(count, failed);
}

static void unique(unsigned long count, const char *prefix)
{
	unsigned long i, failed = 0;
	char name[4096];

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%lu", prefix, i);
		failed += !open_quietly(name);
	}
	report_done(count, failed);
}

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void paced(unsigned long count, long ms, const char *name)
{
	struct report r = { .call = "openat", .name = name, .dirfd = AT_FDCWD, .proc_fd = -1 };

	while (count--) {
		r.fd = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY, 0);
		if (r.fd < 0)
			r.fd = -errno;
		report_open(&r);
		close(r.fd);
		pause_ms(ms);
	}
}

/* --- threads ------------------------------------------------------------------- */

struct worker {
	pthread_t thread;
	pthread_barrier_t *start;
	const char *dir;
	int number;
	unsigned long count, failed;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	char name[4096];
	unsigned long i;

	pthread_barrier_wait(w->start);
	for (i = 0; i < w->count; i++) {
		snprintf(name, sizeof(name), "%s/t%d-%lu", w->dir, w->number, i);
		w->failed += !open_quietly(name);
	}
	return NULL;
}

static struct worker workers[MAX_THREADS];

static void start_workers(int how_many, void *(*body)(void *), struct worker like)
{
	int i;

	if (how_many > MAX_THREADS)
		_exit(2);
	for (i = 0; i < how_many; i++) {
		workers[i] = like;
		workers[i].number = i;
		if (pthread_create(&workers[i].thread, NULL, body, &workers[i]) != 0)
			give_up("pthread_create");
	}
}

static unsigned long join_workers(int how_many)
{
	unsigned long failed = 0;
	int i;

	for (i = 0; i < how_many; i++) {
		pthread_join(workers[i].thread, NULL);
		failed += workers[i].failed;
	}
	return failed;
}

static void threads(int how_many, unsigned long count, const char *dir)
{
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, how_many);
	start_workers(how_many, work,
		      (struct worker){ .start = &start, .dir = dir, .count = count });
	report_done(how_many * count, join_workers(how_many));
}

static void *wait_for_other_end(void *arg)
{
	struct worker *w = arg;

	w->failed += !open_quietly(w->dir);
	return NULL;
}

/* Nothing tells that all are inside of open: two seconds are more than they need. */
static void blocked(int how_many, const char *fifo)
{
	int fd;

	start_workers(how_many, wait_for_other_end, (struct worker){ .dir = fifo });
	sleep(2);
	fd = syscall(SYS_openat, AT_FDCWD, fifo, O_WRONLY, 0);
	report_done(how_many + 1, join_workers(how_many) + (fd < 0));
}

/* --- race ---------------------------------------------------------------------- */

static volatile char race_name[4096];
static volatile bool race_over;

/* On one CPU the two threads would take turns, and the name change only in between. */
static void stay_on_cpu(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one); /* best effort: there may be one CPU only */
}

/* Nothing here but stores: it has to hit the few hundred nanoseconds inside a call. */
static void *rewrite(void *arg)
{
	volatile char *last = arg;

	stay_on_cpu(1);
	while (!race_over) {
		*last = 'a';
		*last = 'b';
		*last = 'n';
	}
	return NULL;
}

/*
 * DIR holds two files, a and b, and no n.  What each open got is one letter,
 * in the order of the opens; the file's inode tells which it was.
 */
static void race(long seconds, const char *dir)
{
	static char got[16 * 1024 * 1024];
	struct stat a, b, st;
	time_t end = time(NULL) + seconds;
	pthread_t thread;
	size_t n = 0, len;
	int fd;

	len = snprintf((char *)race_name, sizeof(race_name), "%s/a", dir);
	if (stat((char *)race_name, &a) < 0)
		give_up("stat");
	race_name[len - 1] = 'b';
	if (stat((char *)race_name, &b) < 0)
		give_up("stat");
	if (pthread_create(&thread, NULL, rewrite, (void *)&race_name[len - 1]) != 0)
		give_up("pthread_create");

	stay_on_cpu(0);
	while (time(NULL) < end && n < sizeof(got)) {
		fd = syscall(SYS_openat, AT_FDCWD, race_name, O_RDONLY, 0);
		got[n] = 'n';
		if (fd >= 0 && fstat(fd, &st) == 0)
			got[n] = st.st_ino == a.st_ino ? 'a' : 'b';
		if (fd >= 0)
			close(fd);
		/* The tracer must be able to keep up: this is about truth, not about speed. */
		if (++n % 64 == 0)
			pause_ms(1);
	}
	race_over = true;
	pthread_join(thread, NULL);

	dprintf(1, "{\"pid\":%d,\"done\":%zu,\"got\":\"", getpid(), n);
	for (len = 0; len < n;) {
		ssize_t w = write(1, got + len, n - len);

		if (w <= 0)
			_exit(3);
		len += w;
	}
	dprintf(1, "\"}\n");
}

/* --- replace ------------------------------------------------------------------- */

#define REPLACED_FD 100

static void *replace(void *arg)
{
	int b = *(int *)arg;

	stay_on_cpu(1);
	while (!race_over) {
		dup2(b, REPLACED_FD);
		close(REPLACED_FD);
	}
	return NULL;
}

/*
 * The number that an open returned is another file's a moment later: who looks
 * it up by the number then finds the wrong one.  Every open is of DIR/a.
 */
static void replaced(long seconds, const char *dir)
{
	time_t end = time(NULL) + seconds;
	unsigned long done = 0, failed = 0;
	pthread_t thread;
	char name[4096];
	int b, i, fd;

	snprintf(name, sizeof(name), "%s/b", dir);
	b = open(name, O_RDONLY);
	if (b < 0)
		give_up(name);
	/* the next free number is the one that the thread plays with */
	for (i = b + 1; i < REPLACED_FD; i++)
		dup2(b, i);
	if (pthread_create(&thread, NULL, replace, &b) != 0)
		give_up("pthread_create");
	stay_on_cpu(0);
	snprintf(name, sizeof(name), "%s/a", dir);
	while (time(NULL) < end) {
		fd = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY, 0);
		failed += fd < 0;
		if (fd > REPLACED_FD)
			close(fd);
		if (++done % 64 == 0)
			pause_ms(1);
	}
	race_over = true;
	pthread_join(thread, NULL);
	report_done(done, failed);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (strcmp(what, "burst") == 0 && argc == 4)
		burst(strtoul(argv[2], NULL, 10), argv[3]);
	else if (strcmp(what, "unique") == 0 && argc == 4)
		unique(strtoul(argv[2], NULL, 10), argv[3]);
	else if (strcmp(what, "paced") == 0 && argc == 5)
		paced(strtoul(argv[2], NULL, 10), strtol(argv[3], NULL, 10), argv[4]);
	else if (strcmp(what, "threads") == 0 && argc == 5)
		threads(atoi(argv[2]), strtoul(argv[3], NULL, 10), argv[4]);
	else if (strcmp(what, "blocked") == 0 && argc == 4)
		blocked(atoi(argv[2]), argv[3]);
	else if (strcmp(what, "race") == 0 && argc == 4)
		race(strtol(argv[2], NULL, 10), argv[3]);
	else if (strcmp(what, "replace") == 0 && argc == 4)
		replaced(strtol(argv[2], NULL, 10), argv[3]);
	else if (strcmp(what, "forever") == 0 && argc == 3)
		for (;;)
			open_quietly(argv[2]);
	else
		return 2;
	return 0;
}
