// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/exe_table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/id_map.h"

/*
 * Four times what the kernel side remembers: whatever it believes we know, we
 * still do, although both forget in their own approximate order.
 */
#define EXE_SLOTS 16384

struct exe {
	__u64 exe_id;
	bool used; /* asked for since the clock hand last passed */
	size_t path_len;
	char path[];
};

struct exe_table {
	struct id_map *by_id;
	size_t hand; /* of the clock algorithm */
	struct exe *slots[EXE_SLOTS];
};

struct exe_table *exe_table_new(void)
{
	struct exe_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->by_id = id_map_new();
	if (!table->by_id) {
		free(table);
		return NULL;
	}
	return table;
}

void exe_table_free(struct exe_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < EXE_SLOTS; i++)
		free(table->slots[i]);
	id_map_free(table->by_id);
	free(table);
}

/* A free slot: the first that has not been asked for since the hand last came by. */
static struct exe **free_slot(struct exe_table *table)
{
	for (;;) {
		struct exe **slot = &table->slots[table->hand];

		table->hand = (table->hand + 1) % EXE_SLOTS;
		if (!*slot)
			return slot;
		if (!(*slot)->used) {
			id_map_remove(table->by_id, (*slot)->exe_id);
			free(*slot);
			*slot = NULL;
			return slot;
		}
		(*slot)->used = false;
	}
}

int exe_table_add(struct exe_table *table, const void *record, size_t len)
{
	const struct exe_record *rec = record;
	struct exe **slot, *exe;
	int r;

	if (len < sizeof(*rec) || len - sizeof(*rec) < rec->path_len)
		return -EBADMSG;

	exe = calloc(1, sizeof(*exe) + rec->path_len + 1);
	if (!exe)
		return -ENOMEM;
	exe->exe_id = rec->exe_id;
	exe->path_len = path_from_leaf_first(exe->path, rec->data, rec->path_len);

	slot = free_slot(table);
	r = id_map_put(table->by_id, exe->exe_id, exe);
	if (r < 0) {
		free(exe);
		return r;
	}
	*slot = exe;
	return 0;
}

struct bytes exe_table_find(struct exe_table *table, __u64 exe_id)
{
	struct exe *exe = exe_id ? id_map_get(table->by_id, exe_id) : NULL;

	if (!exe)
		return (struct bytes){};
	exe->used = true;
	return (struct bytes){ exe->path, exe->path_len };
}
