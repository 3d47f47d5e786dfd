// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Metrics of containers with names of any bytes: the text is read back line by line by
 * Prometheus's rules, and has as many lines as it must.
 */
#include "metrics/metrics.h"

#include "fuzz.h"
#include "output/utf8.h"

static const char *after_word(const char *at)
{
	while ((*at >= 'a' && *at <= 'z') || *at == '_')
		at++;
	return at;
}

/* A value in quotes: \\, \" and \n, and nothing else that is special. */
static const char *after_value(const char *at)
{
	MUST(*at++ == '"');
	for (; *at != '"'; at++) {
		MUST((unsigned char)*at >= ' ');
		if (*at == '\\')
			MUST(strchr("\\\"n", *++at) && *at);
	}
	return at + 1;
}

static const char *after_labels(const char *at)
{
	MUST(*at++ == '{');
	while (*at != '}') {
		const char *equals = after_word(at);

		MUST(equals > at && *equals == '=');
		at = after_value(equals + 1);
		if (*at == ',')
			at++;
		else
			MUST(*at == '}');
	}
	return at + 1;
}

static void check_line(const char *line)
{
	const char *at = after_word(line);

	if (!strncmp(line, "# HELP ", 7) || !strncmp(line, "# TYPE ", 7))
		return;
	MUST(at > line);
	if (*at == '{')
		at = after_labels(at);
	MUST(*at == ' ' && at[1] && !at[1 + strspn(at + 1, "0123456789")]);
}

static size_t check_text(char *text, size_t len)
{
	const struct bytes all = { text, len };
	size_t lines = 0, size;

	MUST(len && text[len - 1] == '\n' && !memchr(text, 0, len));
	for (size_t at = 0; at < len; at += size)
		MUST(utf8_next((struct bytes){ all.at + at, len - at }, &size) != UTF8_BAD);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++)
		check_line(line);
	return lines;
}

static size_t lines_of(struct metrics *m)
{
	size_t len, lines;
	char *text = metrics_text(m, &len);

	MUST(text);
	lines = check_text(text, len);
	free(text);
	return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct metrics *m = metrics_new("1.2.3");
	size_t before, count = 0;

	MUST(m);
	metrics_live(m, "tracepoint", 4096);
	metrics_beat(m, 17, 3);
	metrics_add(m, METRICS_LOST, 0, NULL, 1); /* "other" is there from here on */
	before = lines_of(m);
	while (in.len && count < 8) {
		struct container c = {
			.id = take_string(&in, 512),
			.name = take_string(&in, 512),
			.k8s_namespace = take_string(&in, 512),
			.k8s_pod = take_string(&in, 512),
		};

		metrics_add(m, METRICS_EVENTS, ++count, &c, 1);
		free(c.id);
		free(c.name);
		free(c.k8s_namespace);
		free(c.k8s_pod);
	}
	MUST(lines_of(m) == before + count * METRICS_COUNTS);
	metrics_free(m);
	return 0;
}
