// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/kretprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <linux/perf_event.h>

#include "base/cleanup.h"
#include "tracer/tracefs.h"

#define GROUP "ctrace"

/* Calls that may be under way at once: the most that tracefs takes (KRETPROBE_MAXACTIVE_MAX). */
#define MAX_ACTIVE 4096

__u64 kretprobe_token(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int tracefs_open(const char *name, int flags)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", tracefs_dir(), name);
	return open(path, flags | O_CLOEXEC);
}

static FILE *tracefs_read(const char *name)
{
	int fd = tracefs_open(name, O_RDONLY);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

/* O_APPEND, since O_TRUNC would remove everybody's events.  0, or -errno. */
static int command(const char *text)
{
	auto_close int fd = tracefs_open("kprobe_events", O_WRONLY | O_APPEND);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

/* The number by which perf knows the event, or -errno. */
static int event_id(const char *event)
{
	auto_file FILE *f = NULL;
	char name[PATH_MAX];
	int id;

	snprintf(name, sizeof(name), "events/" GROUP "/%s/id", event);
	f = tracefs_read(name);
	if (!f)
		return -errno;
	return fscanf(f, "%d", &id) == 1 ? id : -EINVAL;
}

/* A descriptor, or -errno.  Of one CPU: BPF programs are run on all of them by any. */
static int event_open(const char *event)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.wakeup_events = 1,
	};
	int id = event_id(event), fd;

	if (id < 0)
		return id;
	attr.config = id;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int kretprobe_attach(struct bpf_link **link, __u64 token, const struct bpf_program *prog,
		     const char *function, struct error *err)
{
	char event[64], text[256];
	int fd, r;

	snprintf(event, sizeof(event), "t%llx_%.40s", token, function);
	snprintf(text, sizeof(text), "r%d:" GROUP "/%s %s\n", MAX_ACTIVE, event, function);
	r = command(text);
	if (r < 0)
		return error_set(err, r, "make a kretprobe on %s in '%s/kprobe_events'", function,
				 tracefs_dir());
	fd = event_open(event);
	if (fd < 0)
		return error_set(err, fd, "open the kretprobe on %s", function);
	*link = bpf_program__attach_perf_event(prog, fd);
	if (*link)
		return 0;
	r = -errno;
	close(fd);
	return error_set(err, r, "attach the BPF program %s", bpf_program__name(prog));
}

/* Lines of kprobe_profile: event, hits, misses. */
__u64 kretprobes_missed(__u64 token)
{
	auto_file FILE *f = tracefs_read("kprobe_profile");
	char event[256], prefix[32];
	__u64 missed, sum = 0;

	if (!f)
		return 0;
	snprintf(prefix, sizeof(prefix), "t%llx_", token);
	while (fscanf(f, "%255s %*s %llu", event, &missed) == 2)
		if (!strncmp(event, prefix, strlen(prefix)))
			sum += missed;
	return sum;
}

/* Lines of kprobe_events: r4096:ctrace/t1f_do_filp_open do_filp_open.  Those in use are refused. */
void kretprobes_remove(void)
{
	auto_file FILE *f = tracefs_read("kprobe_events");
	char line[512], event[128], text[160];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "r%*[0-9]:" GROUP "/%127s", event) == 1) {
			snprintf(text, sizeof(text), "-:" GROUP "/%s\n", event);
			command(text);
		}
}
