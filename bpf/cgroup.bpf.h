/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The filter follows the cgroup tree by itself: a cgroup made inside a traced
 * one is traced from birth, before anything can run in it.
 */
#ifndef CTRACE_CGROUP_BPF_H
#define CTRACE_CGROUP_BPF_H

#include "setup.bpf.h"
#include "verdict.bpf.h"

static __always_inline __u64 cgroup_parent_id(struct cgroup *cgrp)
{
	struct cgroup_subsys_state *parent = kread(cgrp, self.parent);

	return parent ? cgroup_id_of(kread(parent, cgroup)) : 0;
}

/* Waited for: the runtime's files that name a container may be gone in some milliseconds. */
static __always_inline void cgroup_send(struct cgroup_record *rec, __u64 path_bytes)
{
	if (bpf_ringbuf_output(&events, rec, sizeof(*rec) + path_bytes, BPF_RB_FORCE_WAKEUP))
		__sync_fetch_and_add(&lost_cgroup_records, 1);
}

/* root, and no container's or what may be one. */
static __always_inline bool is_host_root(void)
{
	__u64 id;
	const struct cgroup_entry *entry = current_traced(&id);

	return !(__u32)bpf_get_current_uid_gid() && !(entry && entry->flags & CGROUP_CONTAINER);
}

/* cgroup_mutex is held when a cgroup is made or removed, so the two never meet in this slot. */
static __always_inline void cgroup_report(__u32 type, __u64 id, __u64 root_id, const char *path)
{
	struct record *r = record_own(SCRATCH_CGROUP);
	__u32 len;

	if (!r)
		return;
	r->cgroup.type = type;
	r->cgroup.when_ns = bpf_ktime_get_boot_ns();
	r->cgroup.cgroup_id = id;
	r->cgroup.root_id = root_id;
	r->cgroup.maker[0] = 0;
	if (type == RECORD_CGROUP_NEW && is_host_root())
		bpf_get_current_comm(r->cgroup.maker, sizeof(r->cgroup.maker));
	/* NUL included; the mask keeps a failed read (negative) within the verifier's sight */
	len = bpf_probe_read_kernel_str(r->data, CGROUP_PATH_BYTES, path) & (CGROUP_PATH_BYTES - 1);
	r->cgroup.path_len = len ? len - 1 : 0;
	cgroup_send(&r->cgroup, len);
}

/*
 * What is made inside a container is a part of it.  Anything else may be a new
 * container, and is traced before anybody can know: user space keeps its events until
 * it does.
 */
static __always_inline bool cgroup_entry_at_birth(struct cgroup_entry *entry, __u64 id,
						  const struct cgroup_entry *parent)
{
	if (parent)
		*entry = *parent;
	entry->flags &= ~CGROUP_COUNTED;
	entry->below = 0;
	if (parent && !(parent->flags & CGROUP_PROVISIONAL))
		return true;
	if (!parent) {
		entry->top_id = id;
		entry->maker_ns = mnt_ns_of(current_task());
		entry->flags = CGROUP_PROVISIONAL | CGROUP_CONTAINER;
	}
	entry->root_id = id;
	entry->flags &= ~CGROUP_STARTED;
	return settings.provisional;
}

/* cgroup_mutex is held, see above. */
static __always_inline void cgroup_uncount(const struct cgroup_entry *entry)
{
	__u64 root_id = entry->root_id;
	struct cgroup_entry *root = bpf_map_lookup_elem(&cgroups, &root_id);

	if (root && root->below)
		root->below--;
}

/* What has a root of its own is not limited: user space looks after those. */
static __always_inline bool cgroup_count(struct cgroup_entry *entry)
{
	__u64 root_id = entry->root_id;
	struct cgroup_entry *root = NULL;

	if (entry->flags & CGROUP_CONTAINER)
		root = bpf_map_lookup_elem(&cgroups, &root_id);
	if (!root)
		return true;
	if (root->below >= CGROUPS_BELOW_MAX)
		return false;
	root->below++;
	entry->flags |= CGROUP_COUNTED;
	return true;
}

static __always_inline bool cgroup_add(__u64 id, struct cgroup_entry *entry)
{
	if (!cgroup_count(entry))
		return false;
	if (!traced_add(id, entry))
		return true;
	if (entry->flags & CGROUP_COUNTED)
		cgroup_uncount(entry);
	return false;
}

/* What is done in it is found to be the container's from above, or it is not seen. */
static __always_inline void cgroup_leave_out(struct cgroup *cgrp, __u64 id, __u64 tag,
					     __u64 root_id)
{
	if (root_above((__u64)cgrp, tag) == root_id)
		traced_leave_out(id);
	else
		count_loss(root_id, LOSS_MAP_FULL);
}

static __always_inline int cgroup_trace_new(struct cgroup *cgrp, const char *path)
{
	struct cgroup_entry entry = {};
	const struct cgroup_entry *parent, *above = NULL;
	__u64 id, parent_id, tag;

	if (!hierarchy_tag(cgrp, &tag))
		return 0;
	id = cgroup_id_of(cgrp) | tag;
	parent_id = cgroup_parent_id(cgrp) | tag;
	parent = bpf_map_lookup_elem(&cgroups, &parent_id);
	if (!parent)
		above = entry_above((__u64)cgrp, tag);
	if (!cgroup_entry_at_birth(&entry, id, parent ?: above))
		return 0;
	/* There was no room for the parent, and this one asks for none. */
	if (above || !cgroup_add(id, &entry))
		cgroup_leave_out(cgrp, id, tag, entry.root_id);
	if (settings.watch_cgroups)
		cgroup_report(RECORD_CGROUP_NEW, id, entry.root_id, path);
	return 0;
}

static __always_inline int cgroup_made(struct cgroup *cgrp, const char *path)
{
	int r = cgroup_trace_new(cgrp, path);

	filter_changed(); /* also by its address alone; nobody can be in it yet */
	return r;
}

static __always_inline int cgroup_gone(struct cgroup *cgrp, const char *path)
{
	struct cgroup_entry *entry;
	__u64 id, tag, root_id = 0;

	if (!hierarchy_tag(cgrp, &tag))
		return 0;
	id = cgroup_id_of(cgrp) | tag;
	entry = bpf_map_lookup_elem(&cgroups, &id);
	if (entry) {
		root_id = entry->root_id;
		if (entry->flags & CGROUP_COUNTED)
			cgroup_uncount(entry);
	}
	traced_remove(id);
	bpf_map_delete_elem(&cut_out, &id);
	if (settings.watch_cgroups || root_id == id)
		cgroup_report(RECORD_CGROUP_GONE, id, root_id, path);
	return 0;
}

/*
 * The first program of a new cgroup: by now its runtime has written down whose it is
 * (runc and crun do so some milliseconds before they execute the program).
 */
static __always_inline int cgroup_started(struct task_struct *task)
{
	struct cgroup_record rec = { .type = RECORD_CGROUP_STARTED };
	struct cgroup_entry *entry;

	if (setup_executed(task) || !settings.provisional)
		return 0;
	entry = current_traced(&rec.cgroup_id);
	if (!entry || (entry->flags & (CGROUP_PROVISIONAL | CGROUP_STARTED)) != CGROUP_PROVISIONAL)
		return 0;
	entry->flags |= CGROUP_STARTED;
	rec.when_ns = bpf_ktime_get_boot_ns();
	rec.root_id = entry->root_id;
	cgroup_send(&rec, 0);
	return 0;
}

#endif
