// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "report/path_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/id_map.h"

/*
 * A report has a directory once, a list has it in each path: a container can make a thousand
 * times as much of it.  200,000 files, more than a report keeps apart of one, have some 20 MiB.
 */
#define LIST_BYTES_MAX  (64u << 20)
#define LISTS_BYTES_MAX (256u << 20)

/* --- from nodes to paths ------------------------------------------------------------- */

static __u32 root_of(const struct report *r, __u32 node)
{
	__u32 owner;

	while ((owner = name_table_owner(r->nodes, node)) != NAME_NONE)
		node = owner;
	return node;
}

static bool is_group(const struct report *r, __u32 node)
{
	__u32 owner = name_table_owner(r->nodes, node);

	return owner != NAME_NONE && name_table_owner(r->nodes, owner) == NAME_NONE;
}

/* The node of "/", or NAME_NONE. */
static __u32 top_of(const struct report *r, __u32 root)
{
	return name_table_find(r->nodes, root, (struct bytes){ "/", 1 });
}

/* NULL with *is_path false for what has no absolute path; NULL with true: no memory. */
static char *path_of(const struct report *r, __u32 node, __u32 top, bool *is_path)
{
	size_t len = 0;
	__u32 at = node;
	char *path, *to;

	for (; !is_group(r, at); at = name_table_owner(r->nodes, at)) {
		if (name_table_owner(r->nodes, at) == NAME_NONE)
			break;
		len += 1 + name_table_name(r->nodes, at).len;
	}
	*is_path = at == top;
	if (!*is_path)
		return NULL;
	if (node == top)
		return strdup("/");
	path = malloc(len + 1);
	if (!path)
		return NULL;
	to = path + len;
	*to = '\0';
	for (at = node; at != top; at = name_table_owner(r->nodes, at)) {
		struct bytes name = name_table_name(r->nodes, at);

		to -= name.len;
		memcpy(to, name.at, name.len);
		*--to = '/';
	}
	return path;
}

/* --- the list ------------------------------------------------------------------------ */

/* One that is being made. */
struct draft {
	struct path_list *list;
	__u32 top; /* the node of "/" */
	size_t room, bytes;
	bool *exes; /* by number: has it opened something here? */
};

struct drafts {
	const struct report *report;
	struct draft *at;
	size_t count, bytes;
	struct id_map *by_root;
};

/* -ENOSPC: its bytes would be too many. */
static int take_room(struct drafts *all, struct draft *d, size_t bytes)
{
	if (bytes > LIST_BYTES_MAX - d->bytes || bytes > LISTS_BYTES_MAX - all->bytes)
		return -ENOSPC;
	d->bytes += bytes;
	all->bytes += bytes;
	return 0;
}

/* The path is the list's from here on, or freed. */
static int add(struct drafts *all, struct draft *d, char *path)
{
	struct path_list *list = d->list;
	int rc = path ? take_room(all, d, strlen(path) + 1) : -ENOMEM;

	if (!rc && list->count == d->room) {
		size_t more = d->room ? d->room * 2 : 256;
		struct needed_path *at = reallocarray(list->at, more, sizeof(*at));

		if (at) {
			list->at = at;
			d->room = more;
		} else {
			rc = -ENOMEM;
		}
	}
	if (rc < 0) {
		free(path);
		return rc;
	}
	list->at[list->count++] = (struct needed_path){ .path = path };
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct needed_path *)a)->path, ((const struct needed_path *)b)->path);
}

struct needed_path *path_list_find(const struct path_list *list, const char *path)
{
	struct needed_path key = { .path = (char *)path };

	return list->count ? bsearch(&key, list->at, list->count, sizeof(key), by_path) : NULL;
}

static void unite(struct needed_path *into, const struct needed_path *other)
{
	into->access |= other->access;
	into->is_directory |= other->is_directory;
	into->opens += other->opens;
	into->failed += other->failed;
	if (other->failed)
		into->error = other->error;
}

static void sort_and_unite(struct path_list *list)
{
	size_t kept = 0;

	qsort(list->at, list->count, sizeof(*list->at), by_path);
	for (size_t i = 0; i < list->count; i++) {
		if (kept && !by_path(&list->at[kept - 1], &list->at[i])) {
			unite(&list->at[kept - 1], &list->at[i]);
			free(list->at[i].path);
		} else {
			list->at[kept++] = list->at[i];
		}
	}
	list->count = kept;
}

static void take_fact(struct needed_path *p, const struct fact *f)
{
	if (f->error) {
		p->failed = f->count;
		p->error = f->error;
		return;
	}
	p->opens = f->count;
	p->access = f->access;
	p->is_directory = f->access & (ACCESS_DIRECTORY | ACCESS_TEMPORARY);
}

