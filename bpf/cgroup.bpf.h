/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The filter follows the cgroup tree by itself: a cgroup made inside a traced
 * one is traced from birth, before anything can run in it.
 */
#ifndef CTRACE_CGROUP_BPF_H
#define CTRACE_CGROUP_BPF_H

#include "maps.bpf.h"

/* v1 hierarchies have tracepoints and ids of their own; only v2's is number 0. */
static __always_inline bool on_cgroup2(struct cgroup *cgrp)
{
	return kread(kread(cgrp, root), hierarchy_id) == 0;
}

static __always_inline __u64 cgroup_id_of(struct cgroup *cgrp)
{
	return kread(kread(cgrp, kn), id);
}

static __always_inline __u64 cgroup_parent_id(struct cgroup *cgrp)
{
	struct cgroup_subsys_state *parent = kread(cgrp, self.parent);

	return parent ? cgroup_id_of(kread(parent, cgroup)) : 0;
}

/* cgroup_mutex is held in all our hooks, so they never meet in this slot. */
static __always_inline void cgroup_report(__u32 type, __u64 id, __u64 parent_id, __u64 root_id,
					  const char *path)
{
	struct scratch *s = scratch_get(SCRATCH_CGROUP);
	__u32 len;

	if (!s)
		return;
	s->cgroup.type = type;
	s->cgroup.when_ns = bpf_ktime_get_boot_ns();
	s->cgroup.cgroup_id = id;
	s->cgroup.parent_id = parent_id;
	s->cgroup.root_id = root_id;
	/* NUL included; the mask keeps a failed read (negative) within the verifier's sight */
	len = bpf_probe_read_kernel_str(s->data, CGROUP_PATH_BYTES, path) & (CGROUP_PATH_BYTES - 1);
	s->cgroup.path_len = len ? len - 1 : 0;
	if (ring_write(s, &s->cgroup, sizeof(s->cgroup) + len))
		count_loss(root_id, LOSS_RING_FULL);
}

static __always_inline int cgroup_made(struct cgroup *cgrp, const char *path)
{
	__u64 id, parent_id;
	struct cgroup_entry *parent;

	if (!on_cgroup2(cgrp))
		return 0;
	id = cgroup_id_of(cgrp);
	parent_id = cgroup_parent_id(cgrp);
	parent = bpf_map_lookup_elem(&cgroups, &parent_id);
	if (parent) {
		struct cgroup_entry entry = *parent;

		if (bpf_map_update_elem(&cgroups, &id, &entry, BPF_NOEXIST))
			count_loss(entry.root_id, LOSS_MAP_FULL);
	}
	if (settings.watch_cgroups)
		cgroup_report(RECORD_CGROUP_NEW, id, parent_id, parent ? parent->root_id : 0, path);
	return 0;
}

static __always_inline int cgroup_gone(struct cgroup *cgrp, const char *path)
{
	struct cgroup_entry *entry;
	__u64 id, root_id;

	if (!on_cgroup2(cgrp))
		return 0;
	id = cgroup_id_of(cgrp);
	entry = bpf_map_lookup_elem(&cgroups, &id);
	if (!entry)
		return 0;
	root_id = entry->root_id;
	bpf_map_delete_elem(&cgroups, &id);
	if (root_id == id)
		cgroup_report(RECORD_CGROUP_GONE, id, cgroup_parent_id(cgrp), root_id, path);
	return 0;
}

#endif
