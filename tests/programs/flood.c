// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a container might do that may make cgroups: make as many as it can.
 *
 *	flood churn DIR SECONDS SHAPE   makes and removes them, one inside the other
 *	flood keep DIR COUNT SHAPE      makes COUNT, side by side, and leaves them
 *	flood open DIR COUNT NAME       opens NAME once from inside of each of those
 *	flood remove DIR COUNT SHAPE
 *
 * SHAPE is what they are called: `plain`, `long` (as long as a name may be), or `docker`,
 * as Docker would call a container's.  What it has made goes to stdout.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "join.h"

static const char *shape;

static void name_of(char out[static 4096], const char *dir, unsigned long number)
{
	if (strcmp(shape, "docker") == 0)
		snprintf(out, 4096, "%s/docker-%064lx.scope", dir, number);
	else
		snprintf(out, 4096, "%s/%0*lu", dir, strcmp(shape, "long") ? 1 : 255, number);
}

static void make(const char *name)
{
	if (mkdir(name, 0755) && errno != EEXIST)
		give_up(name);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned long churn(const char *dir, double seconds)
{
	double end = now() + seconds;
	unsigned long made = 0;

	while (now() < end) {
		char outer[4096], inner[4096];

		name_of(outer, dir, made++);
		make(outer);
		name_of(inner, outer, made++);
		make(inner);
		if (rmdir(inner) || rmdir(outer))
			give_up(outer);
	}
	return made;
}

static void open_in(const char *group, const char *name)
{
	int fd;

	join(group);
	fd = open(name, O_RDONLY);
	if (fd < 0)
		give_up(name);
	close(fd);
}

static void each(const char *what, const char *dir, unsigned long count, const char *name)
{
	char group[4096];

	for (unsigned long i = 0; i < count; i++) {
		name_of(group, dir, i);
		if (strcmp(what, "keep") == 0)
			make(group);
		else if (strcmp(what, "open") == 0)
			open_in(group, name);
		else if (rmdir(group))
			give_up(group);
	}
	if (strcmp(what, "open") == 0)
		join(dir);
}

int main(int argc, char **argv)
{
	unsigned long count;

	if (argc != 5)
		return 2;
	count = strtoul(argv[3], NULL, 10);
	shape = strcmp(argv[1], "open") ? argv[4] : "plain";
	if (strcmp(argv[1], "churn") == 0)
		count = churn(argv[2], (double)count);
	else
		each(argv[1], argv[2], count, argv[4]);
	printf("%lu\n", count);
	return 0;
}
