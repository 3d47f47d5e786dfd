/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From "this task has just finished an open" to a record in the ring: the one
 * way, whatever hook saw it.
 */
#ifndef CTRACE_OPEN_BPF_H
#define CTRACE_OPEN_BPF_H

#include "exe.bpf.h"
#include "filter.bpf.h"
#include "path.bpf.h"
#include "syscall.bpf.h"
#include "volume.bpf.h"

static __always_inline struct file *file_of_fd(struct task_struct *task, __u32 fd)
{
	struct files_struct *files = kread(task, files);
	struct fdtable *fdt;

	if (!files)
		return NULL;
	fdt = kread(files, fdt);
	if (fd >= kread(fdt, max_fds))
		return NULL;
	return kread_ptr(kread(fdt, fd) + fd);
}

/* NULL leaves nothing opened. */
static __always_inline void opened_set(struct opened *opened, struct file *file)
{
	struct dentry *dentry;

	opened->dentry = NULL;
	if (!file)
		return;
	dentry = kread(file, f_path.dentry);
	opened->file = file;
	opened->mnt = kread(file, f_path.mnt);
	opened->dentry = dentry;
	opened->inode = kread(file, f_inode);
	opened->parent = kread(dentry, d_parent);
	opened->name_hash_len = kread(dentry, d_name.hash_len);
}

/* Copies the name as passed to data[0]. */
static __always_inline void open_put_name(struct scratch *s, const struct open_request *rq)
{
	long len;

	s->open.name_len = 0;
	if (!rq->name && rq->call == CALL_OPEN_BY_HANDLE_AT)
		return;
	if (rq->kernel_name)
		len = bpf_probe_read_kernel_str(s->data, EVENT_NAME_BYTES, rq->name);
	else
		len = bpf_probe_read_user_str(s->data, EVENT_NAME_BYTES, rq->name);
	if (len < 0)
		s->open.bits |= OPEN_NAME_UNREADABLE;
	else if (len > 0) /* NUL included, but up to 6.1 an empty string is 0 bytes long */
		s->open.name_len = len - 1;
}

/* Where a name that led to no file starts from: the caller's root, its cwd, or dirfd. */
static __always_inline struct path *base_of(const struct open_request *rq, bool absolute,
					    struct task_struct *task)
{
	struct fs_struct *fs = kread(task, fs);
	struct file *dir;

	if (absolute && !(rq->resolve & RESOLVE_IN_ROOT))
		return fs ? &fs->root : NULL;
	if (rq->dirfd == AT_FDCWD)
		return fs ? &fs->pwd : NULL;
	dir = file_of_fd(task, rq->dirfd);
	return dir ? &dir->f_path : NULL;
}

/*
 * Pipes, namespaces and the like have no path; the kernel makes up a text when asked
 * (d_dname).  The word for the kind and the inode number say the same.
 */
static __always_inline void put_nameless(struct scratch *s, struct dentry *dentry, __u32 at)
{
	const char *kind = kread(kread(kread(dentry, d_sb), s_type), name);
	struct ns_common *ns = kread(kread(dentry, d_inode), i_private);
	long len;

	if (magic_of(dentry) == NSFS_MAGIC)
		kind = kread(kread(ns, ops), name);
	len = bpf_probe_read_kernel_str(s->data + at, 64, kind);
	s->open.path_len = len > 0 ? len - 1 : 0;
	s->open.bits |= OPEN_FILE_NAMELESS;
}

/* Where an overlay keeps the file: in a lower layer until it is first written to. */
static __always_inline void put_layer(struct scratch *s, struct dentry *dentry)
{
	struct inode *inode = s->opened.inode;
	struct ovl_inode *ovl = NULL;
	struct dentry *upper = NULL;

	if (!bpf_core_type_exists(struct ovl_inode) || magic_of(dentry) != OVERLAYFS_SUPER_MAGIC ||
	    (kread(inode, i_mode) & S_IFMT) == S_IFDIR)
		return;
	ovl = (void *)inode - bpf_core_field_offset(ovl->vfs_inode);
	bpf_core_read(&upper, sizeof(upper), &ovl->__upperdentry);
	s->open.bits |= upper ? OPEN_LAYER_UPPER : OPEN_LAYER_LOWER;
}

