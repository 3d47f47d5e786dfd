// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "event/cgroup_record.h"

/* What is behind a record: the longest path, and a byte more. */
static struct {
	struct cgroup_record record;
	char room[CGROUP_PATH_BYTES + 1];
} sample;

static void sample_start(enum record_type type, const char *text)
{
	memset(&sample, 'x', sizeof(sample));
	sample.record.type = type;
	strcpy(sample.record.maker, "runc");
	sample.record.path_len = strlen(text);
	memcpy(sample.room, text, strlen(text));
}

Test(cgroup_record, path)
{
	static const struct {
		enum record_type type;
		const char *path;
		int result;
	} rows[] = {
		{ RECORD_CGROUP_NEW, "/docker/a", 0 },
		{ RECORD_CGROUP_NEW, "/", 0 },
		{ RECORD_CGROUP_NEW, "", -EBADMSG },
		{ RECORD_CGROUP_NEW, "docker/a", -EBADMSG },
		{ RECORD_CGROUP_STARTED, "", 0 },
		{ RECORD_CGROUP_GONE, "/docker/a", 0 },
		{ RECORD_CGROUP_GONE, "", 0 },
		{ RECORD_OPEN, "/docker/a", -EBADMSG },
		{ RECORD_EXE, "/docker/a", -EBADMSG },
		{ 0, "/docker/a", -EBADMSG },
		{ RECORD_CGROUP_GONE + 1, "/docker/a", -EBADMSG },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char path[CGROUP_PATH_BYTES] = "untouched";
		size_t len = sizeof(sample.record) + strlen(rows[i].path);

		sample_start(rows[i].type, rows[i].path);
		cr_expect_eq(cgroup_record_decode(&sample.record, len, path), rows[i].result,
			     "row %zu", i);
		cr_expect_str_eq(path, rows[i].result ? "untouched" : rows[i].path, "row %zu", i);
	}
}

/* Of each length that may be wrong, the last that is right and the first that is not. */
Test(cgroup_record, a_record_that_contradicts_itself)
{
	char path[CGROUP_PATH_BYTES];

	sample_start(RECORD_CGROUP_NEW, "/abc");
	cr_expect_eq(cgroup_record_decode(&sample.record, sizeof(sample.record) + 4, path), 0);
	for (size_t len = 0; len < sizeof(sample.record) + 4; len++)
		cr_expect_eq(cgroup_record_decode(&sample.record, len, path), -EBADMSG, "%zu", len);

	sample.record.path_len = CGROUP_PATH_BYTES - 1;
	cr_expect_eq(cgroup_record_decode(&sample.record, sizeof(sample), path), 0);
	cr_expect_eq(strlen(path), CGROUP_PATH_BYTES - 1);
	sample.record.path_len = CGROUP_PATH_BYTES;
	cr_expect_eq(cgroup_record_decode(&sample.record, sizeof(sample), path), -EBADMSG);
	sample.record.path_len = -1;
	cr_expect_eq(cgroup_record_decode(&sample.record, sizeof(sample), path), -EBADMSG);
}

/* It is compared as a string, and the path is behind it. */
Test(cgroup_record, a_maker_without_an_end)
{
	char path[CGROUP_PATH_BYTES];

	sample_start(RECORD_CGROUP_NEW, "/abc");
	memset(sample.record.maker, 'm', sizeof(sample.record.maker));
	cr_expect_eq(cgroup_record_decode(&sample.record, sizeof(sample), path), -EBADMSG);
	sample.record.maker[sizeof(sample.record.maker) - 1] = '\0';
	cr_expect_eq(cgroup_record_decode(&sample.record, sizeof(sample), path), 0);
}
