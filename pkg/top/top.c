// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "top/top.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/id_map.h"
#include "event/names.h"

#define CONTAINERS_MAX 8192
#define PATHS_MAX      8192 /* of one container; the kernel remembers 65536 of all */
#define PROCESSES_MAX  8192
#define OPENS_MAX      16384

/* Opens that are the same, as the kernel side tells them: one path, executable, result. */
struct same_opens {
	__u64 path_id, failing_id; /* rows; failing_id: 0 if it did not fail */
	__u64 seen;                /* left out since, when last looked */
	bool failed, writes;
};

/* Of one container. */
struct details {
	struct counters *paths, *failing, *processes;
	struct id_map *opens; /* hash -> struct same_opens, ours */
	__u64 lost, over_rate;
	bool gone;
};

struct top {
	struct top_source source;
	struct counters *containers;
	__u64 open_id;
	__u64 lost; /* nobody's */
};

static void free_opens(struct id_map *opens)
{
	void *value;
	size_t pos = 0;

	while (opens && id_map_next(opens, &pos, NULL, &value))
		free(value);
	id_map_free(opens);
}

static void free_details(void *data)
{
	struct details *d = data;

	counters_free(d->paths);
	counters_free(d->failing);
	counters_free(d->processes);
	free_opens(d->opens);
	free(d);
}

static struct details *new_details(void)
{
	struct details *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->paths = counters_new(PATHS_MAX, NULL);
	d->failing = counters_new(PATHS_MAX, NULL);
	d->processes = counters_new(PROCESSES_MAX, NULL);
	d->opens = id_map_new();
	if (d->paths && d->failing && d->processes && d->opens)
		return d;
	free_details(d);
	return NULL;
}

struct top *top_new(const struct top_source *source)
{
	struct top *top = calloc(1, sizeof(*top));

	if (!top)
		return NULL;
	top->source = *source;
	top->containers = counters_new(CONTAINERS_MAX, free_details);
	if (top->containers)
		return top;
	free(top);
	return NULL;
}

void top_free(struct top *top)
{
	if (!top)
		return;
	counters_free(top->containers);
	free(top);
}

/* --- containers ------------------------------------------------------------------ */

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){ text, strlen(text) };
}

/* A cgroup that is no container's is known by its path, of which the end says most. */
static struct bytes name_of(const struct container *c, const char *path, __u64 root_id,
			    char number[static 32])
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	struct bytes id;

	if (c && c->name)
		return bytes_of(c->name);
	if (c && c->id) {
		id = bytes_of(c->id);
		id.len = id.len > 12 ? 12 : id.len;
		return id;
	}
	if (path)
		return bytes_of(slash && slash[1] ? slash + 1 : path);
	snprintf(number, 32, "cgroup %llu", (unsigned long long)root_id);
	return bytes_of(number);
}

/* Pod and image: what else people know it by. */
static void tell_more(struct counter_row *row, const struct container *c)
{
	char text[512];

	if (!c)
		return;
	snprintf(text, sizeof(text), "%s%s%s%s%s", c->k8s_namespace ? c->k8s_namespace : "",
		 c->k8s_pod ? "/" : "", c->k8s_pod ? c->k8s_pod : "", c->k8s_pod ? "  " : "",
		 c->image ? c->image : "");
	counters_detail(row, text);
}

static struct counter_row *container_row(struct top *top, const struct container *c, __u64 root_id)
{
	struct counter_row *row = counters_find(top->containers, root_id);
	auto_free char *path = NULL;
	char number[32];

	if (row)
		return row;
	if (!c)
		path = top->source.cgroup_path(root_id, top->source.arg);
	row = counters_get(top->containers, root_id, name_of(c, path, root_id, number));
	if (!row)
		return NULL;
	if (path)
		counters_detail(row, path);
	tell_more(row, c);
	row->data = new_details();
	if (row->data)
		return row;
	counters_remove(top->containers, root_id);
	return NULL;
}

