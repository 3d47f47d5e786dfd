// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tracer/tracer.h"

/* Nobody else in our cgroup has this name, and so nobody else's opens are seen. */
#define PROBE_COMM "ctrace-doctor"
#define PROBE_FILE "/ctrace-doctor-looks-for-no-file"

static int count_open(const struct open_event *ev, void *arg)
{
	static const char file[] = PROBE_FILE;
	int *seen = arg;

	if (ev->name.len == sizeof(file) - 1 && !memcmp(ev->name.at, file, ev->name.len))
		++*seen;
	return 0;
}

static int ignore_loss(__u64 root_id, enum loss_reason reason, __u64 count, void *arg)
{
	(void)root_id, (void)reason, (void)count, (void)arg;
	return 0;
}

static int see_own_open(struct tracer *t, __u64 own_cgroup_id, const int *seen, struct error *err)
{
	char comm[16] = ""; /* TASK_COMM_LEN */
	int r = tracer_trace(t, own_cgroup_id, own_cgroup_id, false, err), fd;

	if (r < 0)
		return r;
	prctl(PR_GET_NAME, comm);
	prctl(PR_SET_NAME, PROBE_COMM);
	fd = open(PROBE_FILE, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	prctl(PR_SET_NAME, comm);
	tracer_stop(t);
	r = tracer_drain(t);
	if (r < 0)
		return error_set(err, r, "read the ring buffer");
	if (!*seen)
		return error_say(err, -ENODATA,
				 "it loads and attaches, but an open of ctrace's own did not show");
	return 0;
}

int backend_probe(const char *backend, __u64 own_cgroup_id, enum cgroup_v1_controller v1,
		  struct error *err)
{
	const struct tracer_settings settings = {
		.kernel = { .comm = PROBE_COMM,
			    .comm_len = sizeof(PROBE_COMM) - 1,
			    .failed_only = 1,
			    .cgroup_v1 = v1 },
		.ring_bytes = 65536,
		.backend = backend,
	};
	int seen = 0;
	const struct tracer_handler handler = {
		.open = count_open,
		.lost = ignore_loss,
		.arg = &seen,
	};
	struct tracer *t;
	int r = tracer_open_only(&t, &settings, &handler, err);

	if (r < 0)
		return r;
	r = see_own_open(t, own_cgroup_id, &seen, err);
	tracer_free(t);
	return r;
}
