/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The maps that several hooks share, and the few verbs on them. */
#ifndef CTRACE_MAPS_BPF_H
#define CTRACE_MAPS_BPF_H

#include <bpf/bpf_helpers.h>

#include "event.h"
#include "read.bpf.h"
#include "syscall.bpf.h"

/*
 * An opened file, by addresses that must be read while it is known to be open, and
 * by what tells whether they still mean the same later: see opened_still().
 */
struct opened {
	struct file *file;
	struct vfsmount *mnt;
	struct dentry *dentry;
	struct inode *inode;
	struct dentry *parent;
	__u64 name_hash_len;
};

/* One executable.  Addresses alone could be reused; with inode and generation they name one file.
 */
struct exe_key {
	__u64 dentry, mnt, inode, generation;
};

/* The executable of the slot's last open; see exe_id_of(). */
struct exe_last {
	struct exe_key key;
	__u64 exe_id; /* 0: none yet */
	__u64 announced;
};

/* The filter: each traced cgroup, at any depth, leads to its container's root in one look-up. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u64);
	__type(value, struct cgroup_entry);
} cgroups SEC(".maps");

/* By root cgroup id, of those that lost any; user space reads and removes. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, struct loss_counts);
} losses SEC(".maps");

/* Losses that found no room in the map above. */
struct loss_counts unattributed_losses = {};

/* Counts up with each loss: user space looks at the map when this has changed. */
__u64 losses_counted;

/*
 * A slot belongs to one program: the kernel never runs a program twice at once
 * on one CPU (it skips the second run and counts it in recursion_misses), so
 * nothing else can touch the slot, even where programs may be preempted.
 */
enum scratch_slot {
	SCRATCH_SYS_EXIT,
	SCRATCH_SCRIPT,
	SCRATCH_EXEC,
	SCRATCH_LOADER,
	SCRATCH_SIGNAL,
	SCRATCH_CGROUP,
	SCRATCH_OUTER,
	SCRATCH_HANDLE,
	SCRATCH_INNER,
	SCRATCH_IO,
	SCRATCH_URING_SUBMIT,
	SCRATCH_URING_OVERFLOW,
	SCRATCH_COUNT
};

/* What fexit's inner program knows of a call that the outer one will end. */
struct handed {
	__u64 cgroup_id, root_id;
	__u32 traced_flags;             /* of the cgroup's entry */
	const struct task_struct *task; /* whose call it is; NULL: nobody's */
	__u64 switches;                 /* switches_of() it */
	const char *name;               /* of a failed open: in user memory */
};

/* What a program knows of the open under way, but for its record: that is in record.bpf.h. */
struct scratch {
	struct open_request request;
	struct pt_regs *regs; /* of a call that is not openat, where the request comes from */
	struct opened
		opened; /* what the request led to; .dentry is NULL if nothing, or not known */
	struct dentry *walk_dentry; /* where path_walk() starts */
	struct mount *walk_mnt;
	struct exe_key exe_key;
	struct exe_last exe_last;
	struct handed handed;
	__u64 unlooked; /* bytes written since shared_ring_write() looked how much waits */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_COUNT);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

/*
 * Global functions (they are not static) are verified once, by themselves,
 * instead of once for every way that leads to them.  Kernels before 5.12 let
 * them take numbers only: hence a slot instead of a pointer to it, and kernel
 * pointers are handed over inside the slot.
 */
static __always_inline struct scratch *scratch_get(__u32 slot)
{
	return bpf_map_lookup_elem(&scratch, &slot);
}

static __always_inline void count_loss(__u64 root_id, enum loss_reason reason)
{
	struct loss_counts *counts = bpf_map_lookup_elem(&losses, &root_id);

	if (!counts) {
		struct loss_counts none = {};

		bpf_map_update_elem(&losses, &root_id, &none, BPF_NOEXIST);
		counts = bpf_map_lookup_elem(&losses, &root_id);
	}
	__sync_fetch_and_add(counts ? &counts->lost[reason] : &unattributed_losses.lost[reason], 1);
	__sync_fetch_and_add(&losses_counted, 1);
}

#endif
