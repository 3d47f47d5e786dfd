/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/fcntl.h>
#include <stdlib.h>

#include "captured_output.h"
#include "output/format.h"
#include "output/utf8.h"
#include "sample_record.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define WHEN_NS     45678000000ULL /* 00:00:45.678 with a clock that starts at the epoch */

static char name[] = "web", long_name[] = "a-very-long-name-of-a-container",
	    id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static const struct container web = { .name = name, .id = id };

/* One line of the table, for a terminal of so many columns; 0: none. */
static char *row_of(struct sample_record *s, const struct container *c, unsigned int columns)
{
	static char line[OUTPUT_LINE_BYTES + 1];
	struct format_context ctx = { .columns = columns, .clock.measured_ns = WHEN_NS };
	struct open_event ev;
	size_t len;

	setenv("TZ", "UTC", 1);
	s->record.when_ns = WHEN_NS;
	cr_assert_eq(sample_decode(s, &ev), 0);
	len = table_format.open_event(&ctx, line, &ev, c);
	cr_assert_leq(len, OUTPUT_LINE_BYTES);
	line[len] = '\0';
	return line;
}

static void sample_nginx(struct sample_record *s)
{
	sample_start(s);
	s->record.flags = O_CLOEXEC;
	sample_data(s, text_bytes("nginx.conf"), text_bytes("nginx.conf/nginx/etc/"));
}

Test(table, columns_by_width)
{
	static const struct {
		unsigned int columns;
		const char *header, *row;
	} facts[] = {
		{ 0,
		  "TIME         CONTAINER            PID     COMM            CALL              "
		  "RESULT       "
		  "FLAGS PATH\n",
		  "00:00:45.678 web                  4242    nginx           openat            3   "
		  "         "
		  "r     /etc/nginx/nginx.conf\n" },
		{ 120,
		  "TIME         CONTAINER      PID     COMM            CALL      RESULT   FLAGS "
		  "PATH\n",
		  "00:00:45.678 web            4242    nginx           openat    3        r     "
		  "/etc/nginx/nginx.conf\n" },
		{ 200,
		  "TIME         CONTAINER                            PID     COMM            CALL  "
		  "  "
		  "          RESULT       FLAGS PATH\n",
		  "00:00:45.678 web                                  4242    nginx           "
		  "openat  "
		  "          3            r     /etc/nginx/nginx.conf\n" },
		{ 80, "TIME     CONTAINER  COMM     CALL    RESULT  FLAGS PATH\n",
		  "00:00:45 web        nginx    openat  3       r     /etc/nginx/nginx.conf\n" },
		{ 70, "TIME     CONTAINER  COMM     CALL    RESULT  FLAGS PATH\n",
		  "00:00:45 web        nginx    openat  3       r     …c/nginx/nginx.conf\n" },
		{ 40, "CONTAIN… RESULT  FLAGS PATH\n",
		  "web      3       r     …nginx/nginx.conf\n" },
		{ 20, "CONTAIN… RESULT  FL…\n", "web      3       r  \n" },
		{ 5, "CONT…\n", "web  \n" },
		{ 1, "…\n", "…\n" },
	};
	static struct sample_record s;

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct format_context ctx = { .columns = facts[i].columns };
		char header[256];

		header[table_format.header(&ctx, header)] = '\0';
		cr_expect_str_eq(header, facts[i].header, "%u columns: %s", facts[i].columns,
				 header);
		sample_nginx(&s);
		cr_expect_str_eq(row_of(&s, &web, facts[i].columns), facts[i].row, "%u columns: %s",
				 facts[i].columns, row_of(&s, &web, facts[i].columns));
	}
}

Test(table, colours)
{
	static const struct {
		__s32 ret;
		__u32 flags;
		const char *starts, *ends;
	} facts[] = {
		{ 3, O_RDONLY, "00:", "nginx.conf\n" },
		{ -ENOENT, O_RDONLY, "\033[31m00:", ".conf\033[m\n" },
		{ 3, O_WRONLY, "\033[33m00:", ".conf\033[m\n" },
		{ 3, O_RDONLY | O_CREAT, "\033[33m00:", ".conf\033[m\n" },
		{ 3, O_PATH | O_RDWR, "00:", "nginx.conf\n" },
	};
	static char line[OUTPUT_LINE_BYTES + 1];
	static struct sample_record s;
	struct open_event ev;

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		struct format_context ctx = { .columns = 80, .color = true };
		size_t len;

		sample_nginx(&s);
		s.record.ret = facts[i].ret;
		s.record.flags = facts[i].flags;
		cr_assert_eq(sample_decode(&s, &ev), 0);
		len = table_format.open_event(&ctx, line, &ev, &web);
		line[len] = '\0';
		cr_expect_eq(strncmp(line, facts[i].starts, strlen(facts[i].starts)), 0, "%s",
			     line);
		cr_expect_str_eq(line + len - strlen(facts[i].ends), facts[i].ends, "%s", line);
	}
}

