/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cgroup v1, for hosts without v2 and for containers that have no cgroup in it: one of
 * the v1 hierarchies, known by one of its controllers.  On hosts that have none nothing
 * is left of this: settings are constants when the verifier looks.
 */
#ifndef CTRACE_CGROUP_V1_BPF_H
#define CTRACE_CGROUP_V1_BPF_H

#include "read.bpf.h"

/* Numbered by what the kernel is built with (include/linux/cgroup_subsys.h). */
enum cgroup_subsys_id {
	pids_cgrp_id,
	memory_cgrp_id,
	cpu_cgrp_id,
	devices_cgrp_id,
	freezer_cgrp_id,
};

#define SUBSYS_ID(controller) bpf_core_enum_value(enum cgroup_subsys_id, controller##_cgrp_id)

/* The controller's number on this kernel. */
static __always_inline __u32 v1_subsys_id(void)
{
	switch (settings.cgroup_v1) {
	case CGROUP_V1_PIDS:
		return SUBSYS_ID(pids);
	case CGROUP_V1_MEMORY:
		return SUBSYS_ID(memory);
	case CGROUP_V1_CPU:
		return SUBSYS_ID(cpu);
	case CGROUP_V1_DEVICES:
		return SUBSYS_ID(devices);
	default:
		return SUBSYS_ID(freezer);
	}
}

/* Address of the task's cgroup in the hierarchy. */
static __always_inline __u64 v1_cgroup_address(struct task_struct *task)
{
	void *subsys = (void *)kread(task, cgroups) + bpf_core_field_offset(struct css_set, subsys);
	struct cgroup_subsys_state *css = kread_ptr(subsys + sizeof(css) * v1_subsys_id());

	return kread_word((void *)css + bpf_core_field_offset(css->cgroup));
}

static __always_inline __u64 v1_id_of(struct task_struct *task)
{
	struct cgroup *cgrp = (struct cgroup *)v1_cgroup_address(task);

	return kread(kread(cgrp, kn), id) | CGROUP_ID_V1;
}

/*
 * All hierarchies share the tracepoints, and each has ids of its own.  False for a cgroup
 * of one that nobody looks at; else *tag is what goes with its id.
 */
static __always_inline bool hierarchy_tag(struct cgroup *cgrp, __u64 *tag)
{
	struct cgroup_root *root = kread(cgrp, root);

	*tag = 0;
	if (!kread(root, hierarchy_id)) /* v2 */
		return true;
	*tag = CGROUP_ID_V1;
	return settings.cgroup_v1 && kread(root, subsys_mask) >> v1_subsys_id() & 1;
}

#endif
