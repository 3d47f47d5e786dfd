// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <linux/magic.h>
#include <linux/openat2.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "container/cgroup_mount.h"

#ifndef FILEID_KERNFS /* include/linux/exportfs.h, kernel-internal until 6.13 */
#define FILEID_KERNFS 0xfe
#endif

enum {
	MOUNTINFO_MAX = 64 << 20, /* tens of thousands of overlay mounts */
	PROC_CGROUP_MAX = 1 << 20,
};

struct cgroup_fs {
	struct cgroup_mount mount;
	char *proc; /* "/proc", or the host's below host_root */
	int root_fd;
};

/* --- the mount ------------------------------------------------------------------- */

static int find_mount(struct cgroup_mount *mount, const char *host_root, struct error *err)
{
	auto_free char *text = NULL;
	int r = file_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, NULL);

	if (r < 0)
		return error_set(err, r, "read '/proc/self/mountinfo'");
	if (cgroup_mount_find(text, host_root, mount))
		return 0;

	if (host_root && *host_root)
		return error_say(
			err, -ENODEV,
			"no cgroup v2 is mounted below '%s'; mount the host's /sys/fs/cgroup "
			"there (see --host-root)",
			host_root);
	return error_say(
		err, -ENODEV,
		"no cgroup v2 is mounted; run 'mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified' "
		"(any empty directory will do), or boot with systemd.unified_cgroup_hierarchy=1");
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

static int open_mount(struct cgroup_fs *fs, struct error *err)
{
	struct statfs st;

	fs->root_fd = open(fs->mount.point, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fs->root_fd < 0)
		return error_set(err, -errno, "open the cgroup v2 mount '%s'", fs->mount.point);
	if (fstatfs(fs->root_fd, &st) < 0)
		return error_set(err, -errno, "look at the cgroup v2 mount '%s'", fs->mount.point);
	if (st.f_type != CGROUP2_SUPER_MAGIC)
		return error_say(err, -ENODEV, "something else is mounted over cgroup v2 at '%s'",
				 fs->mount.point);
	return 0;
}

int cgroup_fs_open(struct cgroup_fs **out, const char *host_root, struct error *err)
{
	struct cgroup_fs *fs = calloc(1, sizeof(*fs));
	int r;

	if (!fs)
		return error_set(err, -ENOMEM, "open the cgroup v2 mount");
	fs->root_fd = -1;

	r = find_mount(&fs->mount, host_root, err);
	if (r >= 0)
		r = open_mount(fs, err);
	if (r >= 0) {
		fs->proc = find_proc(host_root);
		if (!fs->proc)
			r = error_set(err, -ENOMEM, "open the cgroup v2 mount");
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
	if (fs->root_fd >= 0)
		close(fs->root_fd);
	free(fs->proc);
	free(fs);
}

const char *cgroup_fs_mount_point(const struct cgroup_fs *fs)
{
	return fs->mount.point;
}

bool cgroup_fs_is_hybrid(const struct cgroup_fs *fs)
{
	return fs->mount.hybrid;
}

/* --- one cgroup ------------------------------------------------------------------ */

/* "/a/b" as openat2() wants it, relative to the mount. */
static const char *relative(const char *path)
{
	path += strspn(path, "/");
	return *path ? path : ".";
}

/* -errno, no sentence. */
static int open_dir(const struct cgroup_fs *fs, const char *path, __u64 flags)
{
	struct open_how how = {
		.flags = flags | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV,
	};
	int fd = (int)syscall(SYS_openat2, fs->root_fd, relative(path), &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

int cgroup_open_dir(const struct cgroup_fs *fs, const char *path, struct error *err)
{
	int fd = open_dir(fs, path, O_PATH);

	if (fd < 0)
		return error_set(err, fd, "open cgroup '%s'", path);
	return fd;
}

int cgroup_id_of_fd(int fd, __u64 *id)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(__u64)];
	} h = { .handle.handle_bytes = sizeof(__u64) };
	int mount_id;

	if (name_to_handle_at(fd, "", &h.handle, &mount_id, AT_EMPTY_PATH) < 0)
		return -errno;
	if (h.handle.handle_type != FILEID_KERNFS || h.handle.handle_bytes != sizeof(__u64))
		return -EMEDIUMTYPE;

	memcpy(id, h.handle.f_handle, sizeof(*id));
	return 0;
}