Test(table, pod)
{
	static char pod[] = "web-7d4b9", nginx[] = "nginx";
	const struct container c = { .name = name, .k8s_pod = pod, .k8s_container = nginx };
	static struct sample_record s;

	sample_nginx(&s);
	cr_expect(strstr(row_of(&s, &c, 200), " web-7d4b9/nginx "));
	cr_expect(strstr(row_of(&s, &c, 80), " web-7d4b9… "));
}

Test(table, container)
{
	struct container c = { .id = id };
	static struct sample_record s;

	sample_nginx(&s);
	cr_expect(strstr(row_of(&s, &c, 120), " 0123456789ab   4242"));
	cr_expect(strstr(row_of(&s, NULL, 120), " -              4242"));
	c.name = long_name;
	cr_expect(strstr(row_of(&s, &c, 120), " a-very-long-n… 4242"));
	cr_expect(strstr(row_of(&s, &c, 0), " a-very-long-name-of-a-container 4242"));
}

Test(table, result_and_flags)
{
	static const struct {
		__s32 ret;
		unsigned int bits;
		__u32 flags;
		const char *cells;
	} facts[] = {
		{ 3, OPEN_HAS_FLAGS, O_RDONLY, " 3        r     /" },
		{ 3, OPEN_HAS_FLAGS, O_WRONLY | O_CREAT, " 3        wc    /" },
		{ 3, OPEN_HAS_FLAGS, O_RDWR | O_CREAT, " 3        rwc   /" },
		{ 3, OPEN_HAS_FLAGS, O_RDWR | O_TMPFILE, " 3        rwc   /" },
		{ 3, OPEN_HAS_FLAGS, O_DIRECTORY, " 3        r     /" },
		{ 3, OPEN_HAS_FLAGS, O_PATH, " 3        p     /" },
		{ 0, OPEN_NO_FD, 0, " ok       -     /" },
		{ -ENOENT, OPEN_HAS_FLAGS, 0, " ENOENT   r     /" },
		{ -ENAMETOOLONG, OPEN_HAS_FLAGS, 0, " ENAMETO… r     /" },
		{ -512, OPEN_HAS_FLAGS, 0, " E512     r     /" },
	};
	static struct sample_record s;

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		sample_nginx(&s);
		s.record.ret = facts[i].ret;
		s.record.bits = facts[i].bits | OPEN_RESOLVED;
		s.record.flags = facts[i].flags;
		cr_expect(strstr(row_of(&s, &web, 120), facts[i].cells), "row %zu: %s", i,
			  row_of(&s, &web, 120));
	}
}

/* The path is the last cell of a row. */
Test(table, path)
{
	static const struct {
		unsigned int bits;
		const char *name, *leaf_first, *end;
	} facts[] = {
		{ OPEN_RESOLVED, "x", "x/a/", " /a/x\n" },
		{ OPEN_RESOLVED | OPEN_DELETED, "x", "x/a/", " /a/x (deleted)\n" },
		{ OPEN_RESOLVED | OPEN_PATH_TRUNCATED, "x", "x/a/", " …a/x\n" },
		{ OPEN_HAS_BASE, "x", "a/", " /a/x\n" },
		{ 0, "x", "", " x\n" },
		{ OPEN_NAME_UNREADABLE, "", "a/", " -\n" },
		{ OPEN_RESOLVED, "x", "\x1b[31m\n/a/", " /a/\\x1b[31m\\n\n" },
		{ OPEN_RESOLVED, "x", "a\\b\t\r\x7f\xff/", " /a\\\\b\\t\\r\\x7f\\xff\n" },
		{ OPEN_RESOLVED, "x", "\xc2\x9b\xe2\x80\xae/", " /\\u009b\\u202e\n" },
		{ OPEN_RESOLVED, "x", "grün€/", " /grün€\n" },
	};
	static struct sample_record s;

	for (size_t i = 0; i < COUNT_OF(facts); i++) {
		const char *row, *end;

		sample_start(&s);
		s.record.bits = facts[i].bits;
		sample_data(&s, text_bytes(facts[i].name), text_bytes(facts[i].leaf_first));
		row = row_of(&s, &web, 0);
		end = row + strlen(row) - strlen(facts[i].end);
		cr_expect_str_eq(end, facts[i].end, "row %zu: %s", i, row);
	}
}

