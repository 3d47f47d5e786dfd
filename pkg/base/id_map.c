// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Open addressing with linear probing.  A removal moves later entries of the
 * same run back instead of leaving a tombstone, so a map that sees containers
 * come and go for months is as fast as a fresh one.
 */
#include "base/id_map.h"

#include <errno.h>
#include <stdlib.h>

struct slot {
	__u64 id;
	void *value; /* NULL: the slot is free */
};

struct id_map {
	struct slot *slots;
	unsigned int bits; /* 1 << bits slots, of which at most three in four are used */
	size_t count;
};

enum {
	FIRST_BITS = 4,
};

__u64 id_of_bytes(const char *text, size_t len)
{
	__u64 hash = 0xcbf29ce484222325ULL;

	while (len--)
		hash = (hash ^ (unsigned char)*text++) * 0x100000001b3ULL;
	return hash;
}

/* Fibonacci hashing: ids count upwards, the high bits of the product are spread well. */
static size_t home(const struct id_map *map, __u64 id)
{
	return (size_t)((id * 0x9e3779b97f4a7c15ULL) >> (64 - map->bits));
}

static size_t slot_mask(const struct id_map *map)
{
	return ((size_t)1 << map->bits) - 1;
}

/* The slot that holds id, or the free one where it would go. */
static size_t find(const struct id_map *map, __u64 id)
{
	size_t i = home(map, id);

	while (map->slots[i].value && map->slots[i].id != id)
		i = (i + 1) & slot_mask(map);
	return i;
}

struct id_map *id_map_new(void)
{
	struct id_map *map = calloc(1, sizeof(*map));

	if (!map)
		return NULL;

	map->bits = FIRST_BITS;
	map->slots = calloc((size_t)1 << map->bits, sizeof(*map->slots));
	if (!map->slots) {
		free(map);
		return NULL;
	}
	return map;
}

void id_map_free(struct id_map *map)
{
	if (!map)
		return;
	free(map->slots);
	free(map);
}

void *id_map_get(const struct id_map *map, __u64 id)
{
	return map->slots[find(map, id)].value;
}

static int grow(struct id_map *map)
{
	struct id_map bigger = { .bits = map->bits + 1, .count = map->count };
	size_t pos = 0;
	__u64 id;
	void *value;

	bigger.slots = calloc((size_t)1 << bigger.bits, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;

	while (id_map_next(map, &pos, &id, &value))
		bigger.slots[find(&bigger, id)] = (struct slot){ id, value };

	free(map->slots);
	*map = bigger;
	return 0;
}

int id_map_put(struct id_map *map, __u64 id, void *value)
{
	size_t i = find(map, id);
	int r;

	if (map->slots[i].value) {
		map->slots[i].value = value;
		return 0;
	}

	if ((map->count + 1) * 4 > (slot_mask(map) + 1) * 3) {
		r = grow(map);
		if (r < 0)
			return r;
		i = find(map, id);
	}

	map->slots[i] = (struct slot){ id, value };
	map->count++;
	return 0;
}

void *id_map_get_or_new(struct id_map *map, __u64 id, size_t size)
{
	void *value = id_map_get(map, id);

	if (value)
		return value;
	value = calloc(1, size);
	if (value && id_map_put(map, id, value) < 0) {
		free(value);
		return NULL;
	}
	return value;
}

/* Close the gap: an entry moves into it if its home is not between the gap and itself. */
static void close_gap(struct id_map *map, size_t gap)
{
	size_t mask = slot_mask(map), i;

	for (i = (gap + 1) & mask; map->slots[i].value; i = (i + 1) & mask) {
		size_t from_home = (i - home(map, map->slots[i].id)) & mask;

		if (from_home < ((i - gap) & mask))
			continue;
		map->slots[gap] = map->slots[i];
		gap = i;
	}
	map->slots[gap] = (struct slot){ 0 };
}

void *id_map_remove(struct id_map *map, __u64 id)
{
	size_t i = find(map, id);
	void *value = map->slots[i].value;

	if (!value)
		return NULL;

	close_gap(map, i);
	map->count--;
	return value;
}

size_t id_map_count(const struct id_map *map)
{
	return map->count;
}

bool id_map_next(const struct id_map *map, size_t *pos, __u64 *id, void **value)
{
	for (; *pos <= slot_mask(map); (*pos)++) {
		const struct slot *slot = &map->slots[*pos];

		if (!slot->value)
			continue;
		if (id)
			*id = slot->id;
		if (value)
			*value = slot->value;
		(*pos)++;
		return true;
	}
	return false;
}
