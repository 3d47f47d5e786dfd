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

/* The verifier has a type for the file. */
static __always_inline void opened_fill(struct opened *opened, struct file *file)
{
	opened->mnt = kread_known(file, f_path.mnt);
	opened->dentry = kread_known(file, f_path.dentry);
	opened->inode = kread_known(file, f_inode);
}

/* NULL leaves nothing opened. */
static __always_inline void opened_set(struct opened *opened, struct file *file)
{
	opened->file = file;
	opened->dentry = NULL;
	if (file)
		opened_fill(opened, kcast(file));
}

/* Copies the name as passed to data[0]. */
static __always_inline void open_put_name(struct record *r, const struct open_request *rq)
{
	long len;

	r->open.name_len = 0;
	if (!rq->name && rq->call == CALL_OPEN_BY_HANDLE_AT)
		return;
	if (rq->kernel_name)
		len = bpf_probe_read_kernel_str(r->data, EVENT_NAME_BYTES, rq->name);
	else
		len = bpf_probe_read_user_str(r->data, EVENT_NAME_BYTES, rq->name);
	if (len < 0)
		r->open.bits |= OPEN_NAME_UNREADABLE;
	else if (len > 0) /* NUL included, but up to 6.1 an empty string is 0 bytes long */
		r->open.name_len = len - 1;
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
static __always_inline void put_nameless(struct record *r, struct dentry *dentry, __u32 at)
{
	const char *kind = kread(kread(kread(dentry, d_sb), s_type), name);
	struct ns_common *ns = kread(kread(dentry, d_inode), i_private);
	long len;

	if (magic_of(dentry) == NSFS_MAGIC)
		kind = kread(kread(ns, ops), name);
	len = bpf_probe_read_kernel_str(r->data + at, 64, kind);
	r->open.path_len = len > 0 ? len - 1 : 0;
	r->open.bits |= OPEN_FILE_NAMELESS;
}

/* Where an overlay keeps the file: in a lower layer until it is first written to. */
static __always_inline void put_layer(struct record *r, struct inode *inode, struct dentry *dentry)
{
	struct ovl_inode *ovl = NULL;
	struct dentry *upper = NULL;

	if (!bpf_core_type_exists(struct ovl_inode) || magic_of(dentry) != OVERLAYFS_SUPER_MAGIC ||
	    (kread(inode, i_mode) & S_IFMT) == S_IFDIR)
		return;
	ovl = (void *)inode - bpf_core_field_offset(ovl->vfs_inode);
	bpf_core_read(&upper, sizeof(upper), &ovl->__upperdentry);
	r->open.bits |= upper ? OPEN_LAYER_UPPER : OPEN_LAYER_LOWER;
}

static __always_inline void open_put_path(__u32 slot, struct scratch *s, struct record *r,
					  struct task_struct *task)
{
	const struct open_request *rq = &s->request;
	__u32 at = r->open.name_len & (EVENT_NAME_BYTES - 1);
	struct dentry *dentry = s->opened.dentry;
	enum dentry_kind kind;
	struct path *path;
	__u64 walked;
	bool root;

	if (dentry) {
		s->walk_mnt = mount_of(s->opened.mnt);
		r->open.inode = kread(s->opened.inode, i_ino);
		r->open.bits |= OPEN_RESOLVED;
		kind = kind_of(dentry);
		if (kind == DENTRY_NAMELESS) {
			put_nameless(r, dentry, at);
			return;
		}
		if (kind == DENTRY_MEMFD || dentry_deleted(dentry))
			r->open.bits |= OPEN_DELETED;
		put_layer(r, s->opened.inode, dentry);
	} else {
		if (!rq->name || r->open.bits & OPEN_NAME_UNREADABLE)
			return;
		path = base_of(rq, at && r->data[0] == '/', task);
		if (!path) /* a bad dirfd: there is no directory to name */
			return;
		dentry = kread(path, dentry);
		s->walk_mnt = mount_of(kread(path, mnt));
		root = is_root(dentry, s->walk_mnt);
		kind = root ? DENTRY_PLACED : kind_of(dentry);
		if (kind == DENTRY_NAMELESS) /* nor is there below a pipe */
			return;
		r->open.bits |= OPEN_HAS_BASE;
		if (root)
			return;
	}
	s->walk_dentry = dentry;
	walked = path_put(slot, s, at, kind);
	if (walked & WALK_TRUNCATED)
		r->open.bits |= OPEN_PATH_TRUNCATED;
	r->open.path_len = (__u32)walked - at;
}

/* The helper's work by two loads. */
static __always_inline void put_comm(struct open_record *ev, struct task_struct *task)
{
	void **comm = (void **)ev->comm;

	if (TYPED_LOADS) {
		comm[0] = *(void **)task->comm;
		comm[1] = *(void **)(task->comm + sizeof(void *));
	} else {
		bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	}
}

static __always_inline void open_put_process(struct open_record *ev, struct task_struct *task,
					     bool at_once)
{
	struct cred *cred = kread_task(task, cred, at_once);
	struct task_struct *parent = kread_task(task, real_parent, at_once);

	ev->tgid = kread_known(task, tgid);
	ev->tid = kread_known(task, pid);
	ev->uid = kread_known(cred, uid.val);
	ev->gid = kread_known(cred, gid.val);
	ev->ppid = kread_known(parent, tgid);
	put_comm(ev, task);
}

/*
 * Report a finished open of the current task, asked for by scratch->request,
 * that ended as ret with scratch->opened.  The task is in the traced cgroup
 * cgroup_id of the container root_id.  Delivers the open or counts it as lost.
 * ring and s are the CPU's and the slot's own.  at_once: see kread_task().
 */
static __always_inline int open_deliver(struct cpu_ring *ring, struct scratch *s,
					struct task_struct *task, __u32 slot, __u64 cgroup_id,
					__u64 root_id, __s64 ret, bool at_once)
{
	__u64 exe_id, data_len;
	struct record *r;

	exe_id = exe_id_of(slot, s, task, at_once); /* first: it may send a record of its own */
	r = record_begin(ring, slot);
	r->open.exe_id = exe_id;
	r->open.type = RECORD_OPEN;
	r->open.when_ns = bpf_ktime_get_boot_ns();
	r->open.cgroup_id = cgroup_id;
	r->open.root_id = root_id;
	r->open.resolve = s->request.resolve;
	r->open.inode = 0;
	r->open.hash = 0;
	r->open.ret = ret;
	r->open.flags = s->request.flags;
	r->open.mode = s->request.mode;
	r->open.call = s->request.call;
	r->open.bits = s->request.bits;
	r->open.path_len = 0;
	open_put_process(&r->open, task, at_once);
	open_put_name(r, &s->request);
	open_put_path(slot, s, r, task);

	if (!volume_admits(slot))
		return 0;

	data_len = r->open.name_len + r->open.path_len;
	if (data_len > RECORD_DATA_BYTES ||
	    record_send(ring, s, r, &r->open, sizeof(r->open) + data_len)) {
		count_loss(root_id, LOSS_RING_FULL);
		volume_take_back(r);
	}
	return 0;
}

/* The same with what a global function may be handed.  The call is 60 instructions. */
__noinline int open_report(__u32 slot, __u64 cgroup_id, __u64 root_id, __s64 ret)
{
	struct scratch *s = scratch_get(slot);
	struct cpu_ring *ring = own_ring();

	return s && ring
		       ? open_deliver(ring, s, current_task(), slot, cgroup_id, root_id, ret, false)
		       : 0;
}

/* --- by another program ------------------------------------------------------------------ */

/*
 * The programs that others go over to, for the tracepoint backend where none can be preempted: one
 * for sys_exit, one for all other hooks.  In a map are programs of one kind.
 */
#define NEXT_PROGRAM                                   \
	{                                              \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY); \
		__uint(max_entries, 1);                \
		__uint(key_size, sizeof(__u32));       \
		__uint(value_size, sizeof(__u32));     \
	}
