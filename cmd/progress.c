// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/clock.h"

#define PERIOD_NS 100000000

void progress_start(struct progress *p)
{
	const char *terminal = getenv("TERM");

	p->is_shown = false;
	p->is_terminal = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
	p->next_ns = awake_now_ns() + 3 * PERIOD_NS; /* short work shows none */
}

bool progress_due(struct progress *p)
{
	__u64 now;

	if (!p->is_terminal)
		return false;
	now = awake_now_ns();
	if (now < p->next_ns)
		return false;
	p->next_ns = now + PERIOD_NS;
	return true;
}

void progress_show(struct progress *p, const char *format, ...)
{
	va_list args;

	fputs("\rctrace: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\033[K", stderr);
	fflush(stderr);
	p->is_shown = true;
}

void progress_clear(struct progress *p)
{
	if (p->is_shown)
		fputs("\r\033[K", stderr);
	p->is_shown = false;
}
