// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "base/finding.h"

#include <stdarg.h>
#include <stdio.h>

const char *health_word(enum health health)
{
	static const char *const words[] = {
		[HEALTH_OK] = "ok",
		[HEALTH_WARN] = "warn",
		[HEALTH_FAIL] = "FAIL",
	};

	return words[health];
}

void finding_set(struct finding *f, enum health health, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
	f->health = health;
	f->remedy[0] = '\0';
}

void finding_remedy(struct finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->remedy, sizeof(f->remedy), format, args);
	va_end(args);
}
