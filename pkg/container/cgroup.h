/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The cgroup file systems: ids, walks, and the few changes that `ctrace run` makes.
 *
 * Paths are below the mount and start with '/' ("/" is the mount's own root), as
 * in /proc/PID/cgroup; those of v1 with "v1:/", see cgroup_v1.h.  Nothing here follows a
 * symlink or leaves the mount.
 * All functions return 0 or a negative errno with the sentence in err, unless
 * they say otherwise.
 */
#ifndef CTRACE_CGROUP_H
#define CTRACE_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include <linux/types.h>

#include "base/error.h"
#include "container/cgroup_v1.h"

struct cgroup_fs;

/*
 * Find the mounts in /proc/self/mountinfo: v2 at /sys/fs/cgroup, on a hybrid host at
 * /sys/fs/cgroup/unified, or anywhere else; and one v1 hierarchy if there is any.
 * host_root ("/host" in a DaemonSet, NULL or "" on the host itself): only mounts below
 * it are taken, and processes are looked up in its /proc if it has one.
 * -ENODEV with a remedy in the text if neither is mounted.
 */
int cgroup_fs_open(struct cgroup_fs **out, const char *host_root, struct error *err);

/* NULL is fine. */
void cgroup_fs_free(struct cgroup_fs *fs);

/* The roots of the hierarchies that there are, v2 first: "/", "v1:/", NULL.  Static. */
const char *const *cgroup_fs_roots(const struct cgroup_fs *fs);

/*
 * Where the hierarchy of this path is mounted, host_root included; belongs to fs.  NULL if
 * it is not.
 */
const char *cgroup_fs_mount_point(const struct cgroup_fs *fs, const char *path);

/* The controller that the v1 hierarchy is known by; CGROUP_V1_NONE if there is none. */
enum cgroup_v1_controller cgroup_fs_v1_controller(const struct cgroup_fs *fs);

/*
 * A descriptor (O_PATH | O_DIRECTORY | O_CLOEXEC, the caller's) of the cgroup's
 * directory, good, if it is of v2, for clone3(CLONE_INTO_CGROUP); or -errno.
 */
int cgroup_open_dir(const struct cgroup_fs *fs, const char *path, struct error *err);

/*
 * The cgroup's full 64-bit id, the one that bpf_get_current_cgroup_id() and
 * cgroup->kn->id have: inode number and, where ino_t is 32-bit, generation.
 * Comes from name_to_handle_at(): kernfs encodes the node's id in 8 bytes
 * (FILEID_KERNFS 0xfe, include/linux/exportfs.h; kernfs_encode_fh(), fs/kernfs/mount.c).
 * That of a v1 cgroup has CGROUP_ID_V1 set, too.
 */
int cgroup_id_of(const struct cgroup_fs *fs, const char *path, __u64 *id, struct error *err);

/* The same of an open directory; -errno, no sentence. */
int cgroup_id_of_fd(int fd, bool v1, __u64 *id);

/* Is there none at path any more, or another?  Where we may not look, it is not gone. */
bool cgroup_is_gone(const struct cgroup_fs *fs, const char *path, __u64 id);

/*
 * What a person typed for a cgroup: an absolute path within a mount
 * ("/sys/fs/cgroup/a"), or one below it ("/a", "a/b/", "v1:/a").  *path is the caller's to
 * free: existing, without "//" or a '/' at the end.
 * -ENOENT, -ENOTDIR; -EINVAL for "..".
 */
int cgroup_resolve(const struct cgroup_fs *fs, const char *typed, char **path, struct error *err);

/* Could it be one, by the look of it?  0 or -EINVAL. */
int cgroup_check_typed(const char *typed, struct error *err);

struct cgroup_visitor {
	/*
	 * Called for a cgroup, always before its children; path is valid during the call.
	 * Nonzero ends the walk, which returns that value.
	 */
	int (*visit)(const char *path, __u64 cgroup_id, void *arg);
	/*
	 * Called for one whose children can't be visited, or that can't itself: whoever owns
	 * it, or one above, may take our rights to it, unless we have CAP_DAC_READ_SEARCH.
	 * NULL: the walk ends with -EACCES.
	 */
	void (*closed)(const char *path, void *arg);
	void *arg;
};

/*
 * Visit path and everything below it.  Cgroups that vanish meanwhile are left
 * out silently, those made meanwhile may be.  0, visit's value, or -errno: -ENOENT if path
 * itself does not exist, -EACCES if we may not find it.
 */
int cgroup_walk(const struct cgroup_fs *fs, const char *path, const struct cgroup_visitor *visitor,
		struct error *err);

/* The cgroup with this id, by a walk; *path is the caller's to free.  -ENOENT if it is gone. */
int cgroup_path_of_id(const struct cgroup_fs *fs, __u64 id, char **path, struct error *err);

/*
 * The cgroup of a process (/proc/PID/cgroup) in the hierarchy that path `in` is of; *path
 * is the caller's to free.  A removed cgroup comes without the kernel's " (deleted)" behind
 * it.  -ESRCH if there is no such process, -ENOENT if it has no cgroup there or one outside
 * of the mount.
 */
int cgroup_of_pid(const struct cgroup_fs *fs, const char *in, pid_t pid, char **path,
		  struct error *err);

/*
 * The cgroup that we are in ourselves, in the hierarchy of `in`, which from within a cgroup
 * namespace takes a look at every cgroup.  *path is the caller's to free; -ENOENT if it
 * can't be told.
 */
int cgroup_own(const struct cgroup_fs *fs, const char *in, char **path, struct error *err);

/* Does it or anything below it hold a live process?  The root always does. */
int cgroup_populated(const struct cgroup_fs *fs, const char *path, bool *populated,
		     struct error *err);

/* Make a cgroup whose parent exists; *id (NULL is fine) is its id.  -EEXIST if it is there. */
int cgroup_make(const struct cgroup_fs *fs, const char *path, __u64 *id, struct error *err);

/* Remove it and the cgroups below it.  -EBUSY while a process is left; gone already is fine. */
int cgroup_remove(const struct cgroup_fs *fs, const char *path, struct error *err);

/*
 * SIGKILL all processes of the subtree: cgroup.kill (Linux 5.14, 661ee6280931), before
 * that one by one until none is left.  Does not wait for them to be gone; see cgroup_populated().
 */
int cgroup_kill(const struct cgroup_fs *fs, const char *path, struct error *err);

/* Send signo to every process of the subtree, once; the number signalled, or -errno. */
int cgroup_signal(const struct cgroup_fs *fs, const char *path, int signo, struct error *err);

/* Move a process (0: the caller), with all its threads, into a cgroup. */
int cgroup_move(const struct cgroup_fs *fs, const char *path, pid_t pid, struct error *err);

/*
 * Move all processes of the subtree `from` into `to`, again and again until none
 * is left, since they may fork meanwhile; -EAGAIN if they outrun us.
 */
int cgroup_move_all(const struct cgroup_fs *fs, const char *from, const char *to,
		    struct error *err);

#endif
