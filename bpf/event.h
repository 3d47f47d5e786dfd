/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The contract between the BPF program and user space: every byte that crosses
 * the ring buffer is described here, and both compilers check the layout.
 *
 * A record is a fixed part followed by as many bytes of data as it needs, so a
 * short path makes a short record.  Paths travel as the kernel's dentry walk
 * finds them, leaf first ("nginx.conf/nginx/etc/"); user space turns them
 * round, which costs it nothing and saves the kernel a second pass.
 */
#ifndef CTRACE_EVENT_H
#define CTRACE_EVENT_H

#include <linux/types.h>

enum record_type {
	RECORD_OPEN = 1,       /* struct open_record */
	RECORD_EXE,            /* struct exe_record: the path behind an exe_id */
	RECORD_CGROUP_NEW,     /* struct cgroup_record: made, nothing ran in it yet */
	RECORD_CGROUP_STARTED, /* struct cgroup_record, no path: a program runs in a provisional one
				*/
	RECORD_CGROUP_GONE,    /* struct cgroup_record: removed, nothing can run in it */
};

/* How the open was asked for. */
enum open_call {
	CALL_OPEN,
	CALL_CREAT,
	CALL_OPENAT,
	CALL_OPENAT2,
	CALL_OPEN_BY_HANDLE_AT,
	CALL_EXECVE,
	CALL_EXECVEAT,
	CALL_IO_URING_OPENAT,
	CALL_IO_URING_OPENAT2,
	CALL_COUNT,
};

/* open_record.bits */
enum open_bits {
	OPEN_RESOLVED = 1 << 0,        /* the path was taken from the opened file */
	OPEN_DELETED = 1 << 1,         /* the file had no name any more (or never one: O_TMPFILE) */
	OPEN_PATH_TRUNCATED = 1 << 2,  /* the path's beginning did not fit; its tail is here */
	OPEN_NAME_UNREADABLE = 1 << 3, /* the name was not readable (EFAULT) */
	OPEN_COMPAT = 1 << 4,          /* a 32-bit system call */
	OPEN_HAS_FLAGS = 1 << 5,       /* flags and mode are known */
	OPEN_HAS_MODE = 1 << 6,        /* mode was passed and counts */
	OPEN_NO_FD = 1 << 7,           /* success, but it gave the program no descriptor (exec) */
	OPEN_FILE_NAMELESS = 1 << 8,   /* a pipe or the like: path holds the word for its kind */
	OPEN_HAS_BASE = 1 << 9,        /* not resolved, but the path's directory is known */
	OPEN_LAYER_LOWER = 1 << 10,    /* of an overlay: it is in a layer below, the image's */
	OPEN_LAYER_UPPER = 1 << 11,    /* ... in the writable layer: made or changed at run time */
	OPEN_SETUP = 1 << 12,          /* by the container's runtime, before its program */
};

#define EVENT_COMM_BYTES 16   /* TASK_COMM_LEN */
#define EVENT_NAME_BYTES 4096 /* PATH_MAX, NUL included */
#define EVENT_PATH_BYTES 4096 /* one path by dentry walk, leaf first */

/* What every record begins with. */
struct record_head {
	__u32 type;    /* enum record_type */
	__u32 own;     /* each type's own */
	__u64 when_ns; /* CLOCK_BOOTTIME: by it the rings' records are put in order */
};

struct open_record {
	__u32 type;      /* RECORD_OPEN */
	__u32 tgid;      /* host numbers, not the container's */
	__u64 when_ns;   /* CLOCK_BOOTTIME, taken when the open returned */
	__u64 cgroup_id; /* the task's own cgroup */
	__u64 root_id;   /* the container's root cgroup, from the filter */
	__u64 exe_id;    /* names the executable; 0 if not known.  See exe_record */
	__u64 resolve;   /* openat2's RESOLVE_* */
	__u64 inode;     /* of the opened file; 0 if not known */
	__u64 hash;      /* the same for opens that are; set with dedup_ns only */
	__u32 tid;
	__u32 ppid;     /* tgid of the parent */
	__u32 uid, gid; /* as the initial user namespace numbers them */
	__s32 ret;      /* fd, or -errno */
	__u32 flags;    /* O_*, as passed */
	__u16 mode;
	__u16 bits;     /* enum open_bits */
	__u16 call;     /* enum open_call */
	__u16 name_len; /* bytes of name in data[], no NUL */
	__u16 path_len; /* bytes of leaf-first path in data[], after the name */
	__u16 pad;
	__u32 repeated; /* the same opens left out since the last one like this; see dedup_ns */
	char comm[EVENT_COMM_BYTES];
	/*
	 * The name as the caller passed it, then a path, leaf first, each
	 * component followed by '/'; no components mean "/".  With OPEN_RESOLVED
	 * the path is the opened file's; without it, the directory that the name
	 * is relative to.
	 */
	char data[];
};
_Static_assert(sizeof(struct open_record) == 120, "padding crept into open_record");

