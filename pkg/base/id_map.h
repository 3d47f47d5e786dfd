/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A hash map from a 64-bit id (of a cgroup, of an executable) to a pointer.
 *
 * The event path asks it once per event, so a lookup is one multiplication and,
 * nearly always, one cache line.  The map never owns what it points to.
 */
#ifndef CTRACE_ID_MAP_H
#define CTRACE_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

struct id_map;

/* An empty map, or NULL when there is no memory. */
struct id_map *id_map_new(void);

/* Frees the map, not the values; NULL is fine. */
void id_map_free(struct id_map *map);

/*
 * An id for what has none: FNV-1a.  Two texts may share it, which is for who asks to sort out;
 * who makes such texts makes that slower, nothing else.
 */
__u64 id_of_bytes(const char *text, size_t len);

/* The value of id, NULL if there is none.  Any id is valid, 0 too. */
void *id_map_get(const struct id_map *map, __u64 id);

/*
 * Set the value (never NULL) of id; a value that was there is replaced and stays
 * the caller's.  0, or -ENOMEM with the map as it was; replacing never fails.
 */
int id_map_put(struct id_map *map, __u64 id, void *value);

/*
 * The value of id; where there is none, `size` bytes of zeroes, which are put there and are
 * for whoever takes them out to free().  NULL when there is no memory.
 */
void *id_map_get_or_new(struct id_map *map, __u64 id, size_t size);

/* Take id out; the value it had, or NULL. */
void *id_map_remove(struct id_map *map, __u64 id);

size_t id_map_count(const struct id_map *map);

/*
 * Go over all entries, in no particular order: start with *pos = 0, false at the
 * end; id and value may be NULL.  The map must not change meanwhile; values may.
 */
bool id_map_next(const struct id_map *map, size_t *pos, __u64 *id, void **value);

#endif
