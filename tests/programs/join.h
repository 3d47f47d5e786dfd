/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef TESTS_JOIN_H
#define TESTS_JOIN_H

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "give_up.h"

/* Move the program to the cgroup of this folder. */
static inline void join(const char *group)
{
	char procs[4200];
	int fd;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", group);
	fd = open(procs, O_WRONLY);
	if (fd < 0 || write(fd, "0", 1) != 1)
		give_up(procs);
	close(fd);
}

#endif
