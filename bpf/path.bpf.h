/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A path by dentry and mount walk, from the leaf up to the root of the mount
 * namespace: what the container's first process would call the file, also when
 * the opener has chrooted (bpf_d_path() would stop at the chroot).
 *
 * The kernel's own walk is prepend_path() in fs/d_path.c.  Ours writes leaf
 * first, so it needs one pass and no copy.
 */
#ifndef CTRACE_PATH_BPF_H
#define CTRACE_PATH_BPF_H

#include "record.bpf.h"

/* include/uapi/linux/magic.h */
#define TMPFS_MAGIC           0x01021994
#define HUGETLBFS_MAGIC       0x958458f6
#define NSFS_MAGIC            0x6e736673
#define OVERLAYFS_SUPER_MAGIC 0x794c7630

/* include/uapi/linux/stat.h */
#define S_IFMT  00170000
#define S_IFDIR 0040000

/*
 * The verifier follows every step of a loop, so a walk goes in short stretches: a global
 * function of few steps, verified once, called by another one some times, called until the
 * root is reached.  A path of 4095 bytes has at most 2047 components, and every mount
 * crossed takes a step, too.
 */
#define WALK_STEPS     8
#define WALK_STRETCHES 16
#define WALK_LEGS      18

struct walk {
	struct scratch *s; /* whose walk_mnt is the mount */
	struct dentry *dentry;
	struct dentry *root; /* of the mount */
	char *data;          /* of the record */
	__u64 at;            /* bytes of data in use */
	__u64 end;           /* ... and how many may be */
};

/* With `at`, how far it has come, in one number: */
#define WALK_TRUNCATED (1ULL << 32) /* the way to the root was longer than EVENT_PATH_BYTES */
#define WALK_DONE      (1ULL << 33)

static __always_inline struct mount *mount_of(struct vfsmount *mnt)
{
	return (struct mount *)((__u64)mnt - bpf_core_field_offset(struct mount, mnt));
}

static __always_inline unsigned long magic_of(struct dentry *dentry)
{
	return kread(kread(dentry, d_sb), s_magic);
}

enum dentry_kind {
	DENTRY_PLACED,   /* in a directory */
	DENTRY_MEMFD,    /* never was in one, but has a name: simple_dname() in fs/d_path.c */
	DENTRY_NAMELESS, /* a pipe or the like: neither */
};

static __always_inline enum dentry_kind kind_of(struct dentry *dentry)
{
	struct dentry_operations *op = kread(dentry, d_op);
	unsigned long magic;

	if (!op || !kread(op, d_dname))
		return DENTRY_PLACED;
	magic = magic_of(dentry);
	return magic == TMPFS_MAGIC || magic == HUGETLBFS_MAGIC ? DENTRY_MEMFD : DENTRY_NAMELESS;
}

/*
 * The root of the mount namespace, whose path is empty?  That most names start from.  It lies on
 * another root, which the kernel came up with.
 */
static __always_inline bool is_root(struct dentry *dentry, struct mount *mnt)
{
	for (int i = 0; i < 2 && dentry == kread(mnt, mnt.mnt_root); i++) {
		struct mount *below = kread(mnt, mnt_parent);

		if (below == mnt)
			return true;
		dentry = kread(mnt, mnt_mountpoint);
		mnt = below;
	}
	return false;
}

#define SHORT_NAME 32

/*
 * A name of up to SHORT_NAME bytes, and what is behind it: two or four loads are cheaper than the
 * helper (13 ns a component instead of 26).  Something is always behind it that may be read: in the
 * dentry, or, in a page that is not there, zeros; and the next component goes on top of it.
 */
static __always_inline void put_short_name(char *to, const unsigned char *name, __u64 len)
{
	void **words = (void **)to, **at = (void **)name;

	words[0] = kread_ptr(at);
	words[1] = kread_ptr(at + 1);
	if (len > 2 * sizeof(void *)) {
		words[2] = kread_ptr(at + 2);
		words[3] = kread_ptr(at + 3);
	}
}

/* The name of one component and a slash.  0, or flags if there is no room. */
static __always_inline __u64 walk_put_name(struct walk *w, struct dentry *dentry)
{
	__u64 at = w->at, len = kread(dentry, d_name.len) & 0xff; /* NAME_MAX */
	const unsigned char *name;

	if (at + len + 1 > w->end)
		return WALK_DONE | WALK_TRUNCATED;
	name = kread(dentry, d_name.name);
	/* Always true; but the verifier (up to 6.1) only believes a bound checked right here. */
	barrier_var(at);
	if (at > EVENT_NAME_BYTES + EVENT_PATH_BYTES)
		return WALK_DONE;
	/* Before the ways part, or the verifier follows each of them to the end of the path. */
	w->at = at + len + 1;
	barrier_var(w->at);
	if (TYPED_LOADS && len <= SHORT_NAME)
		put_short_name(w->data + at, name, len);
	else
		bpf_probe_read_kernel(w->data + at, len, name);
	w->data[w->at - 1] = '/';
	return 0;
}