/* Comes before the first open_record that refers to its exe_id. */
struct exe_record {
	__u32 type;     /* RECORD_EXE */
	__u16 path_len; /* leaf first, as above */
	__u16 bits;     /* OPEN_DELETED, OPEN_PATH_TRUNCATED */
	__u64 when_ns;
	__u64 exe_id;
	char data[];
};
_Static_assert(sizeof(struct exe_record) == 24, "padding crept into exe_record");

#define CGROUP_PATH_BYTES 4096

struct cgroup_record {
	__u32 type;     /* RECORD_CGROUP_... */
	__u32 path_len; /* below the hierarchy's root, starts with '/', no NUL */
	__u64 when_ns;
	__u64 cgroup_id;
	__u64 root_id; /* what the filter says of it: 0 if nothing */
	/* RECORD_CGROUP_NEW: who made it, if that was root, outside of all containers; else "" */
	char maker[EVENT_COMM_BYTES];
	char path[];
};
_Static_assert(sizeof(struct cgroup_record) == 48, "padding crept into cgroup_record");

/* A path may start at any offset up to the longest name and overrun its end by one component. */
#define RECORD_DATA_BYTES (EVENT_NAME_BYTES + EVENT_PATH_BYTES + 512)

/* In front of each record in a struct cpu_ring. */
struct ring_entry {
	__u32 start; /* of the record, from here on */
	__u32 len;   /* of the record */
};

/* Room for the longest record and its entry. */
#define RECORD_PLACE_BYTES \
	(sizeof(struct ring_entry) + sizeof(struct open_record) + RECORD_DATA_BYTES)

/*
 * One CPU's own ring, an element of the map cpu_rings, which user space maps.  Of its
 * data the first cpu_ring_bytes are written round and round.  Positions only grow; a
 * record never wraps: the last one of a round goes on beyond the ring's end.
 */
struct cpu_ring {
	__u64 taken; /* user space's: what is before has been read */
	__u64 taken_line[7];
	__u64 put; /* what is before may be read */
	__u64 put_line[7];
	/* The kernel side's own. */
	__u64 room_to; /* there is room as long as put is no further: no need to look at taken */
	__u64 look_at; /* when put gets here: does enough wait to wake the reader? */
	__u64 woken;   /* taken | 1 when it was woken last */
	__u64 place;   /* of the record under way, in bytes from here */
	struct report_order {
		__u32 slot;
		__s32 ret;
		__u64 cgroup_id;
		__u64 root_id;   /* 0: there is no order */
		__u64 uring_key; /* 0: none */
	} order;                 /* for order_done(); see report_last() */
	char data[];
};
_Static_assert(sizeof(struct cpu_ring) == 192, "each of the three has a cache line of its own");

/* Behind the ring: room for what goes beyond its end, then a place for each program. */
#define CPU_RING_SIZE(ring_bytes, programs) \
	(sizeof(struct cpu_ring) + (ring_bytes) + (1 + (programs)) * RECORD_PLACE_BYTES)

/* Where the entry behind this one is. */
static inline __u64 ring_next(__u64 at, const struct ring_entry *entry, __u64 ring_bytes)
{
	__u64 len = (entry->start + (__u64)entry->len + 7) & ~7ULL;

	return (at & (ring_bytes - 1)) + len < ring_bytes ? at + len : (at | (ring_bytes - 1)) + 1;
}

/* Why an open that was done is not in the stream; index into loss_counts. */
enum loss_reason {
	LOSS_RING_FULL,  /* user space did not keep up */
	LOSS_MAP_FULL,   /* no room for one more cgroup in the filter */
	LOSS_SKIPPED,    /* the kernel did not run our program: recursion_misses of bpf_prog_info */
	LOSS_UNFINISHED, /* an io_uring request that ended without a trace */
	/* Counted in user space, which keeps opens of new cgroups until it knows whose they are: */
	LOSS_HELD_FULL,    /* no room to keep it */
	LOSS_UNIDENTIFIED, /* the cgroup was gone before anybody could look */
	LOSS_COUNT,
};

/* Losses of one container, keyed by its root cgroup id. */
struct loss_counts {
	__u64 lost[LOSS_COUNT];
};

/* cgroup_entry.flags */
enum cgroup_flags {
	/*
	 * Made while we watch, and user space has not said yet whose it is.  Its
	 * children have entries of their own, with themselves as root: each may turn
	 * out to be another container, or none.
	 */
	CGROUP_PROVISIONAL = 1 << 0,
	CGROUP_STARTED = 1 << 1,   /* provisional: RECORD_CGROUP_STARTED was sent */
	CGROUP_CONTAINER = 1 << 2, /* it is a container's, or may be: a runtime sets it up */
	CGROUP_JOINED = 1 << 3,  /* somebody has come into it; set for all that user space knows */
	CGROUP_COUNTED = 1 << 4, /* made in a container, in whose root's `below` it is counted */
};

/*
 * The ids of each hierarchy count from one.  This bit, which no id has (kernfs: 32 bits of
 * number, 32 of generation), keeps those of the v1 hierarchy that is looked at apart.
 */
#define CGROUP_ID_V1 (1ULL << 63)