static int take_path(struct drafts *all, struct draft *d, const struct fact *f)
{
	bool is_path = false;
	char *path;
	int rc;

	d->exes[f->exe] = true;
	if (f->more) {
		d->list->unlisted += f->count;
		return 0;
	}
	path = path_of(all->report, f->node, d->top, &is_path);
	if (!is_path)
		return 0;
	rc = add(all, d, path);
	if (!rc)
		take_fact(&d->list->at[d->list->count - 1], f);
	else if (rc == -ENOSPC)
		d->list->unlisted += f->count;
	return rc == -ENOSPC ? 0 : rc;
}

static int take_facts(struct drafts *all)
{
	const struct report *r = all->report;
	int rc = 0;

	for (size_t i = 0; i < r->fact_count && !rc; i++) {
		struct draft *d = id_map_get(all->by_root, root_of(r, r->facts[i].node));

		if (d)
			rc = take_path(all, d, &r->facts[i]);
	}
	return rc;
}

static int take_exes(struct drafts *all, struct draft *d)
{
	const struct report *r = all->report;

	for (__u32 i = EXE_OTHERS + 1; i < name_table_count(r->exes); i++) {
		struct bytes exe = name_table_name(r->exes, i);
		int rc;

		if (!d->exes[i] || !exe.len || *exe.at != '/')
			continue;
		rc = add(all, d, strndup(exe.at, exe.len));
		if (rc == -ENOMEM)
			return rc;
		if (rc)
			d->list->unlisted++;
		else
			d->list->at[d->list->count - 1].access = ACCESS_EXECUTE;
	}
	return 0;
}

/* A path that those behind it begin with. */
struct beginning {
	struct needed_path *path;
	size_t len;
};

static bool begins_with(const char *path, const struct beginning *b)
{
	return !strncmp(path, b->path->path, b->len);
}

static bool is_below(const char *path, const struct beginning *b)
{
	return b->len == 1 || path[b->len] == '/';
}

/*
 * What has something opened below it is a directory.  That comes behind, but not at once:
 * "/a", "/a-b", "/a/c".
 */
static int mark_directories(struct path_list *list)
{
	struct beginning *open = calloc(list->count + 1, sizeof(*open));
	size_t depth = 0;

	if (!open)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		struct needed_path *p = &list->at[i];

		while (depth && !begins_with(p->path, &open[depth - 1]))
			depth--;
		for (size_t k = 0; k < depth && p->opens; k++)
			open[k].path->is_directory |= is_below(p->path, &open[k]);
		open[depth++] = (struct beginning){ p, strlen(p->path) };
	}
	free(open);
	return 0;
}

static int begin(struct drafts *all, struct path_list *const *lists, const __u32 *roots)
{
	const struct report *r = all->report;

	for (size_t i = 0; i < all->count; i++)
		*lists[i] = (struct path_list){};
	all->by_root = id_map_new();
	all->at = calloc(all->count + 1, sizeof(*all->at));
	if (!all->by_root || !all->at)
		return -ENOMEM;
	for (size_t i = 0; i < all->count; i++) {
		struct draft *d = &all->at[i];

		d->list = lists[i];
		d->top = top_of(r, roots[i]);
		d->exes = calloc(name_table_count(r->exes), sizeof(*d->exes));
		if (!d->exes || id_map_put(all->by_root, roots[i], d) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int make(struct drafts *all)
{
	int rc = take_facts(all);

	for (size_t i = 0; i < all->count && !rc; i++)
		rc = take_exes(all, &all->at[i]);
	return rc;
}

static void end(struct drafts *all)
{
	for (size_t i = 0; all->at && i < all->count; i++)
		free(all->at[i].exes);
	free(all->at);
	id_map_free(all->by_root);
}

static int tidy(struct path_list *list)
{
	if (!list->count)
		return 0;
	sort_and_unite(list);
	return mark_directories(list);
}

int path_lists_make(struct path_list *const *lists, const __u32 *roots, size_t count,
		    const struct report *r)
{
	struct drafts all = { .report = r, .count = count };
	int rc = begin(&all, lists, roots);

	if (!rc)
		rc = make(&all);
	end(&all);
	for (size_t i = 0; i < count && !rc; i++)
		rc = tidy(lists[i]);
	return rc;
}

void path_list_done(struct path_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->at[i].path);
	free(list->at);
	*list = (struct path_list){};
}

char *path_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash > path ? strndup(path, (size_t)(slash - path)) : strdup("/");
}
