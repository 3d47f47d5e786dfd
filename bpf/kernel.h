/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel types we touch, and of each only the fields we read.  CO-RE finds
 * the true offsets at load time from the running kernel's BTF, so neither the
 * order nor the gaps here mean anything, and no build depends on the build
 * machine's kernel.
 */
#ifndef CTRACE_KERNEL_H
#define CTRACE_KERNEL_H

#include <linux/openat2.h>
#include <linux/types.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
	union {
		struct {
			__u32 hash;
			__u32 len;
		};
		__u64 hash_len;
	};
	const unsigned char *name;
};

struct hlist_node;
struct hlist_head {
	struct hlist_node *first;
};

struct hlist_bl_node {
	struct hlist_bl_node *next, **pprev;
};

struct file_system_type {
	const char *name;
};

struct super_block {
	struct file_system_type *s_type;
	unsigned long s_magic;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	__u32 i_generation;
	void *i_private;
};

struct proc_ns_operations {
	const char *name;
};

struct ns_common {
	struct proc_ns_operations *ops;
};

struct dentry;
struct dentry_operations {
	char *(*d_dname)(struct dentry *, char *, int);
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct dentry_operations *d_op;
	struct super_block *d_sb;
};

/* Of a module, most often: only bpf_core_read() works on it. */
struct ovl_inode {
	struct inode vfs_inode;
	struct dentry *__upperdentry;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root, pwd;
};

struct vm_area_struct {
	struct file *vm_file;
};

struct mm_struct {
	struct file *exe_file;
};

struct mnt_namespace;
struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct cgroup;
struct cgroup_subsys_state;
struct css_set {
	struct cgroup_subsys_state *subsys[1]; /* one a controller, as many as the kernel has */
	struct cgroup *dfl_cgrp;               /* in the v2 hierarchy */
};

struct thread_info {
	__u32 status; /* x86 only */
};

/* kuid_t and kgid_t: as the initial user namespace numbers them. */
struct cred {
	struct {
		unsigned int val;
	} uid, gid;
};

struct task_struct {
	struct thread_info thread_info;
	void *stack;
	unsigned short migration_disabled;
	struct mm_struct *mm;
	unsigned int flags;
	__u64 start_time;
	__u64 self_exec_id;
	unsigned long nvcsw, nivcsw; /* how often it was switched away from */
	int pid;                     /* what user space calls tid */
	int tgid;
	char comm[16];
	struct task_struct *real_parent, *group_leader;
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
	struct cred *cred;
};

struct linux_binprm {
	struct file *file;
	const char *filename;
	const char *interp;
	const char *fdpath;
};

struct filename {
	const char *name;
	const char *uptr;
};

struct open_flags {
	int open_flag;
};

struct io_cqe {
	__u64 user_data;
	__s32 res;
};

struct io_cmd_data {
	__u8 data[56];
};

struct io_rsrc_node {
	unsigned long file_ptr;
};

struct io_rsrc_data {
	unsigned int nr;
	struct io_rsrc_node **nodes;
};

struct io_file_table {
	struct io_rsrc_data data;
};

struct io_ring_ctx {
	unsigned int nr_user_files; /* up to 6.12 */
	struct io_file_table file_table;
};

struct io_kiocb {
	struct io_cmd_data cmd; /* since 6.0 */
	__u8 opcode;
	__u64 flags;
	struct io_cqe cqe;
	struct io_ring_ctx *ctx;
};

struct io_open {
	int dfd;
	__u32 file_slot; /* a direct descriptor's number and 1; 0: an ordinary one */
	struct filename *filename;
	struct open_how how;
};

/* Contexts of programs on tracepoints, by perf: include/trace/events/io_uring.h. */
struct trace_event_raw_io_uring_submit_req {
	void *req;
};

struct trace_event_raw_io_uring_complete {
	void *req;
};

struct trace_event_raw_io_uring_cqe_overflow {
	void *ctx;
	__u64 user_data;
	__s32 res;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup_root {
	unsigned int subsys_mask;
	int hierarchy_id;
};

struct cgroup {
	struct cgroup_subsys_state self;
	int level; /* 0: the hierarchy's root */
	struct kernfs_node *kn;
	struct cgroup_root *root;
	/* By level, itself at its own. */
	__u64 ancestor_ids[1];       /* before 6.1 */
	struct cgroup *ancestors[1]; /* since */
};

struct sigaction {
	void *sa_handler;
	unsigned long sa_flags;
};

struct k_sigaction {
	struct sigaction sa;
};

#pragma clang attribute pop

#endif
