/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What targets.c and targets_end.c share. */
#ifndef CTRACE_TARGETS_PARTS_H
#define CTRACE_TARGETS_PARTS_H

#include "targets.h"

#include "base/id_map.h"
#include "container/cgroup_ends.h"

/* A container or cgroup that is being traced. */
struct target {
	struct target *next;
	__u64 cgroup_id;
	bool by_cgroup; /* asked for by --cgroup: ends when removed, not when empty */
	bool populated; /* was seen with a process in it */
	char path[];
};

struct targets {
	struct targets_settings use;
	struct selector selector; /* the options', with our own container */
	struct census *census;
	struct cgroup_ends *ends; /* of the live ones, where those may end the run */
	struct target *live;
	struct id_map *by_id; /* the same */
	struct target *ended; /* their cgroup may still be there; what they did last comes */
	bool endless;         /* there may always be one more */
	bool begun;           /* what is found from now on has started meanwhile */
	__u64 next_scan_ns;
};

/* Put those aside whose end can be seen from outside: they are waited for no more. */
void targets_drop_ended(struct targets *t);

#endif
