// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/registry_entries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "container/cgroup_path.h"
#include "container/cgroup_v1.h"

/* --- the indices ----------------------------------------------------------------- */

static __u64 hash_text(const char *s)
{
	return id_of_bytes(s, strlen(s));
}

/* The newest goes first: a restarted container hides what was there before. */
static int link_by_path(struct entries *es, struct entry *e)
{
	__u64 hash = hash_text(e->c->cgroup_path);

	e->next_by_path = id_map_get(es->by_path, hash);
	return id_map_put(es->by_path, hash, e);
}

static int link_by_id(struct entries *es, struct entry *e)
{
	__u64 hash = hash_text(e->c->id);

	e->next_by_id = id_map_get(es->by_id, hash);
	return id_map_put(es->by_id, hash, e);
}

static void set_head(struct id_map *map, __u64 hash, struct entry *head)
{
	if (head)
		id_map_put(map, hash, head); /* replaces, so it can't fail */
	else
		id_map_remove(map, hash);
}

static void unlink_by_path(struct entries *es, struct entry *e)
{
	__u64 hash = hash_text(e->c->cgroup_path);
	struct entry *head = id_map_get(es->by_path, hash), **at = &head;

	while (*at && *at != e)
		at = &(*at)->next_by_path;
	if (*at)
		*at = e->next_by_path;
	set_head(es->by_path, hash, head);
}

static void unlink_by_id(struct entries *es, struct entry *e)
{
	__u64 hash = hash_text(e->c->id);
	struct entry *head = id_map_get(es->by_id, hash), **at = &head;

	while (*at && *at != e)
		at = &(*at)->next_by_id;
	if (*at)
		*at = e->next_by_id;
	set_head(es->by_id, hash, head);
}

/* --- asking ---------------------------------------------------------------------- */

struct entry *entries_find(const struct entries *es, __u64 cgroup_id)
{
	return id_map_get(es->by_cgroup, cgroup_id);
}

static struct entry *find_by_path(const struct entries *es, const char *path, size_t len)
{
	struct entry *e = id_map_get(es->by_path, id_of_bytes(path, len));

	while (e && (strncmp(e->c->cgroup_path, path, len) != 0 || e->c->cgroup_path[len]))
		e = e->next_by_path;
	return e;
}

struct entry *entries_owner(const struct entries *es, const char *path)
{
	size_t len = strlen(path);

	while (len > 1) {
		struct entry *e = find_by_path(es, path, len);

		if (e)
			return e;
		while (len && path[len - 1] != '/')
			len--;
		len -= len > 0;
	}
	return NULL;
}

struct entry *entries_by_id(const struct entries *es, const char *id)
{
	struct entry *e = id_map_get(es->by_id, hash_text(id));

	while (e && (e->nested || e->by_name || strcmp(e->c->id, id) != 0))
		e = e->next_by_id;
	return e;
}

struct entry *entries_twin(const struct entries *es, const char *full)
{
	struct cgroup_path path;
	struct entry *e;

	if (!cgroup_path_is_v1(full))
		return NULL;
	e = entries_owner(es, cgroup_path_below_mount(full));
	if (e || !cgroup_path_parse(full, &path))
		return e;
	e = id_map_get(es->by_id, hash_text(path.id));
	while (e && (strcmp(e->c->id, path.id) != 0 || cgroup_path_is_v1(e->c->cgroup_path) ||
		     (e->nested && !path.nested)))
		e = e->next_by_id;
	return e;
}

/* --- coming and going ------------------------------------------------------------ */

static void entry_free(struct entry *e)
{
	if (!e)
		return;
	container_free(e->c);
	free(e);
}

static void cleanup_entry(struct entry **e)
{
	entry_free(*e);
}

#define auto_entry __attribute__((cleanup(cleanup_entry)))

static int make_room(struct entries *es)
{
	size_t room = es->room ? es->room * 2 : 64;
	struct entry **entries;

	if (es->count < es->room)
		return 0;
	entries = reallocarray(es->list, room, sizeof(struct entry *));
	if (!entries)
		return -ENOMEM;
	es->list = entries;
	es->room = room;
	return 0;
}

static void entry_unlink(struct entries *es, struct entry *e)
{
	unlink_by_path(es, e);
	unlink_by_id(es, e);
	if (id_map_get(es->by_cgroup, e->c->cgroup_id) == e)
		id_map_remove(es->by_cgroup, e->c->cgroup_id);
}

static int entry_link(struct entries *es, struct entry *e)
{
	int r = make_room(es);

	if (r >= 0)
		r = id_map_put(es->by_cgroup, e->c->cgroup_id, e);
	if (r >= 0)
		r = link_by_path(es, e);
	if (r >= 0)
		r = link_by_id(es, e);
	if (r < 0) {
		entry_unlink(es, e);
		return r;
	}
	es->list[es->count++] = e;
	return 0;
}

int entries_add(struct entries *es, const char *id, const char *path, size_t len, __u64 cgroup_id,
		struct entry **out)
{
	auto_entry struct entry *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return -ENOMEM;
	e->c = calloc(1, sizeof(*e->c));
	if (!e->c)
		return -ENOMEM;
	e->c->id = strdup(id);
	e->c->cgroup_path = strndup(path, len);
	e->c->cgroup_id = cgroup_id;
	if (!e->c->id || !e->c->cgroup_path)
		return -ENOMEM;

	r = entry_link(es, e);
	if (r < 0)
		return r;
	*out = steal_ptr(&e);
	return 0;
}

int entries_rename(struct entries *es, struct entry *e, char **id)
{
	unlink_by_id(es, e);
	free(e->c->id);
	e->c->id = steal_ptr(id);
	return link_by_id(es, e);
}

void entries_remove_at(struct entries *es, size_t i)
{
	struct entry *e = es->list[i];

	entry_unlink(es, e);
	es->count--;
	memmove(&es->list[i], &es->list[i + 1], (es->count - i) * sizeof(struct entry *));
	entry_free(e);
}

bool entries_remove(struct entries *es, __u64 cgroup_id)
{
	const struct entry *e = entries_find(es, cgroup_id);
	size_t i;

	for (i = 0; e && i < es->count; i++) {
		if (es->list[i] != e)
			continue;
		entries_remove_at(es, i);
		return true;
	}
	return false;
}

void entries_remove_reused(struct entries *es, const char *path, size_t len, __u64 cgroup_id)
{
	const struct entry *e = entries_find(es, cgroup_id);

	if (e && (strncmp(e->c->cgroup_path, path, len) != 0 || e->c->cgroup_path[len]))
		entries_remove(es, cgroup_id);
}

int entries_init(struct entries *es)
{
	es->by_cgroup = id_map_new();
	es->by_path = id_map_new();
	es->by_id = id_map_new();
	return es->by_cgroup && es->by_path && es->by_id ? 0 : -ENOMEM;
}

void entries_clear(struct entries *es)
{
	while (es->count)
		entry_free(es->list[--es->count]);
	free(es->list);
	id_map_free(es->by_cgroup);
	id_map_free(es->by_path);
	id_map_free(es->by_id);
}
