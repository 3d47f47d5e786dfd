/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is done by a thread of its own, and waited for later. */
#ifndef CTRACE_JOB_H
#define CTRACE_JOB_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

/* All zeros before it is started.  It stays where it is until it has ended. */
struct job {
	int (*work)(void *arg, struct error *err);
	void *arg;
	pthread_t thread;
	bool has_thread;
	int r;
	struct error err;
};

/* Have work(arg) done; at once, and by the caller, where no thread is to be had. */
void job_start(struct job *job, int (*work)(void *arg, struct error *err), void *arg);

/* Wait for it.  What work() returned, and its error; any number of times; 0 if none was started. */
int job_end(struct job *job, struct error *err);

#endif
