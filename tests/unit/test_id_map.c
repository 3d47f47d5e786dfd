// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>

#include "base/id_map.h"

static char things[4096]; /* addresses to store */

Test(id_map, empty_map_has_nothing)
{
	struct id_map *map = id_map_new();
	size_t pos = 0;

	cr_assert_not_null(map);
	cr_expect_null(id_map_get(map, 0));
	cr_expect_null(id_map_remove(map, 0));
	cr_expect_not(id_map_next(map, &pos, NULL, NULL));
	cr_expect_eq(id_map_count(map), 0);
	id_map_free(map);
	id_map_free(NULL);
}

Test(id_map, every_id_is_valid)
{
	static const __u64 ids[] = { 0, 1, 0xffffffffULL, 0x100000000ULL, ~0ULL, 1ULL << 63 };
	struct id_map *map = id_map_new();
	size_t i;

	for (i = 0; i < 6; i++)
		cr_assert_eq(id_map_put(map, ids[i], &things[i]), 0);
	for (i = 0; i < 6; i++)
		cr_expect_eq(id_map_get(map, ids[i]), &things[i], "id %llx", ids[i]);
	cr_expect_eq(id_map_count(map), 6);
	id_map_free(map);
}

Test(id_map, put_replaces)
{
	struct id_map *map = id_map_new();

	id_map_put(map, 7, &things[0]);
	id_map_put(map, 7, &things[1]);
	cr_expect_eq(id_map_get(map, 7), &things[1]);
	cr_expect_eq(id_map_count(map), 1);
	cr_expect_eq(id_map_remove(map, 7), &things[1]);
	cr_expect_eq(id_map_count(map), 0);
	id_map_free(map);
}

Test(id_map, get_or_new_makes_what_is_not_there)
{
	struct id_map *map = id_map_new();
	int *made = id_map_get_or_new(map, 7, sizeof(*made));

	cr_assert_not_null(made);
	cr_expect_eq(*made, 0);
	cr_expect_eq(id_map_get(map, 7), made);
	cr_expect_eq(id_map_get_or_new(map, 7, sizeof(*made)), made);
	cr_expect_eq(id_map_count(map), 1);
	free(id_map_remove(map, 7));
	id_map_free(map);
}

/* Against a plain array, with ids so few that runs of slots collide, wrap and close up. */
Test(id_map, stays_right_under_random_changes)
{
	enum { IDS = 300, STEPS = 200000 };
	struct id_map *map = id_map_new();
	char *model[IDS] = { 0 };
	unsigned int seed = 1, step;
	size_t count = 0, i;

	for (step = 0; step < STEPS; step++) {
		__u64 id;

		seed = seed * 1103515245u + 12345u;
		i = (seed >> 8) % IDS;
		id = (__u64)i * 0x100000001ULL;
		if ((seed >> 20) & 1) {
			count += !model[i];
			model[i] = &things[step % sizeof(things)];
			cr_assert_eq(id_map_put(map, id, model[i]), 0);
		} else {
			count -= model[i] != NULL;
			cr_assert_eq(id_map_remove(map, id), model[i], "step %u", step);
			model[i] = NULL;
		}
	}

	cr_expect_eq(id_map_count(map), count);
	for (i = 0; i < IDS; i++)
		cr_expect_eq(id_map_get(map, (__u64)i * 0x100000001ULL), model[i], "id %zu", i);
	id_map_free(map);
}

Test(id_map, iteration_meets_each_entry_once)
{
	struct id_map *map = id_map_new();
	bool seen[1000] = { 0 };
	size_t pos = 0, i;
	__u64 id;
	void *value;

	for (i = 0; i < 1000; i++)
		id_map_put(map, i, &things[i]);
	for (i = 0; id_map_next(map, &pos, &id, &value); i++) {
		cr_assert(id < 1000 && !seen[id]);
		cr_expect_eq(value, &things[id]);
		seen[id] = true;
	}
	cr_expect_eq(i, 1000);
	id_map_free(map);
}
