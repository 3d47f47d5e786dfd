// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Opens that are counted where a SIGKILL can't undo it: in FILE, two numbers of 64 bits,
 * how many were begun and how many are done.
 *
 *	counted opens FILE COUNT US NAME       COUNT opens (0: until killed), US microseconds apart
 *	counted brood FILE COUNT NAME          COUNT processes, each of which opens NAME and ends
 *	counted groups FILE COUNT MS PREFIX NAME
 *	                                       COUNT cgroups PREFIX0 ..., MS milliseconds apart
 *
 * Each of those cgroups is made, has a process that opens NAME ten times, and is removed.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "join.h"
#include "report.h"

#define OPENS_IN_A_GROUP 10

static struct counts {
	_Atomic unsigned long begun, done;
} * counts;

static void map_counts(const char *file)
{
	int fd = open(file, O_RDWR);

	if (fd < 0)
		give_up(file);
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (counts == MAP_FAILED)
		give_up("mmap");
	close(fd);
}

static void counted_open(const char *name)
{
	int fd;

	atomic_fetch_add(&counts->begun, 1);
	fd = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY, 0);
	atomic_fetch_add(&counts->done, 1);
	if (fd < 0)
		give_up(name);
	close(fd);
}

static void pause_us(long us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	if (us)
		nanosleep(&t, NULL);
}

static void opens(unsigned long count, long us, const char *name)
{
	for (unsigned long i = 0; !count || i < count; i++) {
		counted_open(name);
		pause_us(us);
	}
}

static void wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		give_up("a child");
}

/* By vfork(), in a fifth of fork()'s time. */
__attribute__((noinline)) static void one_of_brood(const char *name)
{
	pid_t pid = vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork)

	if (!pid) {
		counted_open(name); // NOLINT(clang-analyzer-unix.Vfork)
		_exit(0);
	}
	wait_for(pid);
}

static void brood(unsigned long count, const char *name)
{
	for (unsigned long i = 0; i < count; i++)
		one_of_brood(name);
}

/* --- cgroups ----------------------------------------------------------------------- */

static void live_in(const char *group, const char *name)
{
	pid_t pid = fork();

	if (!pid) {
		join(group);
		for (int i = 0; i < OPENS_IN_A_GROUP; i++)
			counted_open(name);
		_exit(0);
	}
	wait_for(pid);
}

static void groups(unsigned long count, long ms, const char *prefix, const char *name)
{
	struct timespec next;
	char group[4096];

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (unsigned long i = 0; i < count; i++) {
		snprintf(group, sizeof(group), "%s%lu", prefix, i);
		if (mkdir(group, 0755))
			give_up(group);
		live_in(group, name);
		while (rmdir(group)) /* its process may still be on its way out */
			if (errno != EBUSY)
				give_up(group);
		next.tv_nsec += ms * 1000000;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 4 ? argv[1] : "";
	unsigned long count = argc > 4 ? strtoul(argv[3], NULL, 10) : 0;

	if (argc < 5)
		return 2;
	map_counts(argv[2]);
	if (strcmp(what, "opens") == 0 && argc == 6)
		opens(count, strtol(argv[4], NULL, 10), argv[5]);
	else if (strcmp(what, "brood") == 0 && argc == 5)
		brood(count, argv[4]);
	else if (strcmp(what, "groups") == 0 && argc == 7)
		groups(count, strtol(argv[4], NULL, 10), argv[5], argv[6]);
	else
		return 2;
	return 0;
}
