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

/* How ctrace ends; the numbers are documented in README.md. */
enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct session;

/* Taken by session_loop(), blocked otherwise, from session_open() on. */
static const int session_signals[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD
};

/*
 * Open the output, find the cgroups, load and attach the programs.  Events go to
 * output_fd.
 */
int session_open(struct session **out, const struct options *o, int output_fd, struct error *err);

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
void session_announce(const struct session *s);

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

/* Print "ctrace: ..." on stderr. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
