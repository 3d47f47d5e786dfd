// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>

#include "held.h"
#include "sample_record.h"

static struct held *held;

static void setup(void)
{
	held = held_new();
	cr_assert_not_null(held);
}

static void teardown(void)
{
	held_free(held);
	held_free(NULL);
}

TestSuite(held, .init = setup, .fini = teardown);

static int keep(__u64 cgroup_id, int fd)
{
	struct sample_record s;

	sample_start(&s);
	sample_data(&s, text_bytes("passwd"), text_bytes("passwd/etc/"));
	s.record.cgroup_id = cgroup_id;
	s.record.ret = fd;
	return held_keep(held, &s.record, sample_size(&s));
}

/* What comes out: of one cgroup, or of any (0), until `fail_at` came. */
struct taken {
	__u64 cgroup_id;
	int fail_at;
	int count;
	int fds[8];
};

static bool is_ready(const struct open_record *record, void *arg)
{
	const struct taken *t = arg;

	return !t->cgroup_id || record->cgroup_id == t->cgroup_id;
}

static int take(const struct open_record *record, size_t len, void *arg)
{
	struct taken *t = arg;

	cr_expect_eq(len, sizeof(*record) + strlen("passwd") + strlen("passwd/etc/"));
	cr_expect_arr_eq(record->data, "passwdpasswd/etc/", record->name_len + record->path_len);
	t->fds[t->count++] = record->ret;
	return record->ret == t->fail_at ? -EPIPE : 0;
}

static int release(struct taken *t)
{
	const struct held_release release = { is_ready, take, t };

	return held_release(held, &release);
}

Test(held, in_the_order_they_came)
{
	struct taken t = {};

	for (int fd = 1; fd <= 4; fd++)
		cr_assert_eq(keep(7, fd), 0);
	cr_expect_eq(release(&t), 0);
	cr_expect_eq(t.count, 4);
	for (int i = 0; i < 4; i++)
		cr_expect_eq(t.fds[i], i + 1);
	t.count = 0;
	cr_expect_eq(release(&t), 0);
	cr_expect_eq(t.count, 0, "only once");
}

Test(held, those_that_are_not_ready_stay)
{
	struct taken second = { .cgroup_id = 2 }, rest = {};

	for (int fd = 1; fd <= 6; fd++)
		cr_assert_eq(keep(fd % 2 + 1, fd), 0);
	cr_expect_eq(release(&second), 0);
	cr_expect_eq(second.count, 3);
	cr_expect_eq(second.fds[0], 1);
	cr_expect_eq(second.fds[2], 5);

	cr_assert_eq(keep(9, 7), 0); /* behind them, also where the last one was taken out */
	cr_expect_eq(release(&rest), 0);
	cr_expect_eq(rest.count, 4);
	cr_expect_eq(rest.fds[0], 2);
	cr_expect_eq(rest.fds[3], 7);
}

Test(held, a_failure_ends_it_and_loses_nothing_else)
{
	struct taken t = { .fail_at = 2 }, rest = {};

	for (int fd = 1; fd <= 4; fd++)
		cr_assert_eq(keep(7, fd), 0);
	cr_expect_eq(release(&t), -EPIPE);
	cr_expect_eq(t.count, 2);
	cr_expect_eq(release(&rest), 0);
	cr_expect_eq(rest.count, 2);
	cr_expect_eq(rest.fds[0], 3);
}

static int take_any(const struct open_record *record, size_t len, void *arg)
{
	(void)record, (void)len, (void)arg;
	return 0;
}

Test(held, has_an_end)
{
	struct taken any = {};
	const struct held_release all = { is_ready, take_any, &any };
	size_t n = 0;
	int r;

	while (!(r = keep(7, 1)))
		n++;
	cr_expect_eq(r, -ENOSPC);
	cr_expect_leq(n * sizeof(struct open_record), HELD_BYTES);
	cr_expect_geq(n, HELD_BYTES / 512);
	cr_expect_eq(held_release(held, &all), 0);
	cr_expect_eq(keep(7, 1), 0, "room again");
}
