// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Cgroups by path, by id, and by who is in them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "container/cgroup_fs.h"

#ifndef FILEID_KERNFS /* include/linux/exportfs.h, kernel-internal until 6.13 */
#define FILEID_KERNFS 0xfe
#endif

enum { PROC_CGROUP_MAX = 1 << 20 };

/* The longest path that is looked at, and its prefix in v1. */
#define CGROUP_WALK_BYTES (PATH_MAX + sizeof(CGROUP_V1_PREFIX))

/* --- one cgroup ------------------------------------------------------------------ */

int cgroup_open_dir(const struct cgroup_fs *fs, const char *path, struct error *err)
{
	int fd = cgroup_open(fs, path, O_PATH);

	if (fd < 0)
		return error_set(err, fd, "open cgroup '%s'", path);
	return fd;
}

int cgroup_id_of_fd(int fd, bool v1, __u64 *id)
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
	if (v1)
		*id |= CGROUP_ID_V1;
	return 0;
}

int cgroup_id_of(const struct cgroup_fs *fs, const char *path, __u64 *id, struct error *err)
{
	auto_close int fd = cgroup_open_dir(fs, path, err);
	int r;

	if (fd < 0)
		return fd;

	r = cgroup_id_of_fd(fd, cgroup_path_is_v1(path), id);
	if (r < 0)
		return error_set(err, r, "find the id of cgroup '%s'", path);
	return 0;
}

bool cgroup_is_gone(const struct cgroup_fs *fs, const char *path, __u64 id)
{
	__u64 found = 0;
	int r = cgroup_id_of(fs, path, &found, NULL);

	return r < 0 ? r != -EACCES : found != id;
}

/* --- the tree -------------------------------------------------------------------- */

/*
 * Cgroups still to visit, the next one last.  A list and not a recursion: containers choose
 * how deep they nest.  Names and not paths: they choose how many they make, too.
 */
struct todo {
	struct todo *next;
	size_t parent_len; /* bytes of the path that lead to it, without the '/' */
	char name[];
};

struct walk {
	struct todo *todo;
	char path[CGROUP_WALK_BYTES]; /* of the one that is being looked at */
};

static void todo_free(struct walk *w)
{
	while (w->todo) {
		struct todo *next = w->todo->next;

		free(w->todo);
		w->todo = next;
	}
}

static int todo_push(struct walk *w, size_t parent_len, const char *name)
{
	struct todo *todo = malloc(sizeof(*todo) + strlen(name) + 1);

	if (!todo)
		return -ENOMEM;
	todo->parent_len = parent_len;
	strcpy(todo->name, name);
	todo->next = w->todo;
	w->todo = todo;
	return 0;
}

/* w->path becomes its path: all that was looked at since its parent lies below that. */
static bool todo_pop(struct walk *w)
{
	struct todo *todo = w->todo;
	size_t room = sizeof(w->path) - todo->parent_len;
	bool fits = (size_t)snprintf(w->path + todo->parent_len, room, "/%s", todo->name) < room;

	w->todo = todo->next;
	free(todo);
	return fits;
}

/* kernfs fills in d_type; what is no directory is one of the cgroup's files. */
static int push_children(struct walk *w, DIR *dir)
{
	size_t len = cgroup_path_is_root(w->path) ? strlen(w->path) - 1 : strlen(w->path);
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		int r;

		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, ".."))
			continue;
		r = todo_push(w, len, entry->d_name);
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

/* It takes the right to list it and the right to go into it. */
static int walk_into(struct walk *w, int cgroup_fd)
{
	auto_close int fd = openat(cgroup_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		return -errno;
	steal_fd(&fd);
	return push_children(w, dir);
}

/* -errno of a cgroup that could not be looked at; visit()'s value comes through *verdict. */
static int walk_one(const struct cgroup_fs *fs, struct walk *w, const struct cgroup_visitor *v,
		    int *verdict)
{
	auto_close int fd = cgroup_open(fs, w->path, O_PATH);
	__u64 id = 0;
	int r;

	if (fd < 0)
		return fd;
	r = cgroup_id_of_fd(fd, cgroup_path_is_v1(w->path), &id);
	if (r < 0)
		return r;

	*verdict = v->visit(w->path, id, v->arg);
	if (*verdict || is_leaf(fd))
		return 0;
	r = walk_into(w, fd);
	if (r != -EACCES || !v->closed)
		return r;
	v->closed(w->path, v->arg);
	return 0;
}

/* Gone since it was listed, or nested deeper than a path can say. */
static bool may_be_left_out(int r)
{
	return r == -ENOENT || r == -ENODEV || r == -ENAMETOOLONG;
}

static int walk_below(const struct cgroup_fs *fs, struct walk *w, const struct cgroup_visitor *v,
		      struct error *err)
{
	int verdict = 0;

	while (w->todo && !verdict) {
		int r = todo_pop(w) ? walk_one(fs, w, v, &verdict) : 0;

		if (r == -EACCES && v->closed) /* the one above has been closed meanwhile */
			v->closed(w->path, v->arg);
		else if (r < 0 && !may_be_left_out(r))
			return error_set(err, r, "look into cgroup '%s'", w->path);
	}
	return verdict;
}

int cgroup_walk(const struct cgroup_fs *fs, const char *path, const struct cgroup_visitor *visitor,
		struct error *err)
{
	__attribute__((cleanup(todo_free))) struct walk w = { 0 };
	auto_free char *tidy = cgroup_path_tidy(cgroup_path_is_v1(path) ? CGROUP_V1_PREFIX : "",
						cgroup_path_below_mount(path));
	int verdict = 0, r;

	if (!tidy)
		return error_set(err, -ENOMEM, "walk cgroup '%s'", path);
	r = snprintf(w.path, sizeof(w.path), "%s", tidy) < (int)sizeof(w.path) ? 0 : -ENAMETOOLONG;
	if (!r)
		r = walk_one(fs, &w, visitor, &verdict);
	if (r < 0)
		return error_set(err, r, "look into cgroup '%s'", path);
	return verdict ? verdict : walk_below(fs, &w, visitor, err);
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

/* What a container closes to us is no reason not to find another. */
static void look_elsewhere(const char *path, void *arg)
{
	(void)path;
	(void)arg;
}

/* Not by open_by_handle_at(), which our sandbox forbids: it opens any file of the host. */
int cgroup_path_of_id(const struct cgroup_fs *fs, __u64 id, char **path, struct error *err)
{
	struct id_search search = { .id = id };
	const struct cgroup_visitor seeker = { is_sought, look_elsewhere, &search };
	const char *root = id & CGROUP_ID_V1 ? CGROUP_V1_PREFIX "/" : "/";
	int r = cgroup_walk(fs, root, &seeker, err);

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

int cgroup_of_pid(const struct cgroup_fs *fs, const char *in, pid_t pid, char **path,
		  struct error *err)
{
	const struct cgroup_hierarchy *h = cgroup_hierarchy_of(fs, in);
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

	if (!cgroup_mount_path_of(text, h->controller, h->mount.root, found))
		return error_say(err, -ENOENT, "process %d has no cgroup below '%s'", pid,
				 h->mount.point);

	if (asprintf(path, "%s%s", h->controller ? CGROUP_V1_PREFIX : "", found) < 0)
		return error_set(err, -ENOMEM, "find the cgroup of process %d", pid);
	return 0;
}
