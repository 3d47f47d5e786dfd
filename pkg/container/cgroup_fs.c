// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Which hierarchies are there? */
#include "container/cgroup_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <linux/magic.h>
#include <linux/openat2.h>

#include "base/cleanup.h"
#include "base/file.h"

enum { MOUNTINFO_MAX = 64 << 20 }; /* tens of thousands of overlay mounts */

static int say_no_mount(const char *host_root, struct error *err)
{
	if (host_root && *host_root)
		return error_say(err, -ENODEV,
				 "no cgroups are mounted below '%s'; mount the host's "
				 "/sys/fs/cgroup there (see --host-root)",
				 host_root);
	return error_say(err, -ENODEV,
			 "no cgroups are mounted, neither v2 nor v1; run 'mount -t cgroup2 cgroup2 "
			 "/sys/fs/cgroup' (any empty directory will do)");
}

/* Without a /proc of the host's below host_root, ours must do (it does with hostPID). */
static char *find_proc(const char *host_root)
{
	char *proc;

	if (!host_root || !*host_root)
		return strdup("/proc");
	if (asprintf(&proc, "%s/proc", host_root) < 0)
		return NULL;
	if (!faccessat(AT_FDCWD, proc, X_OK, AT_EACCESS)) {
		auto_free char *self = NULL;

		if (asprintf(&self, "%s/self/cgroup", proc) >= 0 && !access(self, R_OK))
			return proc;
	}
	free(proc);
	return strdup("/proc");
}

static int open_mount(struct cgroup_hierarchy *h, struct error *err)
{
	const char *version = h->controller ? "v1" : "v2", *point = h->mount.point;
	auto_close int fd = open(point, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs st;

	if (fd < 0)
		return error_set(err, -errno, "open the cgroup %s mount '%s'", version, point);
	if (fstatfs(fd, &st) < 0)
		return error_set(err, -errno, "look at the cgroup %s mount '%s'", version, point);
	if (st.f_type != (h->controller ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC))
		return error_say(err, -ENODEV, "something else is mounted over cgroup %s at '%s'",
				 version, point);
	h->root_fd = steal_fd(&fd);
	return 0;
}

/* 0 also if it is not mounted. */
static int open_hierarchy(struct cgroup_hierarchy *h, const char *mountinfo, const char *host_root,
			  struct error *err)
{
	if (!cgroup_mount_find(mountinfo, h->controller, host_root, &h->mount))
		return 0;
	return open_mount(h, err);
}

static int open_v1(struct cgroup_fs *fs, const char *mountinfo, const char *host_root,
		   struct error *err)
{
	int r = 0;

	for (int c = CGROUP_V1_NONE + 1; c < CGROUP_V1_COUNT && !r && fs->v1.root_fd < 0; c++) {
		fs->v1.controller = cgroup_v1_controller_name(c);
		r = open_hierarchy(&fs->v1, mountinfo, host_root, err);
		if (fs->v1.root_fd >= 0)
			fs->v1_controller = c;
	}
	return r;
}

static int open_all(struct cgroup_fs *fs, const char *host_root, struct error *err)
{
	auto_free char *mountinfo = NULL;
	int r = file_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &mountinfo, NULL);

	if (r < 0)
		return error_set(err, r, "read '/proc/self/mountinfo'");
	r = open_hierarchy(&fs->v2, mountinfo, host_root, err);
	if (r < 0)
		return r;
	r = open_v1(fs, mountinfo, host_root, err);
	if (fs->v2.root_fd >= 0)
		return 0; /* and v1 is good to have */
	return !r && fs->v1.root_fd < 0 ? say_no_mount(host_root, err) : r;
}

int cgroup_fs_open(struct cgroup_fs **out, const char *host_root, struct error *err)
{
	struct cgroup_fs *fs = calloc(1, sizeof(*fs));
	int r;

	if (!fs)
		return error_set(err, -ENOMEM, "open the cgroup mounts");
	fs->v2.root_fd = fs->v1.root_fd = -1;

	r = open_all(fs, host_root, err);
	if (!r) {
		fs->proc = find_proc(host_root);
		if (!fs->proc)
			r = error_set(err, -ENOMEM, "open the cgroup mounts");
	}
	if (r < 0) {
		cgroup_fs_free(fs);
		return r;
	}

	*out = fs;
	return 0;
}

void cgroup_fs_free(struct cgroup_fs *fs)
{
	if (!fs)
		return;
	cleanup_close(&fs->v2.root_fd);
	cleanup_close(&fs->v1.root_fd);
	free(fs->proc);
	free(fs);
}

/* --- what there is ---------------------------------------------------------------- */

const char *const *cgroup_fs_roots(const struct cgroup_fs *fs)
{
	static const char *const both[] = { "/", CGROUP_V1_PREFIX "/", NULL };
	static const char *const v2_only[] = { "/", NULL };

	if (fs->v1.root_fd < 0)
		return v2_only;
	return fs->v2.root_fd < 0 ? both + 1 : both;
}

const char *cgroup_fs_mount_point(const struct cgroup_fs *fs, const char *path)
{
	const struct cgroup_hierarchy *h = cgroup_hierarchy_of(fs, path);

	return h->root_fd < 0 ? NULL : h->mount.point;
}

enum cgroup_v1_controller cgroup_fs_v1_controller(const struct cgroup_fs *fs)
{
	return fs->v1_controller;
}

const struct cgroup_hierarchy *cgroup_hierarchy_of(const struct cgroup_fs *fs, const char *path)
{
	return cgroup_path_is_v1(path) ? &fs->v1 : &fs->v2;
}

/* "/a/b" as openat2() wants it, relative to the mount. */
static const char *relative(const char *path)
{
	path = cgroup_path_below_mount(path);
	path += strspn(path, "/");
	return *path ? path : ".";
}

int cgroup_open(const struct cgroup_fs *fs, const char *path, __u64 flags)
{
	struct open_how how = {
		.flags = flags | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV,
	};
	int root_fd = cgroup_hierarchy_of(fs, path)->root_fd, fd;

	if (root_fd < 0)
		return -ENOENT;
	fd = (int)syscall(SYS_openat2, root_fd, relative(path), &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}