static size_t one(__s32 code)
{
	(void)code;
	return 1;
}

/* Whatever the bytes and the width: one line that fits and shows nothing raw. */
Test(table, hostile_bytes_fit_any_terminal)
{
	static const char *const parts[] = {
		"a", "\x01",     "\xff",         "\n",           "\\",
		"€", "\xcc\x81", "\xe2\x80\xae", "\xe4\xb8\xad", "\xf0\x9f\x98\x80"
	};
	static const unsigned int widths[] = {
		0, 1, 2, 3, 19, 40, 69, 70, 80, 110, 150, 999, 65535
	};
	static struct sample_record s;

	for (size_t p = 0; p < COUNT_OF(parts); p++) {
		char room[4095], many[600] = "";
		struct container c = { .name = many };

		for (size_t i = 0; i < sizeof(room); i++)
			room[i] = parts[p][i % strlen(parts[p])];
		memcpy(many, room, sizeof(many) - 1);

		sample_start(&s);
		s.record.bits = OPEN_HAS_BASE | OPEN_DELETED;
		memcpy(s.record.comm, room, sizeof(s.record.comm));
		sample_data(&s, (struct bytes){ room, 4095 }, (struct bytes){ room, 4095 });

		for (size_t i = 0; i < COUNT_OF(widths); i++) {
			struct bytes row = text_bytes(row_of(&s, &c, widths[i]));
			size_t code_size, columns = utf8_cost(row, one) - 1;

			cr_expect(!widths[i] || columns <= widths[i], "part %zu, %u columns: %zu",
				  p, widths[i], columns);
			cr_assert_eq(row.at[row.len - 1], '\n');
			for (row.len--; row.len; row.at += code_size, row.len -= code_size)
				cr_assert_not(utf8_is_hidden(utf8_next(row, &code_size)));
		}
	}
}

Test(table, lost)
{
	struct format_context ctx = { .columns = 80, .clock.measured_ns = WHEN_NS };
	struct lost_event lost = { .when_ns = WHEN_NS, .count = 12, .reason = "ring_full" };
	char line[256];

	setenv("TZ", "UTC", 1);
	line[table_format.lost(&ctx, line, &lost, &web)] = '\0';
	cr_expect_str_eq(line, "00:00:45 web        *** lost 12 opens: ring_full\n");
	lost.count = 1;
	line[table_format.lost(&ctx, line, &lost, NULL)] = '\0';
	cr_expect_str_eq(line, "00:00:45 -          *** lost 1 open: ring_full\n");
}

Test(table, container_records)
{
	struct format_context ctx = { .columns = 0, .clock.measured_ns = WHEN_NS };
	struct container_event started = { WHEN_NS, CONTAINER_STARTED };
	struct container c = web;
	char line[256];

	setenv("TZ", "UTC", 1);
	c.cgroup_path = (char *)"/docker/0\033[m";
	ctx.columns = 110;
	line[table_format.container(&ctx, line, &started, &c)] = '\0';
	cr_expect_str_eq(line,
			 "00:00:45.678 web            *** started 0123456789ab "
			 "/docker/0\\x1b[m\n",
			 "%s", line);
	c.runtime = "docker";
	c.image = (char *)"nginx:1.27";
	line[table_format.container(&ctx, line, &started, &c)] = '\0';
	cr_expect_str_eq(line,
			 "00:00:45.678 web            *** started 0123456789ab docker "
			 "nginx:1.27 /docker/0\\x1b[m\n",
			 "%s", line);
}

Test(table, header_comes_first_and_once)
{
	struct captured_output out = capture_start(OUTPUT_TABLE, NULL);
	char *text;

	cr_assert_eq(output_lost(out.output, &web, 1, 1, "ring_full"), 0);
	cr_assert_eq(output_lost(out.output, &web, 1, 2, "ring_full"), 0);
	text = capture_end(&out);
	cr_expect_eq(strstr(text, "TIME "), text);
	cr_expect_null(strstr(text + 1, "TIME "));
	free(text);
}
