/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The executable behind a process: its path is sent once, by an exe_record,
 * and events refer to it by number.
 */
#ifndef CTRACE_EXE_BPF_H
#define CTRACE_EXE_BPF_H

#include "path.bpf.h"

#define EXES_KNOWN 4096 /* a quarter of EXE_SLOTS in pkg/tracer/exe_table.c */

/* How many have been announced, on all CPUs. */
__u64 exes_announced;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, EXES_KNOWN);
	__type(key, struct exe_key);
	__type(value, __u64);
} exes SEC(".maps");

/* Sends the path of scratch->exe_key's file; returns its new number, or 0 if there was no room. */
__noinline __u64 exe_announce(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	struct cpu_ring *ring = own_ring();
	__u64 exe_id, walked, path_len;
	struct record *r;

	if (!s || !ring)
		return 0;
	r = record_begin(ring, slot);
	s->walk_dentry = (struct dentry *)s->exe_key.dentry;
	s->walk_mnt = mount_of((struct vfsmount *)s->exe_key.mnt);
	walked = path_put(slot, s, 0, kind_of(s->walk_dentry));
	path_len = (__u32)walked;
	if (path_len > EVENT_PATH_BYTES)
		return 0;

	/* Unique without a shared counter: two CPUs never share the low bits. */
	exe_id = bpf_ktime_get_ns() << 10 | (bpf_get_smp_processor_id() & 1023);
	r->exe.exe_id = exe_id;
	r->exe.when_ns = bpf_ktime_get_boot_ns();
	r->exe.type = RECORD_EXE;
	r->exe.path_len = path_len;
	r->exe.bits = (walked & WALK_TRUNCATED ? OPEN_PATH_TRUNCATED : 0) |
		      (dentry_deleted((struct dentry *)s->exe_key.dentry) ? OPEN_DELETED : 0);
	if (record_send(ring, s, r, &r->exe, sizeof(r->exe) + path_len))
		return 0; /* this event goes without, the next one tries again */
	bpf_map_update_elem(&exes, &s->exe_key, &exe_id, BPF_ANY);
	__sync_fetch_and_add(&exes_announced, 1);
	return exe_id;
}

/*
 * Most opens are by the program that made the CPU's last one: comparing keys saves
 * the look-up in an LRU hash (115 ns of a traced open).  User space forgets, too, but
 * not before four times EXES_KNOWN others have been announced: until one time that
 * many have, the number is good.
 */
static __always_inline bool exe_is_last(const struct scratch *s, const struct exe_key *key)
{
	const struct exe_key *last = &s->exe_last.key;

	return s->exe_last.exe_id && key->dentry == last->dentry && key->mnt == last->mnt &&
	       key->inode == last->inode && key->generation == last->generation &&
	       exes_announced - s->exe_last.announced < EXES_KNOWN;
}

static __always_inline __u64 exe_id_of_key(__u32 slot, struct scratch *s)
{
	__u64 *known = bpf_map_lookup_elem(&exes, &s->exe_key);

	s->exe_last.announced = exes_announced;
	s->exe_last.exe_id = known ? *known : exe_announce(slot);
	s->exe_last.key = s->exe_key;
	return s->exe_last.exe_id;
}

/* 0 for a kernel thread, or if the path could not be sent. */
static __always_inline __u64 exe_id_of(__u32 slot, struct scratch *s, struct task_struct *task,
				       bool at_once)
{
	struct mm_struct *mm = kread_task(task, mm, at_once);
	struct file *file = mm ? kread_known(mm, exe_file) : NULL;
	struct exe_key key;
	struct inode *inode;

	if (!file)
		return 0;
	inode = kread_known(file, f_inode);
	key.dentry = (__u64)kread_known(file, f_path.dentry);
	key.mnt = (__u64)kread_known(file, f_path.mnt);
	key.inode = kread_known(inode, i_ino);
	key.generation = kread_known(inode, i_generation);
	if (exe_is_last(s, &key))
		return s->exe_last.exe_id;
	s->exe_key = key;
	return exe_id_of_key(slot, s);
}

#endif
