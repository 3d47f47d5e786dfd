// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set(struct error *err, int code, const char *start, const char *format, va_list args)
{
	size_t used = snprintf(err->text, sizeof(err->text), "%s", start);

	err->code = code;
	vsnprintf(err->text + used, sizeof(err->text) - used, format, args);
}

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list args;
	size_t used;

	if (!err)
		return code;
	va_start(args, format);
	set(err, code, "can't ", format, args);
	va_end(args);

	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(-code));
	return code;
}

int error_say(struct error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	set(err, code, "", format, args);
	va_end(args);
	return code;
}