int cgroup_id_of(const struct cgroup_fs *fs, const char *path, __u64 *id, struct error *err)
{
	auto_close int fd = cgroup_open_dir(fs, path, err);
	int r;

	if (fd < 0)
		return fd;

	r = cgroup_id_of_fd(fd, id);
	if (r < 0)
		return error_set(err, r, "find the id of cgroup '%s'", path);
	return 0;
}

/* --- what a person typed --------------------------------------------------------- */

static bool has_dotdot(const char *path)
{
	const char *at;

	for (at = path; (at = strstr(at, "..")); at += 2) {
		if ((at == path || at[-1] == '/') && (!at[2] || at[2] == '/'))
			return true;
	}
	return false;
}

/* Without the mount point in front, if it is there. */
static const char *strip_mount(const struct cgroup_fs *fs, const char *typed)
{
	size_t len = strlen(fs->mount.point);

	if (!strncmp(typed, fs->mount.point, len) && (!typed[len] || typed[len] == '/'))
		return typed + len;
	return typed;
}

/* "a//b/" and "./a/b" become "/a/b". */
static char *tidy(const char *path)
{
	char *out = malloc(strlen(path) + 2), *to = out;

	if (!out)
		return NULL;

	while (*path) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len && !(len == 1 && *path == '.')) {
			*to++ = '/';
			memcpy(to, path, len);
			to += len;
		}
		path += len;
	}
	if (to == out)
		*to++ = '/';
	*to = '\0';
	return out;
}

int cgroup_resolve(const struct cgroup_fs *fs, const char *typed, char **path, struct error *err)
{
	auto_free char *clean = NULL;
	auto_close int fd = -1;

	if (!*typed || has_dotdot(typed))
		return error_say(err, -EINVAL, "'%s' is no path of a cgroup: it %s", typed,
				 *typed ? "has '..' in it" : "is empty");

	clean = tidy(strip_mount(fs, typed));
	if (!clean)
		return error_set(err, -ENOMEM, "find cgroup '%s'", typed);

	fd = open_dir(fs, clean, O_PATH);
	if (fd == -ENOENT)
		return error_say(err, fd, "no cgroup '%s' in the cgroup v2 hierarchy at '%s'",
				 clean, fs->mount.point);
	if (fd == -ENOTDIR)
		return error_say(err, fd, "'%s' below '%s' is a file, not a cgroup", clean,
				 fs->mount.point);
	if (fd < 0)
		return error_set(err, fd, "open cgroup '%s'", clean);

	*path = steal_ptr(&clean);
	return 0;
}

/* --- the tree -------------------------------------------------------------------- */

/* Paths still to visit.  A list and not a recursion: containers choose how deep they nest. */
struct todo {
	char **paths;
	size_t count, room;
};

static void todo_free(struct todo *todo)
{
	while (todo->count)
		free(todo->paths[--todo->count]);
	free(todo->paths);
}

/* Takes path over, on failure too. */
static int todo_push(struct todo *todo, char *path)
{
	if (!path)
		return -ENOMEM;
	if (todo->count == todo->room) {
		size_t room = todo->room ? todo->room * 2 : 64;
		char **paths = reallocarray(todo->paths, room, sizeof(*paths));

		if (!paths) {
			free(path);
			return -ENOMEM;
		}
		todo->paths = paths;
		todo->room = room;
	}
	todo->paths[todo->count++] = path;
	return 0;
}

static char *join(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", strcmp(dir, "/") ? dir : "", name) < 0)
		return NULL;
	return path;
}

