// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Where are we?  /proc/self/cgroup tells it as seen from our own cgroup namespace, which
 * within a container may be no more than "/"; the path below the host's mount then
 * has to be looked for by the cgroup's id, which is the same in all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "container/cgroup.h"
#include "container/cgroup_mount.h"

enum { TEXT_MAX = 64 << 20 }; /* of a mountinfo, see cgroup.c */

/* -errno, no sentence. */
static int own_id(__u64 *id)
{
	auto_free char *cgroup = NULL, *mounts = NULL;
	char path[PATH_MAX];
	auto_close int fd = -1;
	int r = file_read(AT_FDCWD, "/proc/self/cgroup", TEXT_MAX, &cgroup, NULL);

	if (!r)
		r = file_read(AT_FDCWD, "/proc/self/mountinfo", TEXT_MAX, &mounts, NULL);
	if (r < 0)
		return r;
	if (!cgroup_mount_dir_of(cgroup, mounts, path))
		return -ENOENT;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : cgroup_id_of_fd(fd, id);
}

struct wanted {
	__u64 id;
	char *path;
};

static int take_path(const char *path, __u64 cgroup_id, void *arg)
{
	struct wanted *wanted = arg;

	if (cgroup_id != wanted->id)
		return 0;
	wanted->path = strdup(path);
	return wanted->path ? 1 : -ENOMEM;
}

/* The short way, good outside of namespaces.  There, the process of our number may be another. */
static bool is_at(const struct cgroup_fs *fs, const char *path, __u64 id)
{
	__u64 found;

	return !cgroup_id_of(fs, path, &found, NULL) && found == id;
}

int cgroup_own(const struct cgroup_fs *fs, char **path, struct error *err)
{
	struct wanted wanted = { 0 };
	auto_free char *told = NULL;
	int r = own_id(&wanted.id);

	if (r < 0)
		return error_set(err, r, "find our own cgroup");
	if (!cgroup_of_pid(fs, getpid(), &told, NULL) && is_at(fs, told, wanted.id)) {
		*path = steal_ptr(&told);
		return 0;
	}
	r = cgroup_walk(fs, "/", take_path, &wanted, err);
	if (r < 0)
		return r;
	if (!r)
		return error_say(err, -ENOENT, "our own cgroup is not below '%s'",
				 cgroup_fs_mount_point(fs));
	*path = wanted.path;
	return 0;
}
