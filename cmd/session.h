/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* One tracing run, from options to the last line: what `trace` and `run` share. */
#ifndef CTRACE_SESSION_H
#define CTRACE_SESSION_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "container/cgroup.h"
#include "options.h"

struct session;

/* Taken by session_loop(), blocked otherwise, from session_open() on. */
static const int session_signals[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD
};

/* Somebody who looks at what comes, in the place of an output; see top.c. */
struct session_view {
	struct output_view output;
	bool (*look)(void *arg); /* asked every few milliseconds; false ends the loop */
	void *arg;
};

/*
 * Open the output, find the cgroups, load and attach the programs.  Events go to
 * output_fd, or to view (NULL: none), which must outlive the session.
 */
int session_open(struct session **out, const struct options *o, int output_fd,
		 const struct session_view *view, struct error *err);

/* Write (or show) now what each container opened since the last time: 0, or negative errno. */
int session_count(struct session *s);

/* For what the kernel side has counted. */
const struct tracer *session_tracer(const struct session *s);

/* Leaves nothing in the kernel; NULL is fine. */
void session_free(struct session *s);

const struct cgroup_fs *session_cgroups(const struct session *s);

/* Resolve --container, --cgroup or "all", and put their cgroups into the filter. */
int session_select(struct session *s, struct error *err);

/*
 * Give up all that tracing does not need from here on, see confine.h.  child (0: none):
 * the one process that may be signalled.
 */
int session_confine(struct session *s, pid_t child, struct error *err);

/* Say on stderr that tracing is live, and of what. */
void session_announce(struct session *s);

/* Trace the cgroup at path and all below it, as one. */
int session_trace_cgroup(struct session *s, const char *path, struct error *err);

/*
 * Pass events on until something ends the run: a signal, --duration, --count,
 * the end of what is traced, or `ended` (NULL is fine), which is asked every
 * few milliseconds and told of signals that came (0: none).  0, or negative errno.
 */
int session_loop(struct session *s, bool (*ended)(void *arg, int signo), void *arg,
		 struct error *err);

/* Detach, write what is left in the ring, and say on stderr what was seen and lost. */
int session_finish(struct session *s, struct error *err);

#endif
