/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the arrivals are made of, one file each.  Nothing but arrivals*.c includes this. */
#ifndef CTRACE_ARRIVALS_PARTS_H
#define CTRACE_ARRIVALS_PARTS_H

#include "arrivals.h"

struct held;
struct id_map;

#define MS 1000000ull

/* When a new one is looked at for the first time; each time, it is twice as long until the next. */
#define ARRIVAL_FIRST_WAIT_NS (2 * MS)

enum arrival_state {
	ARRIVAL_UNKNOWN,  /* whose it is */
	ARRIVAL_KNOWN,    /* its opens are root_id's, whatever root they were recorded with */
	ARRIVAL_UNWANTED, /* drop what is still on the way */
};

struct arrival {
	struct arrival *next; /* in the list of those to look at again */
	__u64 cgroup_id;
	__u64 root_id;                  /* the filter's, and once known its container's */
	__u64 born_ns, due_ns, wait_ns; /* awake_now_ns(): its runtime sleeps with the machine */
	__u64 born_boot_ns;
	enum arrival_state state;
	bool listed;
	bool inherited; /* made inside of something that is traced, and a part of that */
	bool waits;     /* and so do its opens */
	bool started;   /* a program runs in it */
	bool gone;
	bool search;       /* look thoroughly, the next time */
	bool seen;         /* looked at while it was there */
	bool by_root;      /* made by root, outside of all containers */
	const char *begun; /* see registry_newborn */
	const char *maker; /* the runtime that made the cgroup, by its comm */
	size_t held_bytes, held_count;
	__u64 lost[LOSS_COUNT]; /* wait, too */
	char path[];
};

struct arrivals {
	struct arrivals_settings use;
	struct id_map *by_id;
	struct arrival *listed;
	struct held *held;
	__u64 turned_away; /* since that was told last */
	__u64 tell_ns;     /* when to tell it next */
	__u64 searched_ns; /* when the state of all containers was last searched */
	bool settled;      /* one has come to be known since the last release */
};

/*
 * Those that anybody but root may have made, and of which nobody knows whose they are, are
 * so many at most: each is looked at again and again.
 */
#define ARRIVALS_STRANGERS_MAX 128

static inline bool arrival_is_stranger(const struct arrival *y)
{
	return y->inherited || !y->by_root;
}

/* No room for one more of them? */
bool arrivals_are_crowded(const struct arrivals *a);

/* NULL if it is not known. */
struct arrival *arrival_find(const struct arrivals *a, __u64 cgroup_id);

/* One that is looked at from now on, or the known one.  NULL without memory. */
struct arrival *arrival_add(struct arrivals *a, __u64 cgroup_id, const char *path);

/* Nothing more is to be looked at. */
void arrival_unlist(struct arrivals *a, struct arrival *y);

/* And y is freed. */
void arrival_forget(struct arrivals *a, struct arrival *y);

/* Has its cgroup been removed, or made anew? */
bool arrival_is_gone(const struct arrivals *a, const struct arrival *y);

/* Say now whose it is, or when to look again.  May forget y.  0 or negative errno. */
int arrival_look_at(struct arrivals *a, struct arrival *y, __u64 now_ns, struct error *err);

/* Pass on, or drop, what waited for those that have become known. */
int arrivals_release(struct arrivals *a);

#endif
