/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a tracer is made of, one file each.  Nothing but tracer*.c includes this. */
#ifndef CTRACE_TRACER_PARTS_H
#define CTRACE_TRACER_PARTS_H

#include "base/job.h"
#include "tracer/backend.h"
#include "tracer/bpf_object.h"
#include "tracer/tracer.h"

/* Its types are those of event.h, which it does not include. */
#include "ctrace.skel.h"

struct bpf_link;
struct bpf_program;
struct exe_table;
struct id_map;
struct kretprobes;
struct rings;

#define MAX_HOOKS 20

/* Processes that are counted by themselves. */
#define PROCESS_ENTRIES 8192

/* What the skeleton asks for. */
static inline const void *ctrace_bpf__elf_bytes(size_t *len)
{
	return bpf_object_bytes(len);
}

/* Of the programs, verified at the same time: two halves, with the tracepoint backend. */
enum program_part { PART_NEXT, PART_HOOKS, PROGRAM_PARTS };

static inline enum program_part program_part(enum program_list list)
{
	return list <= PROGRAMS_NEXT ? PART_NEXT : PART_HOOKS;
}

/*
 * What is attached: its link, NULL when that has been cut or others go on to it, and a descriptor
 * of the program.
 */
struct hook {
	struct bpf_link *link;
	int program;
};

/* Of a map, here. */
struct mapping {
	void *at;
	size_t bytes;
};

struct tracer {
	enum backend backend;
	struct ctrace_bpf *skel;                 /* the maps, and the variables in them */
	struct bpf_object *parts[PROGRAM_PARTS]; /* until all is attached ... */
	struct job loading[PROGRAM_PARTS];
	int types_fd; /* ... and the kernel's types that they want; -1: none */
	struct rings *rings;
	struct mapping mapped[3]; /* what they are mapped by; at is NULL: not */
	const unsigned long *shared_taken, *shared_put; /* positions of the ring that all share */
	struct hook hooks[MAX_HOOKS];
	int hook_count;
	struct kretprobes *kretprobes; /* NULL: none */
	struct exe_table *exes;
	struct tracer_handler handler;
	struct id_map *losses_seen; /* root id -> struct loss_counts, ours */
	struct loss_counts unattributed_seen;
	__u64 losses_looked_at; /* losses_counted of the kernel side, then */
	__u64 skipped_next_ns;  /* CLOCK_BOOTTIME; see time_for_skipped() */
	bool stopped;
	bool leaves_out_all; /* see tracer_leave_out_all() */
	__u64 lost_cgroups_seen;
	__u64 missed_ns;     /* CLOCK_BOOTTIME, when that was, until it is told; 0: none was lost */
	__u64 drained_to_ns; /* all records up to then have been handed out */
	char path_buffer[OPEN_EVENT_PATH_BYTES];
};

/*
 * Make the maps of t->backend, and start to load its programs: 0, or negative errno and the
 * reason.  Either way tracer_load_end() is to follow.
 */
int tracer_load(struct tracer *t, const struct tracer_settings *settings, struct error *err);

/* Wait until they are loaded.  0, or negative errno and the reason. */
int tracer_loaded(struct tracer *t, enum program_part part, struct error *err);

/* Let go of what only loading and attaching need. */
void tracer_load_end(struct tracer *t);

/* Attach what is being loaded; what this kernel can't have and need not is left out. */
int tracer_attach(struct tracer *t, struct error *err);

/* Map the rings of what has been loaded. */
int tracer_ring_open(struct tracer *t, struct error *err);

/* Whether or not it is open. */
void tracer_ring_close(struct tracer *t);

#endif
