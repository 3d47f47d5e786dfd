/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>

#include "captured_output.h"
#include "sample_record.h"

#define EVENTS 20000

static struct output *output_to(int fd, enum output_format format)
{
	struct output_settings settings = { .format = format, .fd = fd };
	struct output *o = NULL;
	struct error err;

	cr_assert_eq(output_open(&o, &settings, &err), 0);
	return o;
}

static int put_event(struct output *o, int fd)
{
	static struct sample_record s;
	struct open_event ev;

	sample_start(&s);
	s.record.ret = fd;
	sample_data(&s, text_bytes("x"), text_bytes("x/"));
	cr_assert_eq(sample_decode(&s, &ev), 0);
	return output_open_event(o, &ev, NULL);
}

struct reader {
	int fd;
	size_t lines, bytes;
};

/* Slow at first, so that the writer finds the pipe full. */
static void *read_all(void *arg)
{
	struct reader *r = arg;
	char part[4096];
	ssize_t n;

	usleep(50000);
	while ((n = read(r->fd, part, sizeof(part))) > 0) {
		r->bytes += n;
		for (ssize_t i = 0; i < n; i++)
			r->lines += part[i] == '\n';
	}
	return NULL;
}

/* A pipe takes 64 KiB at once, the buffer holds four times as much. */
Test(output, pipe_that_does_not_block)
{
	struct reader reader = { 0 };
	struct output *o;
	pthread_t thread;
	int ends[2];

	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	fcntl(ends[0], F_SETFL, 0);
	reader.fd = ends[0];
	cr_assert_eq(pthread_create(&thread, NULL, read_all, &reader), 0);

	o = output_to(ends[1], OUTPUT_JSON);
	for (int i = 0; i < EVENTS; i++)
		cr_assert_eq(put_event(o, i), 0);
	cr_assert_eq(output_flush(o), 0);
	output_free(o);
	close(ends[1]);
	pthread_join(thread, NULL);
	cr_expect_eq(reader.lines, EVENTS);
	close(ends[0]);
}

Test(output, waits_for_the_flush)
{
	struct captured_output out = capture_start(OUTPUT_JSON, NULL);
	char *text;

	put_event(out.output, 3);
	cr_expect_eq(lseek(out.fd, 0, SEEK_END), 0);
	cr_expect_eq(output_flush(out.output), 0);
	cr_expect_gt(lseek(out.fd, 0, SEEK_END), 0);
	text = capture_end(&out);
	cr_expect_eq(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
}

Test(output, terminal_sees_each_record_at_once)
{
	struct winsize size = { .ws_col = 60 };
	int terminal, program;
	struct output *o;
	char line[1024];
	ssize_t n;

	cr_assert_eq(openpty(&terminal, &program, NULL, NULL, &size), 0);
	fcntl(terminal, F_SETFL, O_NONBLOCK);
	o = output_to(program, OUTPUT_TABLE);
	n = read(terminal, line, sizeof(line));
	cr_expect(n > 8 && !memcmp(line, "CONTAIN", 7), "the header, narrow");
	put_event(o, 3);
	n = read(terminal, line, sizeof(line));
	cr_expect(n > 2 && !memcmp(line + n - 4, "/x\r\n", 4));
	output_free(o);
	close(terminal);
	close(program);
}

Test(output, reader_is_gone)
{
	struct output *o;
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe(ends), 0);
	o = output_to(ends[1], OUTPUT_JSON);
	close(ends[0]);
	cr_expect_eq(put_event(o, 3), 0);
	cr_expect_eq(output_flush(o), -EPIPE);
	cr_expect_eq(output_flush(o), -EPIPE, "and stays gone");
	cr_expect_eq(put_event(o, 3), -EPIPE);
	output_free(o);
	close(ends[1]);
}

Test(output, full_disk)
{
	int fd = open("/dev/full", O_WRONLY);
	struct output *o = output_to(fd, OUTPUT_JSON);

	put_event(o, 3);
	cr_expect_eq(output_flush(o), -ENOSPC);
	output_free(o);
	close(fd);
}

Test(output, free_nothing)
{
	output_free(NULL);
}
