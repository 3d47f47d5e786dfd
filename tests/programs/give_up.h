/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The scene could not be set: not the tracer's fault. */
#ifndef TESTS_GIVE_UP_H
#define TESTS_GIVE_UP_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

__attribute__((noreturn)) static inline void give_up(const char *doing)
{
	dprintf(2, "%s: %s\n", doing, strerror(errno));
	_exit(2);
}

#endif
