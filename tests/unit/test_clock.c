/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "event/clock.h"

#define SECOND 1000000000ULL

Test(clock, utc_text)
{
	static const struct {
		__u64 real_ns;
		const char *text;
	} facts[] = {
		{ 0, "1970-01-01T00:00:00.000000000Z" },
		{ 1, "1970-01-01T00:00:00.000000001Z" },
		{ 951782400 * SECOND, "2000-02-29T00:00:00.000000000Z" },
		{ 1767323045 * SECOND + 678901234, "2026-01-02T03:04:05.678901234Z" },
		{ 1767323045 * SECOND + 999999999, "2026-01-02T03:04:05.999999999Z" },
		{ 1767323046 * SECOND, "2026-01-02T03:04:06.000000000Z" },
		{ 1767323045 * SECOND + 10, "2026-01-02T03:04:05.000000010Z" }, /* back again */
		{ 4102444799 * SECOND, "2099-12-31T23:59:59.000000000Z" },
	};
	struct time_text cache = { 0 };

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		char out[TIME_TEXT_BYTES + 1] = "";

		time_text_utc(&cache, facts[i].real_ns, out);
		cr_expect_str_eq(out, facts[i].text);
	}
}

Test(clock, follows_steps_but_no_noise)
{
	static const struct {
		__s64 change;
		bool follows;
	} facts[] = {
		{ 0, false },
		{ 90, false },
		{ -90, false }, /* within what both looks may err */
		{ 101, true },
		{ -101, true },
		{ 3600 * (__s64)SECOND, true },
		{ -3600 * (__s64)SECOND, true },
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct event_clock c = { .offset_ns = 5 * SECOND, .error_ns = 50 };
		struct clock_sample s = { .boot_ns = 9 * SECOND, .error_ns = 50 };
		__s64 expected = c.offset_ns + (facts[i].follows ? facts[i].change : 0);

		s.real_ns = s.boot_ns + c.offset_ns + facts[i].change;
		event_clock_learn(&c, &s);
		cr_expect_eq(c.offset_ns, expected, "change of %lld ns", facts[i].change);
		cr_expect_eq(c.measured_ns, s.boot_ns);
	}
}

Test(clock, is_the_time_of_day)
{
	struct event_clock c;
	struct timespec now;
	__u64 real;
	__s64 apart;

	event_clock_start(&c);
	real = event_clock_real_ns(&c, boot_now_ns());
	clock_gettime(CLOCK_REALTIME, &now);
	apart = (__s64)((__u64)now.tv_sec * SECOND + (__u64)now.tv_nsec - real);
	cr_expect(apart > -(__s64)SECOND && apart < (__s64)SECOND, "%lld ns apart", apart);
}

Test(clock, looks_again_after_a_second)
{
	struct event_clock c;
	__u64 now;

	event_clock_start(&c);
	now = c.measured_ns;
	event_clock_real_ns(&c, now + SECOND - 1);
	cr_expect_eq(c.measured_ns, now);

	c.offset_ns += 3600 * (__s64)SECOND; /* as if the wall clock had been set back since */
	event_clock_real_ns(&c, now + SECOND);
	cr_expect_gt(c.measured_ns, now);
	cr_expect_lt((__u64)c.offset_ns + c.measured_ns, (__u64)time(NULL) * SECOND + 60 * SECOND);
}

Test(clock, never_goes_back)
{
	struct event_clock c;
	__u64 last = 0;

	event_clock_start(&c);
	for (int i = 0; i < 100000; i++) {
		__u64 real = event_clock_real_ns(&c, boot_now_ns());

		if (i % 10 == 0)
			c.measured_ns = 0; /* look again */
		cr_assert_geq(real, last);
		last = real;
	}
}
