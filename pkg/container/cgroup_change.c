// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What `ctrace run` does to cgroups of its own: make, fill, empty, remove. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "container/cgroup.h"

enum {
	EVENTS_MAX = 4096,
	PROCS_MAX = 64 << 20, /* 4 million processes of up to 8 digits */
	ROUNDS_MAX = 100,     /* of chasing processes that fork while we look */
};

/* --- files of a cgroup ----------------------------------------------------------- */

static int read_file(const struct cgroup_fs *fs, const char *path, const char *file, size_t max,
		     char **text, struct error *err)
{
	auto_close int dir = cgroup_open_dir(fs, path, err);
	int r;

	if (dir < 0)
		return dir;
	r = file_read(dir, file, max, text, NULL);
	if (r < 0)
		return error_set(err, r, "read '%s' of cgroup '%s'", file, path);
	return 0;
}

/* -errno, no sentence.  A cgroup's file takes all of a text or nothing. */
static int write_at(int dir, const char *file, const char *text)
{
	auto_close int fd = openat(dir, file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* --- making and removing --------------------------------------------------------- */

/* The directory that holds path, and the name in it. */
static int open_parent(const struct cgroup_fs *fs, const char *path, const char **name,
		       struct error *err)
{
	const char *slash = strrchr(path, '/');
	char *parent;
	int fd;

	if (!slash || !slash[1])
		return error_say(err, -EINVAL, "'%s' is not a cgroup that can be made or removed",
				 path);

	parent = strndup(path, (size_t)(slash - path) + 1);
	if (!parent)
		return error_set(err, -ENOMEM, "open the parent of cgroup '%s'", path);

	*name = slash + 1;
	fd = cgroup_open_dir(fs, parent, err);
	free(parent);
	return fd;
}

int cgroup_make(const struct cgroup_fs *fs, const char *path, __u64 *id, struct error *err)
{
	const char *name = "";
	auto_close int parent = open_parent(fs, path, &name, err);

	if (parent < 0)
		return parent;
	if (mkdirat(parent, name, 0755) < 0)
		return error_set(err, -errno, "make cgroup '%s' below '%s'", path,
				 cgroup_fs_mount_point(fs, path));
	return id ? cgroup_id_of(fs, path, id, err) : 0;
}

static int remove_one(const struct cgroup_fs *fs, const char *path, struct error *err)
{
	const char *name = "";
	auto_close int parent = open_parent(fs, path, &name, err);

	if (parent == -ENOENT)
		return 0;
	if (parent < 0)
		return parent;
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT && errno != ENODEV)
		return error_set(err, -errno, "remove cgroup '%s'", path);
	return 0;
}

/* All cgroups of a subtree, parents first. */
struct paths {
	char **at;
	size_t count;
};

static void paths_free(struct paths *p)
{
	while (p->count)
		free(p->at[--p->count]);
	free(p->at);
}

static int paths_add(const char *path, __u64 cgroup_id, void *arg)
{
	struct paths *p = arg;
	char **bigger = reallocarray(p->at, p->count + 1, sizeof(*bigger));

	(void)cgroup_id;
	if (!bigger)
		return -ENOMEM;
	p->at = bigger;
	p->at[p->count] = strdup(path);
	if (!p->at[p->count])
		return -ENOMEM;
	p->count++;
	return 0;
}

int cgroup_remove(const struct cgroup_fs *fs, const char *path, struct error *err)
{
	__attribute__((cleanup(paths_free))) struct paths tree = { 0 };
	const struct cgroup_visitor adder = { .visit = paths_add, .arg = &tree };
	int r = cgroup_walk(fs, path, &adder, err);
	size_t i;

	if (r == -ENOENT)
		return 0;
	if (r == -ENOMEM)
		return error_set(err, r, "remove cgroup '%s'", path);
	if (r < 0)
		return r;

	for (i = tree.count; i-- > 0;) {
		r = remove_one(fs, tree.at[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- processes ------------------------------------------------------------------- */

/* What to do with each process of a subtree.  Nonzero ends the round, which returns it. */
struct each_process {
	const struct cgroup_fs *fs;
	int (*act)(pid_t pid, struct each_process *each);
	int signo;  /* for signal_one() */
	int to_dir; /* for move_one() */
	int count;
	struct error *err;
};

static int each_process_of(const char *path, __u64 cgroup_id, void *arg)
{
	struct each_process *each = arg;
	auto_free char *text = NULL;
	char *at, *end;
	int r;

	(void)cgroup_id;
	r = read_file(each->fs, path, "cgroup.procs", PROCS_MAX, &text, each->err);
	if (r == -EOPNOTSUPP) /* a threaded cgroup: its processes are listed further up */
		return 0;
	if (r < 0)
		return r == -ENOENT || r == -ENODEV ? 0 : r;

	for (at = text; *at; at = end) {
		long pid = strtol(at, &end, 10);

		if (end == at)
			break;
		end += *end == '\n';
		if (pid <= 0 || pid > INT_MAX) /* 0: a process outside of our pid namespace */
			continue;
		r = each->act((pid_t)pid, each);
		if (r)
			return r;
	}
	return 0;
}

static int walk_processes(const char *path, struct each_process *each)
{
	const struct cgroup_visitor visitor = { .visit = each_process_of, .arg = each };

	return cgroup_walk(each->fs, path, &visitor, each->err);
}

static int signal_one(pid_t pid, struct each_process *each)
{
	if (kill(pid, each->signo) < 0)
		return errno == ESRCH ? 0
				      : error_set(each->err, -errno, "send signal %d to process %d",
						  each->signo, pid);
	each->count++;
	return 0;
}

int cgroup_signal(const struct cgroup_fs *fs, const char *path, int signo, struct error *err)
{
	struct each_process each = { .fs = fs, .act = signal_one, .signo = signo, .err = err };
	int r = walk_processes(path, &each);

	return r < 0 ? r : each.count;
}

/* v1 has no cgroup.events: look for a process. */
static int has_process(pid_t pid, struct each_process *each)
{
	(void)pid;
	each->count = 1;
	return 1;
}

static int populated_v1(const struct cgroup_fs *fs, const char *path, bool *populated,
			struct error *err)
{
	struct each_process each = { .fs = fs, .act = has_process, .err = err };
	int r = walk_processes(path, &each);

	if (r < 0)
		return r;
	*populated = each.count > 0;
	return 0;
}

int cgroup_populated(const struct cgroup_fs *fs, const char *path, bool *populated,
		     struct error *err)
{
	auto_free char *text = NULL;
	int r;

	if (cgroup_path_is_root(path)) {
		*populated = true; /* the root has no cgroup.events */
		return 0;
	}
	if (cgroup_path_is_v1(path))
		return populated_v1(fs, path, populated, err);

	r = read_file(fs, path, "cgroup.events", EVENTS_MAX, &text, err);
	if (r < 0)
		return r;
	*populated = strstr(text, "populated 1") != NULL;
	return 0;
}

/* Children that were born while we looked are met in a later round. */
static int kill_one_by_one(const struct cgroup_fs *fs, const char *path, struct error *err)
{
	int round;

	for (round = 0; round < ROUNDS_MAX; round++) {
		bool populated;
		int r = cgroup_populated(fs, path, &populated, err);

		if (r < 0 || !populated)
			return r;
		r = cgroup_signal(fs, path, SIGKILL, err);
		if (r < 0)
			return r;
		usleep(1000);
	}
	return 0;
}

int cgroup_kill(const struct cgroup_fs *fs, const char *path, struct error *err)
{
	auto_close int dir = cgroup_open_dir(fs, path, err);
	int r;

	if (dir < 0)
		return dir;

	r = write_at(dir, "cgroup.kill", "1");
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return kill_one_by_one(fs, path, err);
	if (r < 0)
		return error_set(err, r, "kill the processes of cgroup '%s'", path);
	return 0;
}

static int move_to(int dir, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return write_at(dir, "cgroup.procs", text);
}

int cgroup_move(const struct cgroup_fs *fs, const char *path, pid_t pid, struct error *err)
{
	auto_close int dir = cgroup_open_dir(fs, path, err);
	int r;

	if (dir < 0)
		return dir;
	r = move_to(dir, pid);
	if (r < 0)
		return error_set(err, r, "move process %d into cgroup '%s'", pid, path);
	return 0;
}

static int move_one(pid_t pid, struct each_process *each)
{
	int r = move_to(each->to_dir, pid);

	if (r == -ESRCH)
		return 0;
	if (r < 0)
		return error_set(each->err, r, "move process %d to another cgroup", pid);
	each->count++;
	return 0;
}

int cgroup_move_all(const struct cgroup_fs *fs, const char *from, const char *to, struct error *err)
{
	struct each_process each = { .fs = fs, .act = move_one, .err = err };
	auto_close int dir = cgroup_open_dir(fs, to, err);
	int round;

	if (dir < 0)
		return dir;
	if (cgroup_path_is_root(from))
		return error_say(err, -EINVAL, "the root cgroup can't be emptied");
	each.to_dir = dir;

	for (round = 0; round < ROUNDS_MAX; round++) {
		int r;

		each.count = 0;
		r = walk_processes(from, &each);
		if (r < 0 || !each.count)
			return r;
	}
	return error_say(err, -EAGAIN,
			 "the processes of cgroup '%s' fork faster than they can be moved", from);
}
