// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "base/job.h"

static void *run(void *arg)
{
	struct job *job = arg;

	job->r = job->work(job->arg, &job->err);
	return NULL;
}

void job_start(struct job *job, int (*work)(void *arg, struct error *err), void *arg)
{
	*job = (struct job){ .work = work, .arg = arg };
	job->has_thread = !pthread_create(&job->thread, NULL, run, job);
	if (!job->has_thread)
		run(job);
}

int job_end(struct job *job, struct error *err)
{
	if (job->has_thread)
		pthread_join(job->thread, NULL);
	job->has_thread = false;
	if (job->r < 0)
		*err = job->err;
	return job->r;
}
