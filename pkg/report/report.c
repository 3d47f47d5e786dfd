// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/names.h"
#include "report/report_data.h"

/* The widths of a fact's key. */
#define NODE_BITS  24
#define EXE_BITS   16
#define ERROR_BITS 10

static const struct report_limits most = {
	.containers = 1000,
	.files = 200000,
	.all_files = 1000000,
	.exes = 8000,
	.facts = 2000000,
};

/* Hostile names may be as long as lines.  Of the files of all containers, and of the rest. */
#define FILE_BYTES_MAX  (64u << 20)
#define OTHER_BYTES_MAX (4u << 20)
#define LABEL_BYTES_MAX 512

/* What is deeper is one name: deeper than people look, and a page can nest. */
#define DEPTH_MAX 64

_Static_assert(ERRORS_MAX < 1 << ERROR_BITS, "an error's number fits a fact's key");
_Static_assert(NODE_BITS + EXE_BITS + ERROR_BITS + ACCESS_BITS + 1 <= 64, "so does all of it");

static struct bytes text(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

/* --- new and free ------------------------------------------------------------------ */

static __u32 limit(__u32 wanted, __u32 maximum)
{
	return wanted && wanted < maximum ? wanted : maximum;
}

static void set_limits(struct report *r, const struct report_limits *wanted)
{
	r->limits = (struct report_limits){
		.containers = limit(wanted->containers, most.containers),
		.files = limit(wanted->files, most.files),
		.all_files = limit(wanted->all_files, most.all_files),
		.exes = limit(wanted->exes, most.exes),
		.facts = limit(wanted->facts, most.facts),
	};
}

static int make_tables(struct report *r)
{
	__u32 number;

	/* the roots and groups of all containers always find room */
	r->nodes =
		name_table_new(r->limits.all_files + (r->limits.containers + 1) * (1 + GROUP_COUNT),
			       FILE_BYTES_MAX + OTHER_BYTES_MAX);
	r->container_keys = name_table_new(r->limits.containers, OTHER_BYTES_MAX);
	r->exes = name_table_new(r->limits.exes + EXE_OTHERS + 1, OTHER_BYTES_MAX);
	r->errors = name_table_new(ERRORS_MAX, OTHER_BYTES_MAX);
	r->fact_of = id_map_new();
	r->containers = calloc(r->limits.containers + 1, sizeof(struct report_container *));
	if (!r->nodes || !r->container_keys || !r->exes || !r->errors || !r->fact_of ||
	    !r->containers)
		return -ENOMEM;
	/* the numbers that are set aside, in their order; no other name has owner 0 */
	for (__u32 i = 0; i < 2; i++)
		if (name_table_get(r->exes, i, text(""), &number) ||
		    name_table_get(r->errors, i, text(""), &number))
			return -ENOMEM;
	return 0;
}

struct report *report_new(const struct report_limits *limits)
{
	static const struct report_limits none;
	struct report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	set_limits(r, limits ? limits : &none);
	if (make_tables(r) < 0) {
		report_free(r);
		return NULL;
	}
	return r;
}

static void container_done(struct report_container *c)
{
	if (!c)
		return;
	for (int i = 0; i < LABEL_COUNT; i++)
		free(c->labels[i]);
	free(c);
}

void report_free(struct report *r)
{
	if (!r)
		return;
	for (__u32 i = 0; r->containers && i <= r->limits.containers; i++)
		container_done(r->containers[i]);
	free(r->containers);
	name_table_free(r->nodes);
	name_table_free(r->container_keys);
	name_table_free(r->exes);
	name_table_free(r->errors);
	id_map_free(r->fact_of);
	free(r->label_values);
	free(r->facts);
	free(r);
}

int report_only(struct report *r, const struct selector *wanted, const struct label_keys *keys)
{
	char **values = calloc(keys->count + 1, sizeof(char *));

	if (!values)
		return -ENOMEM;
	free(r->label_values);
	r->label_values = values;
	r->label_keys = keys;
	r->wanted = selector_is_trivial(wanted) ? NULL : wanted;
	return 0;
}

/* --- containers -------------------------------------------------------------------- */

#define KEY_BYTES 1200

/* What tells one container from another: its id if there is one. */
static struct bytes container_key(const struct event_line *e, char key[static KEY_BYTES])
{
	char *const *l = e->labels;
	int n;

	if (l[LABEL_ID])
		n = snprintf(key, KEY_BYTES, "id %s", l[LABEL_ID]);
	else if (l[LABEL_POD_UID])
		n = snprintf(key, KEY_BYTES, "pod %s/%s", l[LABEL_POD_UID],
			     l[LABEL_POD_CONTAINER] ? l[LABEL_POD_CONTAINER] : "");
	else if (l[LABEL_NAME])
		n = snprintf(key, KEY_BYTES, "name %s", l[LABEL_NAME]);
	else
		n = snprintf(key, KEY_BYTES, "cgroup %" PRIu64, (uint64_t)e->cgroup_id);
	return (struct bytes){ key, n < KEY_BYTES ? (size_t)n : KEY_BYTES - 1 };
}

static int add_container(struct report *r, __u32 index, struct bytes key)
{
	struct report_container *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	rc = name_table_get(r->nodes, NAME_NONE, key, &c->node);
	if (rc < 0) {
		free(c);
		return -ENOMEM;
	}
	c->is_rest = index == r->limits.containers;
	r->containers[index] = c;
	return 0;
}

/* A container may get its name after its first open. */
static int learn_labels(struct report_container *c, const struct event_line *e)
{
	for (int i = 0; i < LABEL_COUNT && !c->is_rest; i++) {
		if (!e->labels[i] || c->labels[i])
			continue;
		c->labels[i] = strndup(e->labels[i], LABEL_BYTES_MAX);
		if (!c->labels[i])
			return -ENOMEM;
	}
	if (!c->cgroup_id)
		c->cgroup_id = e->cgroup_id;
	return 0;
}

static int find_container(struct report *r, const struct event_line *e,
			  struct report_container **out)
{
	char room[KEY_BYTES];
	struct bytes key = container_key(e, room);
	__u32 index;
	int rc;

	rc = name_table_get(r->container_keys, NAME_NONE, key, &index);
	if (rc == -ENOSPC) {
		index = r->limits.containers;
		key = text("the rest");
	} else if (rc < 0) {
		return rc;
	}
	if (!r->containers[index]) {
		rc = add_container(r, index, key);
		if (rc < 0)
			return rc;
	}
	*out = r->containers[index];
	return learn_labels(*out, e);
}

/* The values of the asked-for labels, in the order of their keys. */
static void take_labels(char **values, const struct label_keys *keys, const struct event_line *e)
{
	for (size_t i = 0; i < keys->count; i++) {
		const char *key = keys->at[i];
		size_t len = (size_t)(strchrnul(key, '=') - key);

		values[i] = event_line_label(e, (struct bytes){ key, len });
	}
}

static bool is_wanted(const struct report *r, const struct event_line *e)
{
	char *const *l = e->labels;
	struct container c = {
		.id = l[LABEL_ID],
		.name = l[LABEL_NAME],
		.image = l[LABEL_IMAGE],
		.runtime = l[LABEL_RUNTIME],
		.k8s_namespace = l[LABEL_NAMESPACE],
		.k8s_pod = l[LABEL_POD],
		.k8s_pod_uid = l[LABEL_POD_UID],
		.k8s_container = l[LABEL_POD_CONTAINER],
		.label_keys = r->label_keys,
		.labels = r->label_values,
	};

	if (!r->wanted)
		return true;
	take_labels(r->label_values, r->label_keys, e);
	return selector_wants(r->wanted, &c);
}

const struct report_container *report_container_at(const struct report *r, __u32 root)
{
	__u32 index =
		name_table_find(r->container_keys, NAME_NONE, name_table_name(r->nodes, root));

	return r->containers[index == NAME_NONE ? r->limits.containers : index];
}

const char *report_container_title(const struct report_container *c, char room[static TITLE_BYTES])
{
	char *const *l = c->labels;

	if (c->is_rest)
		return "all other containers";
	if (l[LABEL_POD] && l[LABEL_POD_CONTAINER])
		snprintf(room, TITLE_BYTES, "%s/%s", l[LABEL_POD], l[LABEL_POD_CONTAINER]);
	else if (l[LABEL_NAME] || l[LABEL_POD])
		snprintf(room, TITLE_BYTES, "%s", l[LABEL_NAME] ? l[LABEL_NAME] : l[LABEL_POD]);
	else if (l[LABEL_ID])
		snprintf(room, TITLE_BYTES, "%.12s", l[LABEL_ID]);
	else
		snprintf(room, TITLE_BYTES, "cgroup %" PRIu64, (uint64_t)c->cgroup_id);
	return room;
}

/* --- paths ------------------------------------------------------------------------- */

/* Where an open is counted: at a file, or with what a directory has more. */
struct place {
	__u32 node;
	bool more;
};

/* One step down; -ENOSPC where there is no room to keep another file apart. */
static int step(struct report *r, struct report_container *c, __u32 *node, struct bytes name)
{
	__u32 before = name_table_count(r->nodes), child;
	int rc;

	if (c->node_count >= r->limits.files || before >= r->limits.all_files ||
	    name_table_bytes(r->nodes) + name.len > FILE_BYTES_MAX) {
		child = name_table_find(r->nodes, *node, name);
		if (child == NAME_NONE)
			return -ENOSPC;
		*node = child;
		return 0;
	}
	rc = name_table_get(r->nodes, *node, name, &child);
	if (rc < 0)
		return rc;
	c->node_count += child == before;
	*node = child;
	return 0;
}

/*
 * The next component; "" at the end.  Empty ones and "." mean nothing; ".." is
 * kept, for it can't be known what it would have led to.
 */
static struct bytes next_component(struct bytes *path, int depth)
{
	for (;;) {
		struct bytes name;
		const char *end;

		while (path->len && *path->at == '/')
			path->at++, path->len--;
		end = path->len && depth < DEPTH_MAX ? memchr(path->at, '/', path->len) : NULL;
		name = (struct bytes){ path->at, end ? (size_t)(end - path->at) : path->len };
		path->at += name.len;
		path->len -= name.len;
		if (name.len != 1 || *name.at != '.')
			return name;
	}
}

static int walk(struct report *r, struct report_container *c, struct place *place,
		struct bytes path)
{
	for (int depth = 0;; depth++) {
		struct bytes name = next_component(&path, depth);
		int rc;

		if (!name.len)
			return 0;
		rc = step(r, c, &place->node, name);
		if (rc == -ENOSPC) {
			place->more = r->files_full = true;
			return 0;
		}
		if (rc < 0)
			return rc;
	}
}

/* "pipe:[4711]" without the number, of which there are as many as there are pipes. */
static struct bytes kind_of_nameless(struct bytes path)
{
	const char *end = memchr(path.at, '[', path.len);

	return end && end > path.at + 1 ? (struct bytes){ path.at, (size_t)(end - path.at - 1) }
					: path;
}

/* "/tmp/#123": a file that never had a name counts for its directory. */
static struct bytes directory_of_temporary(struct bytes path)
{
	const char *slash = memrchr(path.at, '/', path.len);

	return slash ? (struct bytes){ path.at, (size_t)(slash - path.at) } : path;
}

static int find_place(struct report *r, struct report_container *c, const struct event_line *e,
		      struct place *out)
{
	static const char *const names[] = { "/", "cut", "nameless", "unknown" };
	struct bytes path = e->path;
	enum path_group group = GROUP_PATHS;
	int rc;

	if (!path.at) {
		group = GROUP_UNKNOWN;
		path = e->name;
	} else if (e->path_truncated) {
		group = GROUP_CUT;
	} else if (!path.len || *path.at != '/') {
		group = GROUP_NAMELESS;
		path = kind_of_nameless(path);
	} else if (e->access & ACCESS_TEMPORARY && !e->error) {
		path = directory_of_temporary(path);
	}
	*out = (struct place){ .node = c->node };
	rc = name_table_get(r->nodes, c->node, text(names[group]), &out->node);
	if (rc < 0)
		return rc;
	return path.at ? walk(r, c, out, path) : 0;
}

/* --- facts ------------------------------------------------------------------------- */

static __u64 fact_key(const struct fact *f)
{
	__u64 key = f->node;

	key = key << EXE_BITS | f->exe;
	key = key << ERROR_BITS | f->error;
	key = key << ACCESS_BITS | f->access;
	return key << 1 | f->more;
}

static int add_fact(struct report *r, const struct fact *f, __u64 key)
{
	if (r->fact_count == r->fact_room) {
		size_t room = r->fact_room ? r->fact_room * 2 : 1024;
		struct fact *facts = reallocarray(r->facts, room, sizeof(*facts));

		if (!facts)
			return -ENOMEM;
		r->facts = facts;
		r->fact_room = room;
	}
	/* the map holds pointers: a number, plus one, in the clothes of one */
	if (id_map_put(r->fact_of, key, (void *)(uintptr_t)(r->fact_count + 1)) < 0)
		return -ENOMEM;
	r->facts[r->fact_count++] = *f;
	return 0;
}

/* Only the container, whether it failed and whether it wrote: four of these at most. */
static void without_detail(struct fact *f, const struct report_container *c)
{
	*f = (struct fact){
		.node = c->node,
		.more = true,
		.exe = EXE_OTHERS,
		.error = f->error ? ERROR_OTHERS : ERROR_NONE,
		.access = access_writes(f->access) ? ACCESS_WRITE : ACCESS_READ,
		.count = f->count,
	};
}

static int count_fact(struct report *r, const struct report_container *c, struct fact *f)
{
	__u64 key = fact_key(f);
	void *found = id_map_get(r->fact_of, key);

	if (!found && r->fact_count >= r->limits.facts) {
		r->facts_full = true;
		without_detail(f, c);
		key = fact_key(f);
		found = id_map_get(r->fact_of, key);
	}
	if (!found)
		return add_fact(r, f, key);
	r->facts[(uintptr_t)found - 1].count += f->count;
	return 0;
}

static int number_exe(struct report *r, struct bytes exe, __u16 *out)
{
	__u32 number = EXE_UNKNOWN;
	int rc = exe.at ? name_table_get(r->exes, NAME_NONE, exe, &number) : 0;

	if (rc == -ENOSPC) {
		r->exes_full = true;
		number = EXE_OTHERS;
		rc = 0;
	}
	*out = (__u16)number;
	return rc;
}

static int number_error(struct report *r, const char *error, __u16 *out)
{
	__u32 number = ERROR_NONE;
	int rc = error ? name_table_get(r->errors, NAME_NONE, text(error), &number) : 0;

	if (rc == -ENOSPC) {
		number = ERROR_OTHERS;
		rc = 0;
	}
	*out = (__u16)number;
	return rc;
}

/* --- lines ------------------------------------------------------------------------- */

static void count_time(struct report *r, struct report_container *c, const struct event_line *e)
{
	struct timeline_bar *bar;

	if (!e->time_ns)
		return;
	if (!c->first_ns || e->time_ns < c->first_ns)
		c->first_ns = e->time_ns;
	if (e->time_ns > c->last_ns)
		c->last_ns = e->time_ns;
	timeline_scale_include(&r->scale, e->time_ns);
	if (!c->timeline.shift) {
		c->timeline.shift = r->scale.shift;
		c->timeline.first = r->scale.first;
	}
	bar = timeline_bar_at(&c->timeline, &r->scale, e->time_ns);
	bar->opens++;
	bar->failed += !!e->error;
	bar->writes += !e->error && access_writes(e->access);
}

static int add_open(struct report *r, const struct event_line *e)
{
	struct fact f = { .access = (__u8)e->access, .count = 1 };
	struct report_container *c;
	struct place place;
	int rc;

	rc = find_container(r, e, &c);
	if (!rc)
		rc = find_place(r, c, e, &place);
	if (!rc)
		rc = number_exe(r, e->exe, &f.exe);
	if (!rc)
		rc = number_error(r, e->error, &f.error);
	if (rc < 0)
		return rc;
	f.node = place.node;
	f.more = place.more;
	rc = count_fact(r, c, &f);
	if (rc < 0)
		return rc;
	count_time(r, c, e);
	c->opens++;
	c->failed += !!e->error;
	c->writes += !e->error && access_writes(e->access);
	return 0;
}

static unsigned int reason_number(const char *reason)
{
	unsigned int i = 0;

	while (i < LOSS_COUNT && strcmp(reason, loss_reason_name(i)) != 0)
		i++;
	return i;
}

static bool names_somebody(const struct event_line *e)
{
	for (int i = 0; i < LABEL_COUNT; i++)
		if (e->labels[i] && i != LABEL_NODE)
			return true;
	return e->cgroup_id;
}

static int add_lost(struct report *r, const struct event_line *e)
{
	struct report_container *c;
	__u64 *lost = r->lost;

	if (names_somebody(e)) {
		int rc = find_container(r, e, &c);

		if (rc < 0)
			return rc;
		lost = c->lost;
	}
	lost[reason_number(e->reason)] += e->count;
	return 0;
}

static int add_event(struct report *r, const struct event_line *e)
{
	struct report_container *c;

	if (e->kind == EVENT_OTHER) {
		r->other_types++;
		return 0;
	}
	/* a loss of nobody in particular may be anybody's */
	if (!is_wanted(r, e) && (e->kind != EVENT_LOST || names_somebody(e)))
		return 0;
	r->events++;
	if (e->kind == EVENT_OPEN)
		return add_open(r, e);
	if (e->kind == EVENT_LOST)
		return add_lost(r, e);
	return names_somebody(e) ? find_container(r, e, &c) : 0;
}

int report_skip_line(struct report *r)
{
	r->lines++;
	r->invalid++;
	return -EBADMSG;
}

int report_add_line(struct report *r, const char *line, size_t len, const char **why)
{
	struct event_line e;
	int rc;

	r->lines++;
	rc = event_line_parse(&e, line, len, why);
	if (rc == -EBADMSG)
		r->invalid++;
	if (rc < 0)
		return rc;
	rc = add_event(r, &e);
	event_line_free(&e);
	return rc;
}

__u64 report_events(const struct report *r)
{
	return r->events;
}

__u64 report_lost(const __u64 lost[static LOSS_COUNT + 1])
{
	__u64 sum = 0;

	for (int i = 0; i <= LOSS_COUNT; i++)
		sum += lost[i];
	return sum;
}
