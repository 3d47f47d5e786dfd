// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "say.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "output/visible.h"

static void (*hear)(const char *line);

void say_to(void (*to)(const char *line))
{
	hear = to;
}

void say(const char *format, ...)
{
	char text[2048], line[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* A container's name or an argument may hold anything: one line, and no escape sequence. */
	visible_text(line, sizeof(line), text);
	if (hear)
		hear(line);
	else
		fprintf(stderr, "ctrace: %s\n", line);
}
