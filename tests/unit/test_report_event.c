// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "report/event_line.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define OPEN(rest)  "{\"type\":\"open\",\"process\":{\"exe\":\"/bin/sh\"}," rest "}"

static void parse(struct event_line *e, const char *line)
{
	const char *why = NULL;

	cr_assert_eq(event_line_parse(e, line, strlen(line), &why), 0, "%s: %s", line, why);
}

Test(report_event, what_is_not_of_ctrace)
{
	static const struct {
		const char *line, *why;
	} facts[] = {
		{ "", "not JSON" },
		{ "{", "not JSON" },
		{ "hello", "not JSON" },
		{ "[]", "no object with a type" },
		{ "{}", "no object with a type" },
		{ "{\"type\":1}", "no object with a type" },
		{ "{\"type\":\"open\"}", "an open without process or file" },
		{ "{\"type\":\"open\",\"process\":1,\"file\":{}}",
		  "an open without process or file" },
		{ "{\"type\":\"lost\"}", "a loss without count or reason" },
		{ "{\"type\":\"lost\",\"count\":-1,\"reason\":\"x\"}",
		  "a loss without count or reason" },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct event_line e;
		const char *why = NULL;

		cr_expect_eq(event_line_parse(&e, facts[i].line, strlen(facts[i].line), &why),
			     -EBADMSG, "%s", facts[i].line);
		cr_expect_str_eq(why, facts[i].why, "%s", facts[i].line);
	}
}

Test(report_event, kinds)
{
	static const struct {
		const char *line;
		enum event_kind kind;
	} facts[] = {
		{ OPEN("\"file\":{}"), EVENT_OPEN },
		{ "{\"type\":\"lost\",\"count\":3,\"reason\":\"ring_full\"}", EVENT_LOST },
		{ "{\"type\":\"container\"}", EVENT_CONTAINER },
		{ "{\"type\":\"from the future\"}", EVENT_OTHER },
	};
	struct event_line e;

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		parse(&e, facts[i].line);
		cr_expect_eq(e.kind, facts[i].kind, "%s", facts[i].line);
		event_line_free(&e);
	}
}

Test(report_event, times)
{
	static const struct {
		const char *text;
		__u64 ns;
	} facts[] = {
		{ "1970-01-01T00:00:00.000000001Z", 1 },
		{ "2026-01-02T03:04:05.678901234Z", 1767323045678901234 },
		{ "2024-02-29T23:59:59.999999999Z", 1709251199999999999 },
		{ "1969-12-31T23:59:59.000000000Z", 0 },
		{ "9999-12-31T23:59:59.000000000Z", 0 }, /* more than 64 bits hold */
		{ "2026-01-02T03:04:05Z", 0 },
		{ "2026-01-02T03:04:05.67890123xZ", 0 },
		{ "yesterday", 0 },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		char line[200];
		struct event_line e;

		snprintf(line, sizeof(line), "{\"type\":\"container\",\"time\":\"%s\"}",
			 facts[i].text);
		parse(&e, line);
		cr_expect_eq(e.time_ns, facts[i].ns, "%s", facts[i].text);
		event_line_free(&e);
	}
}

Test(report_event, access)
{
	static const struct {
		const char *rest;
		unsigned int access;
	} facts[] = {
		{ "\"file\":{}", 0 },
		{ "\"file\":{\"flags\":[\"O_RDONLY\",\"O_CLOEXEC\"]}", ACCESS_READ },
		{ "\"file\":{\"flags\":[\"O_WRONLY\"]}", ACCESS_WRITE },
		{ "\"file\":{\"flags\":[\"O_RDWR\",\"O_CREAT\"]}",
		  ACCESS_READ | ACCESS_WRITE | ACCESS_CREATE },
		{ "\"file\":{\"flags\":[\"O_RDONLY\",\"O_TRUNC\"]}", ACCESS_READ | ACCESS_WRITE },
		{ "\"file\":{\"flags\":[\"O_RDONLY\",\"O_DIRECTORY\"]}",
		  ACCESS_READ | ACCESS_DIRECTORY },
		{ "\"file\":{\"flags\":[\"O_RDWR\",\"O_CREAT\",\"O_PATH\"]}", ACCESS_PATH },
		{ "\"file\":{\"flags\":[\"O_RDWR\",\"O_TMPFILE\"]}",
		  ACCESS_READ | ACCESS_WRITE | ACCESS_TEMPORARY },
		{ "\"file\":{\"flags\":[7,\"0x40\"]}", 0 },
		{ "\"file\":{},\"call\":\"execve\"", ACCESS_EXECUTE },
		{ "\"file\":{},\"call\":\"execveat\"", ACCESS_EXECUTE },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		char line[400];
		struct event_line e;

		snprintf(line, sizeof(line), "{\"type\":\"open\",\"process\":{},%s}",
			 facts[i].rest);
		parse(&e, line);
		cr_expect_eq(e.access, facts[i].access, "%s: %x", facts[i].rest, e.access);
		event_line_free(&e);
	}
}

/* Where the bytes are there exactly, they count and not the text. */
Test(report_event, exact_bytes)
{
	static const struct {
		const char *file, *path;
	} facts[] = {
		{ "{\"path\":\"/a\"}", "/a" },
		{ "{\"path\":\"/\\ufffd\",\"path_base64\":\"L/8=\"}", "/\xff" },
		{ "{\"path\":\"x\",\"path_base64\":\"L2E=\"}", "/a" },
		{ "{\"path\":\"x\",\"path_base64\":\"L2Ji\"}", "/bb" },
		{ "{\"path\":\"x\",\"path_base64\":\"L2JiYg==\"}", "/bbb" },
		{ "{\"path\":\"x\",\"path_base64\":\"not base64!\"}", "x" },
		{ "{\"path\":7}", NULL },
		{ "{}", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		size_t len = facts[i].path ? strlen(facts[i].path) : 0;
		char line[400];
		struct event_line e;

		snprintf(line, sizeof(line), "{\"type\":\"open\",\"process\":{},\"file\":%s}",
			 facts[i].file);
		parse(&e, line);
		cr_expect_eq(!e.path.at, !facts[i].path, "%s", line);
		cr_expect_eq(e.path.len, len, "%s", line);
		cr_expect(!len || !memcmp(e.path.at, facts[i].path, len), "%s", line);
		event_line_free(&e);
	}
}
