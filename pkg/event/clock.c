/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "event/clock.h"

#define NS_PER_SECOND 1000000000ULL
#define LOOKS         5 /* the best of a few: one may be interrupted half way */

static __u64 clock_ns(clockid_t id)
{
	struct timespec t = { 0 };

	clock_gettime(id, &t);
	return (__u64)t.tv_sec * NS_PER_SECOND + (__u64)t.tv_nsec;
}

__u64 boot_now_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

__u64 awake_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static struct clock_sample look(void)
{
	struct clock_sample best = { .error_ns = ~0ULL };

	for (int i = 0; i < LOOKS; i++) {
		__u64 before = boot_now_ns();
		__u64 real = clock_ns(CLOCK_REALTIME);
		__u64 width = boot_now_ns() - before;

		if (width < best.error_ns)
			best = (struct clock_sample){ before + width / 2, real, width };
	}
	return best;
}

void event_clock_learn(struct event_clock *c, const struct clock_sample *s)
{
	__s64 offset = (__s64)(s->real_ns - s->boot_ns);
	__s64 change = offset - c->offset_ns;
	__u64 size = change < 0 ? -(__u64)change : (__u64)change;

	c->measured_ns = s->boot_ns;
	if (size <= c->error_ns + s->error_ns)
		return; /* no evidence of a step */

	c->offset_ns = offset;
	c->error_ns = s->error_ns;
}

void event_clock_start(struct event_clock *c)
{
	struct clock_sample s = look();

	*c = (struct event_clock){
		.offset_ns = (__s64)(s.real_ns - s.boot_ns),
		.error_ns = s.error_ns,
		.measured_ns = s.boot_ns,
	};
}

__u64 event_clock_real_ns(struct event_clock *c, __u64 boot_ns)
{
	if (boot_ns >= c->measured_ns + NS_PER_SECOND) {
		struct clock_sample s = look();

		event_clock_learn(c, &s);
	}
	return boot_ns + (__u64)c->offset_ns;
}

static void put_second(struct time_text *cache, __u64 second)
{
	char text[64];
	struct tm tm = { 0 };
	time_t t = (time_t)second;

	gmtime_r(&t, &tm);
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.000000000Z", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	memcpy(cache->text, text, sizeof(cache->text));
	cache->second = second;
}

void time_text_utc(struct time_text *cache, __u64 real_ns, char out[static TIME_TEXT_BYTES])
{
	__u64 second = real_ns / NS_PER_SECOND;
	__u32 ns = (__u32)(real_ns % NS_PER_SECOND);

	if (second != cache->second || !cache->text[0])
		put_second(cache, second);

	memcpy(out, cache->text, TIME_TEXT_BYTES);
	for (char *digit = out + TIME_TEXT_BYTES - 2; ns; ns /= 10)
		*digit-- = (char)('0' + ns % 10);
}
