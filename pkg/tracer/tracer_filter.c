// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Which cgroups are traced: the filter's map. */
#include "tracer/tracer_parts.h"

#include <errno.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* traced.bpf.h counts what it adds and removes itself. */
static void count_traced(struct tracer *t, __u64 cgroup_id, int change)
{
	__atomic_add_fetch(&t->skel->bss->traced_hints[cgroup_id % TRACED_HINTS], change,
			   __ATOMIC_RELAXED);
	if (cgroup_id & CGROUP_ID_V1)
		__atomic_add_fetch(&t->skel->bss->v1_traced, change, __ATOMIC_RELAXED);
}

/* Now that it has: what a CPU remembers of it is out of date.  See verdict.bpf.h. */
static void filter_changed(struct tracer *t)
{
	const size_t most = sizeof(t->skel->bss->filter_seen) / sizeof(*t->skel->bss->filter_seen);

	for (size_t cpu = 0; cpu < t->skel->rodata->settings.cpus && cpu < most; cpu++)
		__atomic_add_fetch(&t->skel->bss->filter_seen[cpu].changes, 1, __ATOMIC_SEQ_CST);
}

int tracer_trace(struct tracer *t, __u64 cgroup_id, __u64 root_id, bool container,
		 struct error *err)
{
	struct cgroup_entry entry = {
		.root_id = root_id,
		.flags = CGROUP_JOINED | (container ? CGROUP_CONTAINER : 0),
	};
	int r;

	count_traced(t, cgroup_id, 1);
	r = bpf_map__update_elem(t->skel->maps.cgroups, &cgroup_id, sizeof(cgroup_id), &entry,
				 sizeof(entry), BPF_NOEXIST);
	if (r < 0)
		count_traced(t, cgroup_id, -1);
	if (r == -EEXIST)
		r = bpf_map__update_elem(t->skel->maps.cgroups, &cgroup_id, sizeof(cgroup_id),
					 &entry, sizeof(entry), BPF_EXIST);
	if (r == -E2BIG)
		return error_say(err, r,
				 "the filter has no room for more cgroups; trace fewer containers "
				 "(--container, --namespace)");
	if (r < 0 && r != -ENOENT) /* it has been removed meanwhile */
		return error_set(err, r, "add a cgroup to the filter");
	filter_changed(t);
	return 0;
}

void tracer_leave_out(struct tracer *t, __u64 cgroup_id)
{
	__atomic_add_fetch(&t->skel->bss->traced_hints[cgroup_id % TRACED_HINTS], 1,
			   __ATOMIC_RELAXED);
	t->skel->bss->left_out = 1;
	filter_changed(t);
}

void tracer_leave_out_all(struct tracer *t)
{
	if (t->leaves_out_all)
		return;
	t->leaves_out_all = true;
	for (__u64 i = 0; i < TRACED_HINTS; i++)
		__atomic_add_fetch(&t->skel->bss->traced_hints[i], 1, __ATOMIC_RELAXED);
	t->skel->bss->left_out = 1;
	filter_changed(t);
}

void tracer_cut_out(struct tracer *t, __u64 cgroup_id)
{
	__u8 yes = 1;

	bpf_map__update_elem(t->skel->maps.cut_out, &cgroup_id, sizeof(cgroup_id), &yes,
			     sizeof(yes), BPF_ANY);
	filter_changed(t);
}

void tracer_untrace(struct tracer *t, __u64 cgroup_id)
{
	if (!bpf_map__delete_elem(t->skel->maps.cgroups, &cgroup_id, sizeof(cgroup_id), 0))
		count_traced(t, cgroup_id, -1);
	filter_changed(t);
}

bool tracer_maps_work(const struct tracer *t)
{
	__u64 nobody = 0;
	struct cgroup_entry entry;

	return bpf_map__lookup_elem(t->skel->maps.cgroups, &nobody, sizeof(nobody), &entry,
				    sizeof(entry), 0) != -EPERM;
}
