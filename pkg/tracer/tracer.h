/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The kernel side seen from here: load it, tell it which cgroups, take its records. */
#ifndef CTRACE_TRACER_H
#define CTRACE_TRACER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "event/open_event.h"
#include "tracer/backend.h"

struct tracer;

struct tracer_settings {
	struct trace_settings kernel; /* the filters; wakeup_bytes, hash_key: set by the tracer */
	/*
	 * Of the ring that all CPUs share, rounded up to what the kernel takes; 0:
	 * TRACER_RING_BYTES.  Their own are together no larger.
	 */
	size_t ring_bytes;
	const char *backend; /* NULL: the best that works here */
	bool verbose;        /* what libbpf and the verifier say goes to stderr */
};

#define TRACER_RING_BYTES (8u << 20)

/*
 * Called by tracer_drain() for each record, in the order of time, and by
 * tracer_losses().  A negative return ends the call, which returns it; the record
 * counts as taken.  What the
 * arguments point to is valid during the call only.
 */
struct tracer_handler {
	int (*open)(const struct open_event *ev, void *arg);
	/*
	 * Where settings.kernel.watch_cgroups: any cgroup was made, has its first program, or is
	 * gone.  Otherwise: a traced root has gone.
	 */
	int (*cgroup)(const struct cgroup_record *rec, const char *path, void *arg);
	/* Opens that were done but are in no ring; root_id 0: nobody knows whose. */
	int (*lost)(__u64 root_id, enum loss_reason reason, __u64 count, void *arg);
	/* By tracer_volumes() and tracer_forget(), where settings.kernel.count_volume; 0: as above.
	 */
	int (*volume)(__u64 root_id, const struct volume_counts *total, void *arg);
	void *arg;
};

/*
 * Check the kernel, load the programs and attach them; no cgroup is traced yet.
 * 0 and *out for tracer_free(), or negative errno and the reason with its
 * remedy.  -EINVAL: no such backend.
 */
int tracer_open(struct tracer **out, const struct tracer_settings *settings,
		const struct tracer_handler *handler, struct error *err);

/*
 * The same without a look at the kernel first, and with nothing but its reason in err
 * if settings.backend does not work.
 */
int tracer_open_only(struct tracer **out, const struct tracer_settings *settings,
		     const struct tracer_handler *handler, struct error *err);

/* Can the filter still be changed by what this process may do now? */
bool tracer_maps_work(const struct tracer *t);

/* Leaves nothing in the kernel; NULL is fine. */
void tracer_free(struct tracer *t);

/* The name of the backend in use; static. */
const char *tracer_backend(const struct tracer *t);

/*
 * Trace cgroup_id as a part of the container, or of any cgroup, whose root is root_id.
 * What is made inside it later follows by itself.  -E2BIG: the filter is full.
 */
int tracer_trace(struct tracer *t, __u64 cgroup_id, __u64 root_id, bool container,
		 struct error *err);

/*
 * There is no room for a part of what is traced.  What is done in it is found to belong
 * there all the same, at a higher cost, if the root is in the filter, ROOT_LEVEL_MAX deep at
 * most.
 */
void tracer_leave_out(struct tracer *t, __u64 cgroup_id);

/* Any cgroup that is not in the filter may be one of those. */
void tracer_leave_out_all(struct tracer *t);

/* The root of a container inside of what is traced that shall not be. */
void tracer_cut_out(struct tracer *t, __u64 cgroup_id);

/* Not traced any more; nothing happens if it was not. */
void tracer_untrace(struct tracer *t, __u64 cgroup_id);

/*
 * Were records for handler.cgroup lost?  Then look at the cgroups yourself.  Told once, when all
 * that came before has been handed out: nothing comes any more of those that are gone.
 */
bool tracer_missed_cgroups(struct tracer *t);

/*
 * A descriptor for epoll, edge-triggered (EPOLLIN | EPOLLET): it fires when a
 * good part of a ring waits, or a record for handler.cgroup, or the first one after
 * tracer_sleep().  Look at least every few milliseconds besides, unless that was called.
 */
int tracer_fd(const struct tracer *t);

/*
 * Nothing waits, and the reader wants to look seldom: the next record fires tracer_fd(),
 * once.  A record that is being written just now may not: look once more before it.
 */
void tracer_sleep(struct tracer *t);

/* Take what is in the rings, up to some ten thousand records: their number, or negative errno. */
int tracer_drain(struct tracer *t);

/* Hand a copy of an open's record, len bytes and aligned as it was, to handler.open once more. */
int tracer_replay(struct tracer *t, const struct open_record *record, size_t len);

/*
 * How much waits now in the ring that all CPUs share, and its size, in bytes.  Where they have
 * rings of their own it is what those had no room for.
 */
size_t tracer_ring_used(const struct tracer *t);
size_t tracer_ring_bytes(const struct tracer *t);

/* Detach: no further record is made, those in the rings can still be taken. */
void tracer_stop(struct tracer *t);

/* Hand the losses that came since the last call to handler.lost: 0, or its negative return. */
int tracer_losses(struct tracer *t);

/*
 * Hand each container's counts, since it is traced, to handler.volume: 0, or its
 * negative return.  Complete up to what tracer_drain() and tracer_losses() have told
 * once tracer_stop() was called; before that, it may be ahead of them.
 */
int tracer_volumes(struct tracer *t);

/*
 * With settings.kernel.dedup_ns: how often the open of this record.hash was left out since
 * it was reported; 0, too, where that is not known any more.
 */
__u64 tracer_repeated(const struct tracer *t, __u64 hash);

/*
 * Where settings.kernel.count_processes: those that opened something in a container, as
 * far as there was room to remember.  0, or found's value, which ends it.
 */
typedef int tracer_process(__u32 tgid, const struct process_counts *total, void *arg);
int tracer_processes(const struct tracer *t, __u64 root_id, tracer_process *found, void *arg);

/* A container is gone: hand over its last losses and counts, and forget them. */
int tracer_forget(struct tracer *t, __u64 root_id);

#endif
