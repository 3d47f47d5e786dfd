/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The inside of a report, for those who write it out: page.c and profile.c. */
#ifndef CTRACE_REPORT_DATA_H
#define CTRACE_REPORT_DATA_H

#include "base/id_map.h"
#include "event.h"
#include "report/event_line.h"
#include "report/name_table.h"
#include "report/report.h"
#include "report/timeline.h"

/* Numbers below these are set aside in report.exes and report.errors. */
enum { EXE_UNKNOWN, EXE_OTHERS };
enum { ERROR_NONE, ERROR_OTHERS };

/* Below a container's root; the files of the first are its tree from "/" on. */
enum path_group {
	GROUP_PATHS,    /* absolute */
	GROUP_CUT,      /* the path's beginning is not known */
	GROUP_NAMELESS, /* pipes, sockets and the like */
	GROUP_UNKNOWN,  /* no path: the name as passed, if any */
	GROUP_COUNT,
};

/* So many equal opens.  more: of some file in the directory `node`, not kept apart. */
struct fact {
	__u32 node; /* in report.nodes */
	__u16 exe;
	__u16 error;
	__u8 access; /* enum access */
	bool more;
	__u64 count;
};

struct report_container {
	char *labels[LABEL_COUNT];
	__u64 cgroup_id;  /* where there is no label */
	bool is_rest;     /* all containers beyond the limit */
	__u32 node;       /* its root in report.nodes */
	__u32 node_count; /* below it */
	__u64 opens, failed, writes;
	__u64 lost[LOSS_COUNT + 1]; /* by enum loss_reason; the last: another reason */
	__u64 first_ns, last_ns;    /* 0: not known */
	struct timeline timeline;
};

struct report {
	struct report_limits limits;
	const struct selector *wanted; /* NULL: everything is */
	const struct label_keys *label_keys;
	char **label_values; /* room for one of each key; their line's */
	struct report_container **containers;
	struct name_table *container_keys; /* key -> index into containers */
	struct name_table *nodes;          /* owner: the directory */
	struct name_table *exes;
	struct name_table *errors;
	struct fact *facts;
	size_t fact_count, fact_room;
	struct id_map *fact_of; /* key -> index into facts, plus one */
	struct timeline_scale scale;
	__u64 lines, invalid, other_types, events;
	__u64 lost[LOSS_COUNT + 1];             /* of no container in particular */
	bool files_full, exes_full, facts_full; /* a limit was reached */
};

#define ERRORS_MAX 500

/* What an open has done to its file, as people count: wrote, or made, or could have. */
static inline bool access_writes(unsigned int access)
{
	return access & (ACCESS_WRITE | ACCESS_CREATE | ACCESS_TEMPORARY);
}

#define TITLE_BYTES (2 * 512 + 2)

/* The name for people: Kubernetes' where there is one, else the runtime's, else an id. */
const char *report_container_title(const struct report_container *c, char room[static TITLE_BYTES]);

/* The container whose root this node is. */
const struct report_container *report_container_at(const struct report *r, __u32 root);

__u64 report_lost(const __u64 lost[static LOSS_COUNT + 1]);

#endif