struct NEXT_PROGRAM open_next SEC(".maps"), order_next SEC(".maps");

/* As the last thing that a program does: the other one has its context. */
static __always_inline int go_on(void *ctx, void *next)
{
	bpf_tail_call(ctx, next, 0);
	/* never: it is there before anything is traced */
	__sync_fetch_and_add(&unattributed_losses.lost[LOSS_UNFINISHED], 1);
	return 0;
}

/*
 * open_report(), as the last thing that a program does.  With raw, the context of a raw
 * tracepoint's program, it is done by the next one, which all share: the verifier takes 8 ms for
 * all that is called there, in each program that has it.  The order waits in the CPU's ring, so
 * nothing may come in between.  NULL: it is done here.
 */
static __always_inline int report_last(void *raw, __u32 slot, __u64 cgroup_id, __u64 root_id,
				       __s64 ret)
{
	struct cpu_ring *ring;

	if (!raw)
		return open_report(slot, cgroup_id, root_id, ret);
	ring = own_ring();
	if (ring) {
		ring->order.slot = slot;
		ring->order.ret = ret;
		ring->order.cgroup_id = cgroup_id;
		ring->order.root_id = root_id;
	}
	return go_on(raw, &order_next);
}

/* The order, by the one that it was left to, and the scratch memory that goes with it. */
static __always_inline struct scratch *order_take(struct cpu_ring *ring, struct report_order *order)
{
	*order = ring->order;
	ring->order.root_id = 0;
	ring->order.uring_key = 0;
	return scratch_get(order->slot);
}

#endif