/* kernfs fills in d_type; what is no directory is one of the cgroup's files. */
static int push_children(struct todo *todo, DIR *dir, const char *path)
{
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		int r;

		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, ".."))
			continue;
		r = todo_push(todo, join(path, entry->d_name));
		if (r < 0)
			return r;
	}
	return 0;
}

/* kernfs counts the directories below in st_nlink, beside the two of any directory. */
static bool is_leaf(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_nlink == 2;
}

/* -errno of a cgroup that could not be looked at; visit's value comes through *verdict. */
static int walk_one(const struct cgroup_fs *fs, const char *path, struct todo *todo,
		    cgroup_visit *visit, void *arg, int *verdict)
{
	auto_close int fd = open_dir(fs, path, O_RDONLY);
	auto_dir DIR *dir = NULL;
	__u64 id = 0;
	int r;

	if (fd < 0)
		return fd;
	r = cgroup_id_of_fd(fd, &id);
	if (r < 0)
		return r;

	*verdict = visit(path, id, arg);
	if (*verdict || is_leaf(fd))
		return 0;

	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	steal_fd(&fd);
	return push_children(todo, dir, path);
}

/* Gone since it was listed, or nested deeper than a path can say. */
static bool may_be_left_out(int r)
{
	return r == -ENOENT || r == -ENODEV || r == -ENAMETOOLONG;
}

int cgroup_walk(const struct cgroup_fs *fs, const char *path, cgroup_visit *visit, void *arg,
		struct error *err)
{
	__attribute__((cleanup(todo_free))) struct todo todo = { 0 };
	bool first = true;
	int verdict = 0;
	int r = todo_push(&todo, tidy(path));

	if (r < 0)
		return error_set(err, r, "walk cgroup '%s'", path);

	while (todo.count && !verdict) {
		auto_free char *at = todo.paths[--todo.count];

		r = walk_one(fs, at, &todo, visit, arg, &verdict);
		if (r < 0 && (first || !may_be_left_out(r)))
			return error_set(err, r, "look into cgroup '%s'", at);
		first = false;
	}
	return verdict;
}

struct id_search {
	__u64 id;
	char *path;
};

static int is_sought(const char *path, __u64 cgroup_id, void *arg)
{
	struct id_search *search = arg;

	if (cgroup_id != search->id)
		return 0;
	search->path = strdup(path);
	return search->path ? 1 : -ENOMEM;
}

/* Not by open_by_handle_at(), which our sandbox forbids: it opens any file of the host. */
int cgroup_path_of_id(const struct cgroup_fs *fs, __u64 id, char **path, struct error *err)
{
	struct id_search search = { .id = id };
	int r = cgroup_walk(fs, "/", is_sought, &search, err);

	if (r == -ENOMEM)
		return error_set(err, r, "find the path of a cgroup");
	if (r < 0)
		return r;
	if (!search.path)
		return error_say(err, -ENOENT, "the cgroup is gone");
	*path = search.path;
	return 0;
}

/* --- processes ------------------------------------------------------------------- */

int cgroup_of_pid(const struct cgroup_fs *fs, pid_t pid, char **path, struct error *err)
{
	auto_free char *file = NULL, *text = NULL;
	char found[PATH_MAX];
	int r;

	if (asprintf(&file, "%s/%d/cgroup", fs->proc, pid) < 0)
		return error_set(err, -ENOMEM, "find the cgroup of process %d", pid);

	r = file_read(AT_FDCWD, file, PROC_CGROUP_MAX, &text, NULL);
	if (r == -ENOENT || r == -ESRCH)
		return error_say(err, -ESRCH, "there is no process %d", pid);
	if (r < 0)
		return error_set(err, r, "read the cgroup of process %d from '%s'", pid, file);

	if (!cgroup_mount_path_of(text, fs->mount.root, found))
		return error_say(err, -ENOENT, "process %d has no cgroup below '%s'", pid,
				 fs->mount.point);

	*path = strdup(found);
	return *path ? 0 : error_set(err, -ENOMEM, "find the cgroup of process %d", pid);
}
