// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>

#include "base/job.h"

static pthread_t worker;

static int note_thread(void *arg, struct error *err)
{
	(void)err;
	worker = pthread_self();
	return *(int *)arg;
}

static int fail(void *arg, struct error *err)
{
	(void)arg;
	return error_say(err, -EPERM, "it is not allowed");
}

Test(job, is_done_by_another_thread)
{
	struct job job = {};
	struct error err = {};
	int result = 7;

	job_start(&job, note_thread, &result);
	cr_expect_eq(job_end(&job, &err), 7);
	cr_expect_not(pthread_equal(worker, pthread_self()));
}

Test(job, that_failed_says_so_each_time)
{
	struct job job = {};

	job_start(&job, fail, NULL);
	for (int i = 0; i < 2; i++) {
		struct error err = {};

		cr_expect_eq(job_end(&job, &err), -EPERM);
		cr_expect_str_eq(err.text, "it is not allowed");
	}
}

Test(job, that_was_not_started_has_ended)
{
	struct job job = {};
	struct error err = {};

	cr_expect_eq(job_end(&job, &err), 0);
}

/* Nobody has room for such a stack. */
Test(job, is_done_by_who_starts_it_where_no_thread_is_to_be_had)
{
	pthread_attr_t attr;
	struct job job = {};
	struct error err = {};
	int result = 0;

	cr_assert_eq(pthread_attr_init(&attr), 0);
	cr_assert_eq(pthread_attr_setstacksize(&attr, 1UL << 46), 0);
	cr_assert_eq(pthread_setattr_default_np(&attr), 0);
	job_start(&job, note_thread, &result);
	cr_expect_eq(job_end(&job, &err), 0);
	cr_expect(pthread_equal(worker, pthread_self()));
	pthread_attr_destroy(&attr);
}
