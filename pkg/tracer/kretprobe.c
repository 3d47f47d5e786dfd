// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/kretprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
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

#define MAX_PROBES  8
#define EVENT_BYTES 64 /* MAX_EVENT_NAME_LEN */

struct kretprobes {
	int commands;  /* kprobe_events, for writing */
	FILE *profile; /* kprobe_profile */
	int count;
	char events[MAX_PROBES][EVENT_BYTES];
};

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

static int command(const struct kretprobes *probes, const char *text)
{
	return write(probes->commands, text, strlen(text)) < 0 ? -errno : 0;
}

static void remove_event(const struct kretprobes *probes, const char *event)
{
	char text[128];

	snprintf(text, sizeof(text), "-:" GROUP "/%.80s\n", event);
	command(probes, text);
}

/* Lines such as r4096:ctrace/t1f_do_filp_open do_filp_open.  Those in use are refused. */
static void remove_leftovers(const struct kretprobes *probes)
{
	auto_file FILE *f = tracefs_read("kprobe_events");
	char line[512], event[EVENT_BYTES];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "r%*[0-9]:" GROUP "/%63s", event) == 1)
			remove_event(probes, event);
}

int kretprobes_open(struct kretprobes **out, struct error *err)
{
	struct kretprobes *probes = calloc(1, sizeof(*probes));
	int r;

	if (!probes)
		return error_set(err, -ENOMEM, "make kretprobes");
	/* O_APPEND, since O_TRUNC would remove everybody's events. */
	probes->commands = tracefs_open("kprobe_events", O_WRONLY | O_APPEND);
	probes->profile = tracefs_read("kprobe_profile");
	if (probes->commands < 0 || !probes->profile) {
		r = error_set(err, -errno, "open kprobe_events and kprobe_profile in '%s'",
			      tracefs_dir());
		kretprobes_free(probes);
		return r;
	}
	remove_leftovers(probes);
	*out = probes;
	return 0;
}

void kretprobes_free(struct kretprobes *probes)
{
	if (!probes)
		return;
	while (probes->count)
		remove_event(probes, probes->events[--probes->count]);
	if (probes->commands >= 0)
		close(probes->commands);
	if (probes->profile)
		fclose(probes->profile);
	free(probes);
}

/* The number by which perf knows the event, or -errno. */
static int event_id(const char *event)
{
	auto_file FILE *f = NULL;
	char name[128];
	int id;

	snprintf(name, sizeof(name), "events/" GROUP "/%s/id", event);
	f = tracefs_read(name);
	if (!f)
		return -errno;
	return fscanf(f, "%d", &id) == 1 ? id : -EINVAL;
}

/* A descriptor, or -errno.  On one CPU: BPF programs run on all of them whatever it is. */
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

/* Makes the event of the next free name, which no other tracer of this host has. */
static int make_event(struct kretprobes *probes, const char *function)
{
	char *event = probes->events[probes->count];
	struct timespec now;
	char text[256];
	int r;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(event, EVENT_BYTES, "t%llx_%.40s", now.tv_sec * 1000000000ull + now.tv_nsec,
		 function);
	snprintf(text, sizeof(text), "r%d:" GROUP "/%s %s\n", MAX_ACTIVE, event, function);
	r = command(probes, text);
	if (!r)
		probes->count++;
	return r;
}

int kretprobes_attach(struct kretprobes *probes, struct bpf_link **link,
		      const struct bpf_program *prog, const char *function, struct error *err)
{
	int fd, r;

	r = probes->count < MAX_PROBES ? make_event(probes, function) : -E2BIG;
	if (r < 0)
		return error_set(err, r, "make a kretprobe on %s in '%s/kprobe_events'", function,
				 tracefs_dir());
	fd = event_open(probes->events[probes->count - 1]);
	if (fd < 0)
		return error_set(err, fd, "open the kretprobe on %s", function);
	*link = bpf_program__attach_perf_event(prog, fd);
	if (*link)
		return 0;
	r = -errno;
	close(fd);
	return error_set(err, r, "attach the BPF program %s", bpf_program__name(prog));
}

static bool is_ours(const struct kretprobes *probes, const char *event)
{
	for (int i = 0; i < probes->count; i++)
		if (!strcmp(probes->events[i], event))
			return true;
	return false;
}

/* Lines of kprobe_profile: event, hits, misses. */
__u64 kretprobes_missed(const struct kretprobes *probes)
{
	char event[EVENT_BYTES + 1];
	__u64 missed, sum = 0;

	rewind(probes->profile);
	while (fscanf(probes->profile, "%64s %*s %llu", event, &missed) == 2)
		if (is_ours(probes, event))
			sum += missed;
	return sum;
}