int top_summary(struct top *top, const struct container *c, const struct summary_event *ev)
{
	struct counter_row *row = container_row(top, c, ev->cgroup_id);
	struct details *d;

	if (!row)
		return -ENOMEM;
	d = row->data;
	row->total[COUNT_OPENS] += ev->opens;
	row->total[COUNT_FAILURES] += ev->failures;
	row->total[COUNT_WRITES] += ev->writes;
	d->over_rate += ev->over_rate;
	return 0;
}

int top_lost(struct top *top, const struct container *c, __u64 root_id, __u64 count)
{
	struct counter_row *row;

	if (!root_id) {
		top->lost += count;
		return 0;
	}
	row = container_row(top, c, root_id);
	if (!row)
		return -ENOMEM;
	((struct details *)row->data)->lost += count;
	return 0;
}

void top_gone(struct top *top, __u64 root_id)
{
	const struct counter_row *row = counters_find(top->containers, root_id);

	if (row)
		((struct details *)row->data)->gone = true;
}

/* --- paths ----------------------------------------------------------------------- */

static bool is_writing(const struct open_record *r)
{
	return r->bits & OPEN_HAS_FLAGS &&
	       ((r->flags & O_ACCMODE) || r->flags & (O_CREAT | O_TRUNC));
}

static struct bytes path_of(const struct open_event *ev)
{
	if (ev->path.at)
		return ev->path;
	return ev->name.at ? ev->name : bytes_of("(no name)");
}

/* One row for each path and error. */
static struct counter_row *failing_row(struct details *d, struct bytes path, int error)
{
	char number[16], *text;
	const char *name = errno_name(error, number);
	struct counter_row *row;
	size_t len = strlen(name);

	text = malloc(len + 2 + path.len);
	if (!text)
		return NULL;
	memcpy(text, name, len);
	text[len] = ' ';
	memcpy(text + len + 1, path.at, path.len);
	row = counters_named(d->failing, (struct bytes){ text, len + 1 + path.len });
	free(text);
	return row;
}

static struct same_opens *new_opens(struct details *d, const struct open_event *ev)
{
	const struct open_record *r = ev->record;
	struct same_opens *same = calloc(1, sizeof(*same));
	struct counter_row *row = counters_named(d->paths, path_of(ev)), *failing = NULL;

	if (row && r->ret < 0)
		failing = failing_row(d, path_of(ev), -r->ret);
	if (!same || !row || (r->ret < 0 && !failing) || id_map_put(d->opens, r->hash, same) < 0) {
		free(same);
		return NULL;
	}
	same->path_id = row->id;
	same->failed = failing;
	same->failing_id = failing ? failing->id : 0;
	same->writes = is_writing(r);
	return same;
}

static void add(const struct counters *t, __u64 id, const struct same_opens *same, __u64 n)
{
	struct counter_row *row = counters_find(t, id);

	if (!row)
		return;
	row->total[COUNT_OPENS] += n;
	row->total[COUNT_FAILURES] += same->failed ? n : 0;
	row->total[COUNT_WRITES] += same->writes ? n : 0;
}

static void add_opens(const struct details *d, const struct same_opens *same, __u64 n)
{
	add(d->paths, same->path_id, same, n);
	if (same->failed)
		add(d->failing, same->failing_id, same, n);
}

static void look_at_paths(const struct top *top, struct details *d)
{
	void *value;
	size_t pos = 0;
	__u64 hash;

	while (id_map_next(d->opens, &pos, &hash, &value)) {
		struct same_opens *same = value;
		__u64 now = top->source.repeated(hash, top->source.arg);

		if (now > same->seen) {
			add_opens(d, same, now - same->seen);
			same->seen = now;
		}
	}
}