/* One component or one mount crossed.  Flags at the root, or without room. */
static __always_inline __u64 walk_step(struct walk *w)
{
	struct dentry *dentry = w->dentry, *parent;

	if (dentry == w->root) {
		struct mount *mnt = w->s->walk_mnt, *below = kread(mnt, mnt_parent);

		if (below == mnt)
			return WALK_DONE;
		w->dentry = kread(mnt, mnt_mountpoint);
		w->s->walk_mnt = below;
		w->root = kread(below, mnt.mnt_root);
		return 0;
	}
	parent = kread(dentry, d_parent);
	if (parent == dentry)
		return WALK_DONE; /* a tree that hangs nowhere: as far as the kernel knows */
	w->dentry = parent;
	return walk_put_name(w, dentry);
}

static __always_inline bool walk_start(struct walk *w, struct scratch *s, struct record *r,
				       __u32 at, __u32 end)
{
	*w = (struct walk){ .at = at, .end = end };
	if (!s || !r)
		return false;
	w->s = s;
	w->dentry = s->walk_dentry;
	w->root = kread(s->walk_mnt, mnt.mnt_root);
	w->data = r->data;
	return true;
}

/* Some steps from walk_dentry and walk_mnt on, which are left where it stopped. */
__noinline __u64 path_walk_stretch(__u32 slot, __u32 at, __u32 end)
{
	struct scratch *s = scratch_get(slot);
	__u64 done = 0;
	struct walk w;

	if (!s || !walk_start(&w, s, record_get(slot), at, end))
		return at | WALK_DONE;
	for (int i = 0; i < WALK_STEPS && !done; i++)
		done = walk_step(&w);
	s->walk_dentry = w.dentry;
	return w.at | done;
}

__noinline __u64 path_walk_leg(__u32 slot, __u32 at, __u32 end)
{
	__u64 walked = at;

	for (int i = 0; i < WALK_STRETCHES && !(walked & WALK_DONE); i++)
		walked = path_walk_stretch(slot, walked, end);
	return walked;
}

/* A file in memory is its own parent, and its name is all there is. */
__noinline __u64 path_of_memfd(__u32 slot, __u32 at)
{
	__u64 full = 0;
	struct walk w;

	if (walk_start(&w, scratch_get(slot), record_get(slot), at, at + EVENT_PATH_BYTES))
		full = walk_put_name(&w, w.dentry) & WALK_TRUNCATED;
	return w.at | full;
}

/* A long path's rest, up to `end`. */
__noinline __u64 path_walk_on(__u32 slot, __u32 at, __u32 end)
{
	__u64 walked = at;

	for (int i = 0; i < WALK_LEGS; i++) {
		if (walked & WALK_DONE)
			return walked & ~WALK_DONE;
		walked = path_walk_leg(slot, walked, end);
	}
	return walked | WALK_TRUNCATED;
}

/*
 * Write the path of the slot's walk_dentry and walk_mnt, leaf first, to the
 * record's data[at].  Returns where it ends, perhaps with WALK_TRUNCATED.
 */
static __always_inline __u64 path_walk(__u32 slot, __u32 at)
{
	__u32 end = at + EVENT_PATH_BYTES;
	__u64 walked = path_walk_stretch(slot, at, end); /* mostly that is all of it */

	return walked & WALK_DONE ? walked & ~WALK_DONE : path_walk_on(slot, walked, end);
}

/* The same of a file that may be one in memory, and then is no mount's root. */
static __always_inline __u64 path_put(__u32 slot, const struct scratch *s, __u32 at,
				      enum dentry_kind kind)
{
	return kind == DENTRY_MEMFD && s->walk_dentry != kread(s->walk_mnt, mnt.mnt_root)
		       ? path_of_memfd(slot, at)
		       : path_walk(slot, at);
}

/* Unlinked while open, or never linked: fs/d_path.c calls it d_unlinked(). */
static __always_inline bool dentry_deleted(struct dentry *dentry)
{
	return !kread(dentry, d_hash.pprev) && kread(dentry, d_parent) != dentry;
}

#endif
