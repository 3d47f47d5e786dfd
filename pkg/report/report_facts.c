// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What was opened, by whom, for what: paths become nodes of a tree, and equal opens one fact. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_parts.h"

/* The widths of a fact's key. */
#define NODE_BITS  24
#define EXE_BITS   16
#define ERROR_BITS 10

/* What is deeper is one name: deeper than people look, and a page can nest. */
#define DEPTH_MAX 64

_Static_assert(ERRORS_MAX < 1 << ERROR_BITS, "an error's number fits a fact's key");
_Static_assert(NODE_BITS + EXE_BITS + ERROR_BITS + ACCESS_BITS + 1 <= 64, "so does all of it");

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

int report_count_open(struct report *r, struct report_container *c, const struct event_line *e)
{
	struct fact f = { .access = (__u8)e->access, .count = 1 };
	struct place place;
	int rc;

	rc = find_place(r, c, e, &place);
	if (!rc)
		rc = number_exe(r, e->exe, &f.exe);
	if (!rc)
		rc = number_error(r, e->error, &f.error);
	if (rc < 0)
		return rc;
	f.node = place.node;
	f.more = place.more;
	return count_fact(r, c, &f);
}
