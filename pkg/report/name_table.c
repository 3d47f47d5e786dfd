// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "report/name_table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/id_map.h"

struct entry {
	struct entry *next; /* with the same hash */
	__u32 number;
	__u32 owner;
	__u32 len;
	char name[];
};

struct name_table {
	struct id_map *by_hash; /* hash -> the newest entry with it */
	struct entry **entries; /* number -> entry */
	__u32 count, room, max;
	size_t bytes, max_bytes;
	__u64 secret[2];
};

static __u64 fold(__u64 a, __u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (__u64)product ^ (__u64)(product >> 64);
}

static __u64 hash(const struct name_table *t, __u32 owner, struct bytes name)
{
	__u64 h = fold(t->secret[0] ^ owner, t->secret[1] ^ name.len), word;

	for (; name.len >= 8; name.at += 8, name.len -= 8) {
		memcpy(&word, name.at, 8);
		h = fold(h ^ word, t->secret[1]);
	}
	word = 0;
	if (name.len)
		memcpy(&word, name.at, name.len);
	return fold(h ^ word, t->secret[1]);
}

static void choose_secret(struct name_table *t)
{
	if (getrandom(t->secret, sizeof(t->secret), GRND_NONBLOCK) != sizeof(t->secret))
		t->secret[0] = (__u64)time(NULL) ^ (__u64)(size_t)t;
	/* odd and large: a product with it keeps most of the other factor */
	t->secret[1] |= 1ULL << 63 | 1;
}

struct name_table *name_table_new(__u32 max, size_t max_bytes)
{
	struct name_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->max = max;
	t->max_bytes = max_bytes;
	choose_secret(t);
	t->by_hash = id_map_new();
	if (!t->by_hash) {
		free(t);
		return NULL;
	}
	return t;
}

void name_table_free(struct name_table *t)
{
	if (!t)
		return;
	for (__u32 i = 0; i < t->count; i++)
		free(t->entries[i]);
	free(t->entries);
	id_map_free(t->by_hash);
	free(t);
}

static const struct entry *find(const struct name_table *t, __u64 h, __u32 owner, struct bytes name)
{
	const struct entry *e = id_map_get(t->by_hash, h);

	while (e && !(e->owner == owner && e->len == name.len &&
		      (!name.len || !memcmp(e->name, name.at, name.len))))
		e = e->next;
	return e;
}

__u32 name_table_find(const struct name_table *t, __u32 owner, struct bytes name)
{
	const struct entry *e = find(t, hash(t, owner, name), owner, name);

	return e ? e->number : NAME_NONE;
}

static int make_room(struct name_table *t)
{
	__u32 room = t->room ? t->room * 2 : 64;
	struct entry **entries;

	if (t->count < t->room)
		return 0;
	entries = reallocarray(t->entries, room, sizeof(struct entry *));
	if (!entries)
		return -ENOMEM;
	t->entries = entries;
	t->room = room;
	return 0;
}

static int add(struct name_table *t, __u64 h, __u32 owner, struct bytes name)
{
	struct entry *e = malloc(sizeof(*e) + name.len);

	if (!e)
		return -ENOMEM;
	*e = (struct entry){ id_map_get(t->by_hash, h), t->count, owner, (__u32)name.len };
	if (name.len)
		memcpy(e->name, name.at, name.len);
	if (make_room(t) < 0 || id_map_put(t->by_hash, h, e) < 0) {
		free(e);
		return -ENOMEM;
	}
	t->entries[t->count++] = e;
	t->bytes += name.len;
	return 0;
}

int name_table_get(struct name_table *t, __u32 owner, struct bytes name, __u32 *number)
{
	__u64 h = hash(t, owner, name);
	const struct entry *e = find(t, h, owner, name);
	int r;

	if (e) {
		*number = e->number;
		return 0;
	}
	if (t->count >= t->max || name.len > t->max_bytes - t->bytes)
		return -ENOSPC;
	r = add(t, h, owner, name);
	if (!r)
		*number = t->count - 1;
	return r;
}

__u32 name_table_count(const struct name_table *t)
{
	return t->count;
}

size_t name_table_bytes(const struct name_table *t)
{
	return t->bytes;
}

struct bytes name_table_name(const struct name_table *t, __u32 number)
{
	const struct entry *e = t->entries[number];

	return (struct bytes){ e->name, e->len };
}

__u32 name_table_owner(const struct name_table *t, __u32 number)
{
	return t->entries[number]->owner;
}