/* Those that were opened but once make room: a program that never opens a file twice ends there. */
static void limit_opens(const struct top *top, struct details *d)
{
	struct id_map *kept;
	size_t pos = 0;
	void *value;
	__u64 hash;

	if (id_map_count(d->opens) < OPENS_MAX)
		return;
	kept = id_map_new();
	if (!kept)
		return;
	look_at_paths(top, d);
	while (id_map_next(d->opens, &pos, &hash, &value)) {
		const struct same_opens *same = value;

		if (!same->seen || id_map_count(kept) >= OPENS_MAX / 2 ||
		    id_map_put(kept, hash, value) < 0)
			free(value);
	}
	id_map_free(d->opens);
	d->opens = kept;
}

int top_open(struct top *top, const struct container *c, const struct open_event *ev)
{
	struct counter_row *row = container_row(top, c, ev->record->root_id);
	struct same_opens *same;
	struct details *d;

	if (!row)
		return -ENOMEM;
	d = row->data;
	limit_opens(top, d);
	same = id_map_get(d->opens, ev->record->hash);
	if (!same)
		same = new_opens(d, ev);
	if (!same)
		return -ENOMEM;
	same->seen = 0; /* reported again: the kernel had forgotten it, and counts anew */
	add_opens(d, same, 1);
	return 0;
}

/* --- processes ------------------------------------------------------------------- */

static struct details *open_details(const struct top *top)
{
	const struct counter_row *row = counters_find(top->containers, top->open_id);

	return row ? row->data : NULL;
}

void top_process(struct top *top, __u32 tgid, const struct process_counts *total)
{
	struct details *d = open_details(top);
	struct counter_row *row;
	char number[16];

	if (!d)
		return;
	snprintf(number, sizeof(number), "%u", tgid);
	row = counters_get(d->processes, tgid, bytes_of(number));
	if (!row)
		return;
	counters_detail(row, total->comm);
	row->total[COUNT_OPENS] = total->opens;
	row->total[COUNT_FAILURES] = total->failures;
	row->total[COUNT_WRITES] = total->writes;
}

/* --- a look ---------------------------------------------------------------------- */

static void take_up(struct top *top)
{
	struct details *d = open_details(top);

	if (!d)
		return;
	look_at_paths(top, d);
	top->source.processes(top->open_id, top, top->source.arg);
}

void top_open_container(struct top *top, __u64 root_id)
{
	struct details *d;

	top->open_id = root_id;
	take_up(top);
	d = open_details(top);
	if (!d)
		return;
	/* What came before nobody looked is no rate. */
	counters_look(d->paths, 0);
	counters_look(d->failing, 0);
	counters_look(d->processes, 0);
}

/* The last counts of a container come after its end. */
static void remove_gone(struct top *top)
{
	for (size_t i = counters_count(top->containers); i--;) {
		const struct counter_row *row = counters_at(top->containers, i);
		const struct details *d = row->data;

		if (d->gone && row->rate[COUNT_OPENS] <= 0)
			counters_remove(top->containers, row->id);
	}
}

void top_look(struct top *top, double seconds)
{
	struct details *d = open_details(top);

	take_up(top);
	if (d) {
		counters_look(d->paths, seconds);
		counters_look(d->failing, seconds);
		counters_look(d->processes, seconds);
	}
	counters_look(top->containers, seconds);
	remove_gone(top);
}

const struct counters *top_table(const struct top *top, enum top_table table)
{
	const struct details *d = open_details(top);

	if (table == TOP_CONTAINERS)
		return top->containers;
	if (!d)
		return NULL;
	return table == TOP_PATHS ? d->paths : table == TOP_FAILING ? d->failing : d->processes;
}

void top_sums(const struct top *top, struct top_sums *sums)
{
	const struct details *open = open_details(top);

	*sums = (struct top_sums){ .lost = top->lost,
				   .containers = counters_count(top->containers) };
	for (size_t i = 0; i < sums->containers; i++) {
		const struct counter_row *row = counters_at(top->containers, i);

		for (int c = 0; c < COUNTERS; c++)
			sums->rate[c] += row->rate[c];
		sums->lost += ((const struct details *)row->data)->lost;
	}
	sums->unlisted = open ? open->over_rate : 0;
}