static __always_inline void open_put_path(__u32 slot, struct scratch *s, struct task_struct *task)
{
	const struct open_request *rq = &s->request;
	__u32 at = s->open.name_len & (EVENT_NAME_BYTES - 1);
	struct dentry *dentry = s->opened.dentry;
	struct path *path;
	__u64 walked;

	if (dentry) {
		s->walk_mnt = mount_of(s->opened.mnt);
		s->open.inode = kread(s->opened.inode, i_ino);
		s->open.bits |= OPEN_RESOLVED;
		if (is_nameless(dentry)) {
			put_nameless(s, dentry, at);
			return;
		}
		if (dentry_deleted(dentry) || is_memfd(dentry))
			s->open.bits |= OPEN_DELETED;
		put_layer(s, dentry);
	} else {
		if (!rq->name || s->open.bits & OPEN_NAME_UNREADABLE)
			return;
		path = base_of(rq, at && s->data[0] == '/', task);
		if (!path) /* a bad dirfd: there is no directory to name */
			return;
		dentry = kread(path, dentry);
		if (is_nameless(dentry)) /* nor is there below a pipe */
			return;
		s->walk_mnt = mount_of(kread(path, mnt));
		s->open.bits |= OPEN_HAS_BASE;
	}
	s->walk_dentry = dentry;
	walked = path_put(slot, s, at);
	if (walked & WALK_TRUNCATED)
		s->open.bits |= OPEN_PATH_TRUNCATED;
	s->open.path_len = (__u32)walked - at;
}

/* The helper's work by two loads. */
static __always_inline void put_comm(struct open_record *ev, struct task_struct *task)
{
	void **comm = (void **)ev->comm;

	if (HAS_TYPED_LOADS) {
		comm[0] = kread_ptr(task->comm);
		comm[1] = kread_ptr(task->comm + sizeof(void *));
	} else {
		bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	}
}

static __always_inline void open_put_process(struct open_record *ev, struct task_struct *task)
{
	__u64 uid_gid = bpf_get_current_uid_gid();

	ev->tgid = kread(task, tgid);
	ev->tid = kread(task, pid);
	ev->uid = uid_gid;
	ev->gid = uid_gid >> 32;
	ev->ppid = kread(kread(task, real_parent), tgid);
	put_comm(ev, task);
}

/*
 * Report a finished open of the current task, asked for by scratch->request,
 * that ended as ret with scratch->opened.  The task is in the traced cgroup
 * cgroup_id of the container root_id.  Delivers the open or counts it as lost.
 */
__noinline int open_report(__u32 slot, __u64 cgroup_id, __u64 root_id, __s64 ret)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct scratch *s = scratch_get(slot);
	__u64 exe_id, data_len;

	if (!s)
		return 0;

	exe_id = exe_id_of(slot, s, task); /* first: it may send a record of its own from here */
	s->open.exe_id = exe_id;
	s->open.type = RECORD_OPEN;
	s->open.when_ns = bpf_ktime_get_boot_ns();
	s->open.cgroup_id = cgroup_id;
	s->open.root_id = root_id;
	s->open.resolve = s->request.resolve;
	s->open.inode = 0;
	s->open.hash = 0;
	s->open.ret = ret;
	s->open.flags = s->request.flags;
	s->open.mode = s->request.mode;
	s->open.call = s->request.call;
	s->open.bits = s->request.bits;
	s->open.path_len = 0;
	open_put_process(&s->open, task);
	open_put_name(s, &s->request);
	open_put_path(slot, s, task);

	if (!volume_admits(slot))
		return 0;

	data_len = s->open.name_len + s->open.path_len;
	if (data_len > SCRATCH_DATA_BYTES || ring_write(s, &s->open, sizeof(s->open) + data_len)) {
		count_loss(root_id, LOSS_RING_FULL);
		volume_take_back(s);
	}
	return 0;
}

#endif
