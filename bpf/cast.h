/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the programs leave open and user space fills in before they are loaded (fill_in() in
 * pkg/tracer/bpf_object.c): wherever a pointer is cast (read.bpf.h), two instructions,
 *
 *	r2 = CAST_TYPE + CAST_dentry
 *	call CAST_CALL
 *
 * become a call of the kernel's bpf_rdonly_cast() with its number of struct dentry.  libbpf
 * can do that, too (__ksym, bpf_core_type_id_kernel()), but reads all the kernel's types for it:
 * see pkg/tracer/kernel_btf.h.
 */
#ifndef CTRACE_CAST_H
#define CTRACE_CAST_H

/* Numbers that no helper and no constant of ours has. */
#define CAST_CALL 0x63547263
#define CAST_TYPE 0x63540000

/* The structures of kernel.h whose fields are read.  A flavor is another view of the same one. */
#define CAST_TYPES(X)          \
	X(cgroup)              \
	X(cgroup_root)         \
	X(cgroup_subsys_state) \
	X(cred)                \
	X(css_set)             \
	X(dentry)              \
	X(dentry_operations)   \
	X(fdtable)             \
	X(file)                \
	X(file_system_type)    \
	X(filename)            \
	X(files_struct)        \
	X(fs_struct)           \
	X(hlist_head)          \
	X(inode)               \
	X(io_kiocb)            \
	X(io_open)             \
	X(io_ring_ctx)         \
	X(io_rsrc_node)        \
	X(k_sigaction)         \
	X(kernfs_node)         \
	X(linux_binprm)        \
	X(mm_struct)           \
	X(mount)               \
	X(ns_common)           \
	X(nsproxy)             \
	X(open_flags)          \
	X(path)                \
	X(proc_ns_operations)  \
	X(pt_regs)             \
	X(super_block)         \
	X(task_struct)         \
	X(vm_area_struct)

#define CAST_NUMBER(type) CAST_##type,
enum cast_type { CAST_TYPES(CAST_NUMBER) CAST_TYPE_COUNT };

#endif
