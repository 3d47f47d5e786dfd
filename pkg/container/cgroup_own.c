// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Where are we?  /proc/self/cgroup tells it as seen from our own cgroup namespace, which
 * within a container may be no more than "/"; the path below the host's mount then
 * has to be looked for by the cgroup's id, which is the same in all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "container/cgroup_fs.h"

enum { TEXT_MAX = 64 << 20 }; /* of a mountinfo, see cgroup_fs.c */

/* All from here on: a descriptor or 0, or -errno, and no sentence. */

static int open_by_mounts(const char *cgroup, const char *controller)
{
	auto_free char *mounts = NULL;
	char path[PATH_MAX];
	int r = file_read(AT_FDCWD, "/proc/self/mountinfo", TEXT_MAX, &mounts, NULL), fd;

	if (r < 0)
		return r;
	if (!cgroup_mount_dir_of(cgroup, controller, mounts, path))
		return -ENOENT;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/*
 * A DaemonSet may have the host's mount in the place of its own.  A new one, which is
 * never attached anywhere, starts at our namespace's root (cgroup_do_get_tree(),
 * kernel/cgroup/cgroup.c); it takes CAP_SYS_ADMIN.  One of v1 has to name all of the
 * hierarchy's controllers: good for those that have one of their own, as pids has.
 */
static int open_by_new_mount(const char *cgroup, const char *controller)
{
	auto_close int fs = fsopen(controller ? "cgroup" : "cgroup2", FSOPEN_CLOEXEC);
	auto_close int root = -1;
	char path[PATH_MAX];
	int fd;

	if (fs < 0 || (controller && fsconfig(fs, FSCONFIG_SET_FLAG, controller, NULL, 0) < 0) ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	root = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (root < 0)
		return -errno;
	if (!cgroup_mount_path_of(cgroup, controller, "/", path))
		return -ENOENT;
	fd = openat(root, path[1] ? path + 1 : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int own_id(const char *controller, __u64 *id)
{
	auto_free char *cgroup = NULL;
	auto_close int fd = -1;
	int r = file_read(AT_FDCWD, "/proc/self/cgroup", TEXT_MAX, &cgroup, NULL);

	if (r < 0)
		return r;
	fd = open_by_mounts(cgroup, controller);
	if (fd < 0)
		fd = open_by_new_mount(cgroup, controller);
	return fd < 0 ? fd : cgroup_id_of_fd(fd, controller, id);
}

/* The short way, good outside of namespaces.  There, the process of our number may be another. */
static bool is_at(const struct cgroup_fs *fs, const char *path, __u64 id)
{
	__u64 found;

	return !cgroup_id_of(fs, path, &found, NULL) && found == id;
}

int cgroup_own(const struct cgroup_fs *fs, const char *in, char **path, struct error *err)
{
	auto_free char *told = NULL;
	__u64 id;
	int r = own_id(cgroup_hierarchy_of(fs, in)->controller, &id);

	if (r < 0)
		return error_set(err, r, "find ctrace's own cgroup");
	if (!cgroup_of_pid(fs, in, getpid(), &told, NULL) && is_at(fs, told, id)) {
		*path = steal_ptr(&told);
		return 0;
	}
	r = cgroup_path_of_id(fs, id, path, err);
	if (r == -ENOENT)
		return error_say(err, r, "ctrace's own cgroup is not below '%s'",
				 cgroup_fs_mount_point(fs, in));
	return r;
}
