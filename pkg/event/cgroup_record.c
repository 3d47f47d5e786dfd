// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "event/cgroup_record.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Only a new one is known by its path; one that has gone, or a program in it, by its id. */
static bool is_sound(const struct cgroup_record *rec, size_t len)
{
	if (len < sizeof(*rec) || rec->path_len >= CGROUP_PATH_BYTES ||
	    rec->path_len > len - sizeof(*rec))
		return false;
	if (!memchr(rec->maker, '\0', sizeof(rec->maker)))
		return false;
	switch (rec->type) {
	case RECORD_CGROUP_NEW:
		return rec->path_len && rec->path[0] == '/';
	case RECORD_CGROUP_STARTED:
	case RECORD_CGROUP_GONE:
		return true;
	}
	return false;
}

int cgroup_record_decode(const struct cgroup_record *rec, size_t len,
			 char path[static CGROUP_PATH_BYTES])
{
	if (!is_sound(rec, len))
		return -EBADMSG;
	memcpy(path, rec->path, rec->path_len);
	path[rec->path_len] = '\0';
	return 0;
}
