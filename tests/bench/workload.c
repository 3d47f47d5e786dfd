// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What the benchmark measures: one thread on one CPU that does the same call over
 * and over, in batches so short that most of them run undisturbed on a busy machine.
 *
 * Told by lines on stdin what to do, answers each with a line of JSON:
 *
 *	time KIND OPS MS PATH     batches of OPS calls for MS milliseconds: the least and the
 *	                          median time of a batch, in ns per call, and the calls made
 *	flood KIND THREADS MS PATH
 *	                          as fast as it goes; how many
 *	chdir PATH                where the names start from
 *	hook ID                   the program with this id runs at the end of system calls from now
 *	unhook                    and no longer
 *
 * KIND: open (with its close), fail (a name that is not there), ppid (getppid()).
 *
 * `workload sink N` instead counts the lines and bytes of stdin, and tells when line
 * N + 1 began to come (CLOCK_MONOTONIC): the first that is not a heading.
 */
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_BATCHES (1u << 20)
#define MAX_THREADS 64
#define FLOOD_STEP  64 /* calls between two looks at the clock */

struct flood {
	const char *path;
	void (*call)(const char *path);
	uint64_t until_ns, calls;
};

static void call_open(const char *path)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0) {
		perror(path);
		exit(1);
	}
	syscall(SYS_close, fd);
}

static void call_fail(const char *path)
{
	if (syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) >= 0) {
		fprintf(stderr, "%s: is there\n", path);
		exit(1);
	}
}

static void call_ppid(const char *path)
{
	(void)path;
	syscall(SYS_getppid);
}

static void (*call_of(const char *kind))(const char *path)
{
	if (!strcmp(kind, "open"))
		return call_open;
	if (!strcmp(kind, "fail"))
		return call_fail;
	if (!strcmp(kind, "ppid"))
		return call_ppid;
	fprintf(stderr, "%s: not a kind of call\n", kind);
	exit(2);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void time_calls(const char *kind, unsigned int ops, unsigned int ms, const char *path)
{
	static uint32_t batch_ns[MAX_BATCHES];
	void (*call)(const char *path) = call_of(kind);
	uint64_t end = now_ns() + ms * 1000000ull, before, after;
	size_t n = 0, middle;

	for (unsigned int i = 0; i < ops; i++) /* to warm up */
		call(path);
	for (before = now_ns(); n < MAX_BATCHES && before < end; before = now_ns()) {
		for (unsigned int i = 0; i < ops; i++)
			call(path);
		after = now_ns();
		batch_ns[n++] = (uint32_t)(after - before);
	}
	qsort(batch_ns, n, sizeof(batch_ns[0]), by_value);
	middle = n / 2;
	printf("{\"min\":%.2f,\"median\":%.2f,\"calls\":%zu}\n", (double)batch_ns[0] / ops,
	       (double)batch_ns[middle] / ops, (n + 1) * ops);
}

static void *flood_thread(void *arg)
{
	struct flood *f = arg;

	do {
		for (int i = 0; i < FLOOD_STEP; i++)
			f->call(f->path);
		f->calls += FLOOD_STEP;
	} while (now_ns() < f->until_ns);
	return NULL;
}

static void flood(const char *kind, unsigned int threads, unsigned int ms, const char *path)
{
	struct flood floods[MAX_THREADS];
	pthread_t ids[MAX_THREADS];
	uint64_t until = now_ns() + ms * 1000000ull, calls = 0;

	for (unsigned int i = 0; i < threads && i < MAX_THREADS; i++) {
		floods[i] = (struct flood){ path, call_of(kind), until, 0 };
		if (pthread_create(&ids[i], NULL, flood_thread, &floods[i]))
			exit(1);
	}
	for (unsigned int i = 0; i < threads && i < MAX_THREADS; i++) {
		pthread_join(ids[i], NULL);
		calls += floods[i].calls;
	}
	printf("{\"calls\":%llu}\n", (unsigned long long)calls);
}

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* By a descriptor, which is all that keeps it there. */
static int hook(unsigned int id)
{
	union bpf_attr program = { .prog_id = id };
	union bpf_attr link = {};
	int fd;

	link.raw_tracepoint.prog_fd = (__u32)bpf(BPF_PROG_GET_FD_BY_ID, &program);
	fd = bpf(BPF_RAW_TRACEPOINT_OPEN, &link);
	if (fd < 0) { /* a plain one, that goes anywhere */
		char name[] = "sys_exit";

		link.raw_tracepoint.name = (uintptr_t)name;
		fd = bpf(BPF_RAW_TRACEPOINT_OPEN, &link);
	}
	if (fd < 0) {
		perror("hook a BPF program in");
		exit(1);
	}
	close((int)link.raw_tracepoint.prog_fd);
	return fd;
}

static bool obey(const char *line)
{
	static int hooked = -1;
	char kind[16], path[4096];
	unsigned int n, ms;

	if (sscanf(line, "time %15s %u %u %4095s", kind, &n, &ms, path) == 4 && n && ms)
		time_calls(kind, n, ms, path);
	else if (sscanf(line, "flood %15s %u %u %4095s", kind, &n, &ms, path) == 4)
		flood(kind, n, ms, path);
	else if (sscanf(line, "chdir %4095s", path) == 1 && !chdir(path))
		puts("{}");
	else if (sscanf(line, "hook %u", &n) == 1 && (hooked = hook(n)) >= 0)
		puts("{}");
	else if (!strcmp(line, "unhook\n") && !close(hooked))
		puts("{}");
	else
		return false;
	fflush(stdout);
	return true;
}

static size_t count_lines(const char *at, size_t len)
{
	const char *end = at + len;
	size_t lines = 0;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		lines++;
		at++;
	}
	return lines;
}

static int sink(size_t headings)
{
	static char block[1 << 20];
	unsigned long long first_ns = 0;
	size_t lines = 0, bytes = 0;
	ssize_t n;

	while ((n = read(STDIN_FILENO, block, sizeof(block))) > 0) {
		lines += count_lines(block, (size_t)n);
		bytes += (size_t)n;
		if (!first_ns && lines > headings)
			first_ns = now_ns();
	}
	printf("{\"lines\":%zu,\"bytes\":%zu,\"first_ns\":%llu}\n",
	       lines > headings ? lines - headings : 0, bytes, first_ns);
	return 0;
}

int main(int argc, char **argv)
{
	char line[8192];

	if (argc == 3 && !strcmp(argv[1], "sink"))
		return sink(strtoul(argv[2], NULL, 10));
	while (fgets(line, sizeof(line), stdin)) {
		if (!obey(line)) {
			fprintf(stderr, "workload: can't do: %s", line);
			return 2;
		}
	}
	return 0;
}