/* By which of its controllers that hierarchy is known. */
enum cgroup_v1_controller {
	CGROUP_V1_NONE,
	CGROUP_V1_PIDS,
	CGROUP_V1_MEMORY,
	CGROUP_V1_CPU,
	CGROUP_V1_DEVICES,
	CGROUP_V1_FREEZER,
	CGROUP_V1_COUNT,
};

/* See traced_hints; a power of two, and few ids of some thousand share one. */
#define TRACED_HINTS 4096

/* Value of the filter map, keyed by the id of each traced cgroup. */
struct cgroup_entry {
	__u64 root_id; /* the container's root cgroup; itself for a root, and while provisional */
	/* While provisional, and 0 later: */
	__u64 top_id;   /* the outermost of those that were made in one another */
	__u64 maker_ns; /* mount namespace of who made that; an address, to compare only */
	__u32 flags;    /* enum cgroup_flags */
	__u32 below;    /* of a container's root: those with CGROUP_COUNTED that lead to it */
};

/*
 * No container can fill the filter, which has room for eight times as many: cgroups in one
 * that are found at the start, and as many that are made later.
 */
#define CGROUPS_BELOW_MAX 4096

/* No deeper in its hierarchy does anybody look for the root of what a cgroup is a part of. */
#define ROOT_LEVEL_MAX 32

/* What was done in a container since it is traced, keyed by its root cgroup id. */
struct volume_counts {
	__u64 opens; /* all of these are what the filters want */
	__u64 failures;
	__u64 writes;
	__u64 repeated;  /* not reported: the same as one that was */
	__u64 over_rate; /* not reported: too many that second */
	/* The kernel side's own. */
	__u64 second;     /* CLOCK_BOOTTIME */
	__u64 rate_asked; /* opens that came so far as to be limited */
	__u64 rate_limit; /* what rate_asked may be at most in this second */
};

/* One process of a container: what it opened.  Where settings.count_processes. */
struct process_key {
	__u64 root_id;
	__u32 tgid;
	__u32 pad;
};

struct process_counts {
	__u64 opens;
	__u64 failures;
	__u64 writes;
	char comm[EVENT_COMM_BYTES]; /* of its last open */
};

#define PATH_PREFIXES_MAX 16
#define PATH_PREFIX_BYTES 256

/* A file or directory whose opens, and of what is below it, are wanted or not. */
struct path_prefix {
	__u32 len;     /* of the path without its first '/', each component followed by one */
	__u32 exclude; /* not wanted */
	char text[2 * PATH_PREFIX_BYTES]; /* leaf first, and from PATH_PREFIX_BYTES on root first */
};

/* Written once before load, so the verifier deletes every branch that stays off. */
struct trace_settings {
	__u32 tgid; /* 0: any */
	__u32 uid;
	__u32 own_tgid; /* ctrace's own */
	__u8 uid_set;
	__u8 comm_len; /* 0: any */
	__u8 failed_only;
	__u8 writes_only;
	__u8 may_skip; /* the kernel may skip runs of our programs: an inner one's may be missing */
	__u8 setup;    /* show what a container's runtime opens in its cgroup, too */
	__u8 containers;    /* what is traced may be a container, not only a cgroup of ours */
	__u8 watch_cgroups; /* report all cgroups that are made inside of traced ones, ... */
	__u8 provisional;   /* ... and all others, and trace those provisionally */
	__u8 count_volume;  /* keep volume_counts */
	__u8 path_only;     /* only what is below one of the prefixes that are wanted */
	__u8 prefix_count;
	__u8 cgroup_v1;       /* enum cgroup_v1_controller: the hierarchy looked at beside v2 */
	__u8 count_processes; /* keep process_counts */
	__u8 uninterrupted;   /* no program of ours comes in the middle of another one on its CPU */
	__u8 pad;
	__u32 cpus;           /* that may ever be there */
	__u64 wakeup_bytes;   /* wake the reader once this much waits in the ring that all share */
	__u64 cpu_ring_bytes; /* a power of two; 0: all records go into the ring that all share */
	__u64 dedup_ns;       /* the same open is reported once in this time; 0: each time */
	__u64 rate;           /* opens a second of a container that are reported; 0: all */
	__u64 hash_key[2];    /* secret */
	char comm[EVENT_COMM_BYTES];
	struct path_prefix prefixes[PATH_PREFIXES_MAX];
};

/* --- what each CPU remembers of the filter: verdict.bpf.h -------------------------------- */

#define FILTER_SEEN_CPUS 1024 /* a power of two; where there are more, nothing is remembered */

/* Of the last cgroups of either kind that tasks opened something in. */
struct filter_seen {
	volatile __u64 changes; /* of the filter, so far; user space counts, too */
	__u64 changes_then;     /* before what is remembered was asked for */
	__u64 cgroup;  /* the address of the current task's, for the program that is gone on to */
	__u64 outside; /* of one that is not traced; 0: none */
	__u64 inside;  /* of one that is; 0: none */
	__u64 id;      /* of that */
	struct cgroup_entry entry;
} __attribute__((aligned(64))); /* as a line of the cache */

#endif
