// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/libbpf_log.h"

#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

static _Thread_local char reason[512];
static bool to_stderr;

/* The first is the cause, the others are what came of it. */
static void keep(const char *format, va_list args)
{
	static const char prefix[] = "libbpf: ";
	char text[sizeof(reason)];
	const char *from = text;

	vsnprintf(text, sizeof(text), format, args);
	if (!strncmp(from, prefix, sizeof(prefix) - 1))
		from += sizeof(prefix) - 1;
	snprintf(reason, sizeof(reason), "%.*s", (int)strcspn(from, "\n"), from);
}

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN && !reason[0]) {
		va_list copy;

		va_copy(copy, args);
		keep(format, copy);
		va_end(copy);
	}
	return to_stderr && level <= LIBBPF_INFO ? vfprintf(stderr, format, args) : 0;
}

void libbpf_log_start(bool verbose)
{
	reason[0] = '\0';
	to_stderr = verbose;
	libbpf_set_print(print);
}

int libbpf_log_refusal(struct error *err, int code, const char *what)
{
	return *reason ? error_say(err, code, "can't %s: %s", what, reason)
		       : error_set(err, code, "%s", what);
}
