/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What goes wrong again and again is said once, and not without end. */
#ifndef CTRACE_COMPLAINTS_H
#define CTRACE_COMPLAINTS_H

#include "base/error.h"

enum complaints_limit { COMPLAINTS_MAX = 16 };

/* Starts out all zero. */
struct complaints {
	char *said[COMPLAINTS_MAX];
	unsigned int count;
};

/* For struct runtime_settings' unreadable(); arg: the struct complaints. */
void complaints_say(const struct error *err, void *arg);

void complaints_free(struct complaints *c);

#endif
