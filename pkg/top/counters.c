// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "top/counters.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/id_map.h"

struct counters {
	struct id_map *by_id;
	struct counter_row **rows;
	size_t count, room, max;
	__u64 seed; /* a program must not choose which names meet */
	void (*free_data)(void *data);
};

struct counters *counters_new(size_t max, void (*free_data)(void *data))
{
	struct counters *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->max = max;
	t->free_data = free_data;
	t->by_id = id_map_new();
	if (t->by_id && getrandom(&t->seed, sizeof(t->seed), 0) == sizeof(t->seed))
		return t;
	counters_free(t);
	return NULL;
}

static void free_row(struct counters *t, struct counter_row *row)
{
	if (t->free_data && row->data)
		t->free_data(row->data);
	free(row->text);
	free(row->detail);
	free(row);
}

void counters_free(struct counters *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		free_row(t, t->rows[i]);
	free(t->rows);
	id_map_free(t->by_id);
	free(t);
}

static bool has_room(struct counters *t)
{
	size_t room = t->room ? 2 * t->room : 16;
	struct counter_row **rows;

	if (t->count < t->room)
		return true;
	rows = reallocarray(t->rows, room, sizeof(struct counter_row *));
	if (!rows)
		return false;
	t->rows = rows;
	t->room = room;
	return true;
}

struct counter_row *counters_get(struct counters *t, __u64 id, struct bytes text)
{
	struct counter_row *row = id_map_get(t->by_id, id);

	if (row)
		return row;
	row = has_room(t) ? calloc(1, sizeof(*row)) : NULL;
	if (!row)
		return NULL;
	row->id = id;
	row->text = strndup(text.at, text.len);
	if (!row->text || id_map_put(t->by_id, id, row) < 0) {
		free_row(t, row);
		return NULL;
	}
	t->rows[t->count++] = row;
	return row;
}

/* FNV-1a; what two names share is sorted out by counters_named(). */
static __u64 hash_text(__u64 seed, struct bytes text)
{
	__u64 hash = seed ^ 0xcbf29ce484222325;

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.at[i]) * 0x100000001b3;
	return hash;
}

struct counter_row *counters_named(struct counters *t, struct bytes text)
{
	__u64 id = hash_text(t->seed, text);
	const struct counter_row *row;

	while ((row = id_map_get(t->by_id, id)) &&
	       (strlen(row->text) != text.len || memcmp(row->text, text.at, text.len) != 0))
		id++;
	return counters_get(t, id, text);
}

struct counter_row *counters_find(const struct counters *t, __u64 id)
{
	return id_map_get(t->by_id, id);
}

void counters_remove(struct counters *t, __u64 id)
{
	struct counter_row *row = id_map_remove(t->by_id, id);

	for (size_t i = 0; row && i < t->count; i++)
		if (t->rows[i] == row) {
			t->rows[i] = t->rows[--t->count];
			free_row(t, row);
			return;
		}
}

size_t counters_count(const struct counters *t)
{
	return t->count;
}

struct counter_row *counters_at(const struct counters *t, size_t i)
{
	return t->rows[i];
}

void counters_detail(struct counter_row *row, const char *detail)
{
	char *copy;

	if (row->detail && !strcmp(row->detail, detail))
		return;
	copy = strdup(detail);
	if (!copy)
		return;
	free(row->detail);
	row->detail = copy;
}

/* --- a look ---------------------------------------------------------------------- */

static int by_total(const void *a, const void *b)
{
	const struct counter_row *x = *(struct counter_row *const *)a;
	const struct counter_row *y = *(struct counter_row *const *)b;

	if (x->total[COUNT_OPENS] != y->total[COUNT_OPENS])
		return x->total[COUNT_OPENS] < y->total[COUNT_OPENS] ? 1 : -1;
	return 0;
}

/* Half of them at once: to find out which costs the same for one. */
static void shrink(struct counters *t)
{
	qsort(t->rows, t->count, sizeof(struct counter_row *), by_total);
	while (t->count > t->max / 2) {
		struct counter_row *row = t->rows[--t->count];

		id_map_remove(t->by_id, row->id);
		free_row(t, row);
	}
}

void counters_look(struct counters *t, double seconds)
{
	if (t->count > t->max)
		shrink(t);
	for (size_t i = 0; i < t->count; i++) {
		struct counter_row *row = t->rows[i];

		for (int c = 0; c < COUNTERS; c++) {
			row->rate[c] = seconds > 0 ? (row->total[c] - row->before[c]) / seconds : 0;
			row->before[c] = row->total[c];
		}
	}
}

/* --- order ----------------------------------------------------------------------- */

static int compare_names(const struct counter_row *x, const struct counter_row *y)
{
	int r = strcmp(x->text, y->text);

	return r ? r : (x->id > y->id) - (x->id < y->id);
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct counter_row *x = *(struct counter_row *const *)a;
	const struct counter_row *y = *(struct counter_row *const *)b;
	const struct counter_order *order = arg;

	if (order->by_name)
		return compare_names(x, y);
	if (!order->total && x->rate[order->by] != y->rate[order->by])
		return x->rate[order->by] < y->rate[order->by] ? 1 : -1;
	if (x->before[order->by] != y->before[order->by])
		return x->before[order->by] < y->before[order->by] ? 1 : -1;
	return compare_names(x, y);
}

static bool is_shown(const struct counter_row *row, const struct counter_order *order)
{
	if (order->needs && !row->before[order->needs])
		return false;
	return !order->filter || strstr(row->text, order->filter) ||
	       (row->detail && strstr(row->detail, order->filter));
}

size_t counters_sorted(const struct counters *t, const struct counter_order *order,
		       struct counter_row **out, size_t max)
{
	struct counter_row **all = calloc(t->count + 1, sizeof(struct counter_row *));
	size_t n = 0;

	if (!all)
		return 0;
	for (size_t i = 0; i < t->count; i++)
		if (is_shown(t->rows[i], order))
			all[n++] = t->rows[i];
	qsort_r(all, n, sizeof(struct counter_row *), compare, (void *)order);
	memcpy(out, all, (n < max ? n : max) * sizeof(struct counter_row *));
	free(all);
	return n;
}
