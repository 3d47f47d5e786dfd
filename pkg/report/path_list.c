// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "report/path_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static int add(struct path_list *list, char *path, size_t *room)
{
	if (list->count == *room) {
		size_t more = *room ? *room * 2 : 256;
		struct needed_path *at = reallocarray(list->at, more, sizeof(*at));

		if (!at)
			return -ENOMEM;
		list->at = at;
		*room = more;
	}
	list->at[list->count++] = (struct needed_path){ .path = path };
	return 0;
}

static int add_copy(struct path_list *list, const char *path, size_t len, size_t *room)
{
	char *copy = strndup(path, len);
	int rc = copy ? add(list, copy, room) : -ENOMEM;

	if (rc < 0)
		free(copy);
	return rc;
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

static int take_facts(struct path_list *list, const struct report *r, __u32 root, bool *exes,
		      size_t *room)
{
	__u32 top = top_of(r, root);

	for (size_t i = 0; i < r->fact_count; i++) {
		const struct fact *f = &r->facts[i];
		bool is_path = false;
		char *path;

		if (root_of(r, f->node) != root)
			continue;
		exes[f->exe] = true;
		if (f->more) {
			list->unlisted += f->count;
			continue;
		}
		path = path_of(r, f->node, top, &is_path);
		if (!is_path)
			continue;
		if (!path || add(list, path, room) < 0) {
			free(path);
			return -ENOMEM;
		}
		take_fact(&list->at[list->count - 1], f);
	}
	return 0;
}

static int take_exes(struct path_list *list, const struct report *r, const bool *exes, size_t *room)
{
	for (__u32 i = EXE_OTHERS + 1; i < name_table_count(r->exes); i++) {
		struct bytes exe = name_table_name(r->exes, i);

		if (!exes[i] || !exe.len || *exe.at != '/')
			continue;
		if (add_copy(list, exe.at, exe.len, room) < 0)
			return -ENOMEM;
		list->at[list->count - 1].access = ACCESS_EXECUTE;
	}
	return 0;
}

/* Whether something below the directory at i was opened; it comes behind, but not at once. */
static bool holds_something(const struct path_list *list, size_t i)
{
	const char *path = list->at[i].path;
	size_t len = strlen(path);

	for (size_t k = i + 1; k < list->count; k++) {
		const struct needed_path *other = &list->at[k];

		if (strncmp(other->path, path, len) != 0)
			return false;
		if (other->opens && (len == 1 || other->path[len] == '/'))
			return true;
	}
	return false;
}

int path_list_make(struct path_list *list, const struct report *r, __u32 root)
{
	bool *exes = calloc(name_table_count(r->exes), sizeof(*exes));
	size_t room = 0;
	int rc;

	*list = (struct path_list){};
	rc = exes ? take_facts(list, r, root, exes, &room) : -ENOMEM;
	if (!rc)
		rc = take_exes(list, r, exes, &room);
	free(exes);
	if (rc < 0 || !list->count)
		return rc;
	sort_and_unite(list);
	for (size_t i = 0; i < list->count; i++)
		list->at[i].is_directory |= holds_something(list, i);
	return 0;
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
