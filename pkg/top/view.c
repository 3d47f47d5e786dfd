// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "top/view.h"

#include <string.h>

#include "output/visible.h"

size_t top_view_rows(struct top_view *v, const struct top *top, struct counter_row **out,
		     size_t max)
{
	const struct counters *t = top_table(top, v->table);
	const struct counter_order order = {
		.by = v->by,
		.total = v->total,
		.by_name = v->by_name,
		.filter = v->filter,
	};
	size_t n, shown;

	if (!t)
		return 0;
	n = counters_sorted(t, &order, out, max);
	shown = n < max ? n : max;
	for (size_t i = 0; i < shown; i++)
		if (v->selected_id && out[i]->id == v->selected_id) {
			v->selected = i;
			return n;
		}
	if (v->selected >= shown)
		v->selected = shown ? shown - 1 : 0;
	return n;
}

/* --- keys -------------------------------------------------------------------------- */

enum { LIST_MAX = 8192 };

static void go_to(struct top_view *v, enum top_table table)
{
	v->table = table;
	v->selected = 0;
	v->selected_id = 0;
}

static void select_row(struct top_view *v, const struct top *top, size_t to)
{
	static struct counter_row *rows[LIST_MAX];
	size_t n;

	v->selected_id = 0;
	v->selected = to;
	n = top_view_rows(v, top, rows, LIST_MAX);
	if (v->selected && v->selected < n) /* the first place is a place, not a row */
		v->selected_id = rows[v->selected]->id;
}

static void close_container(struct top_view *v, struct top *top)
{
	__u64 id = v->open_id;

	v->open_id = 0;
	v->filter[0] = '\0';
	top_open_container(top, 0);
	go_to(v, TOP_CONTAINERS);
	v->selected_id = id;
}

static void open_container(struct top_view *v, struct top *top)
{
	static struct counter_row *rows[LIST_MAX];
	size_t n = top_view_rows(v, top, rows, LIST_MAX);

	if (v->table != TOP_CONTAINERS || v->selected >= n)
		return;
	v->open_id = rows[v->selected]->id;
	visible_text(v->open_name, sizeof(v->open_name), rows[v->selected]->text);
	v->filter[0] = '\0';
	top_open_container(top, v->open_id);
	go_to(v, TOP_PATHS);
}

static void next_table(struct top_view *v)
{
	if (v->table != TOP_CONTAINERS)
		go_to(v, v->table == TOP_PROCESSES ? TOP_PATHS : v->table + 1);
}

static void sort_by(struct top_view *v, enum counter by, bool total)
{
	v->by = by;
	v->total = total;
	v->by_name = false;
	v->selected_id = 0;
	v->selected = 0;
}

static void type(struct top_view *v, int key)
{
	size_t len = strlen(v->filter);

	if (key == TOP_KEY_ENTER || key == TOP_KEY_BACK)
		v->typing = false;
	if (key == TOP_KEY_BACK)
		v->filter[0] = '\0';
	if (key == TOP_KEY_DELETE && len)
		v->filter[len - 1] = '\0';
	if (key >= ' ' && key < 0x7f && len + 1 < sizeof(v->filter)) {
		v->filter[len] = (char)key;
		v->filter[len + 1] = '\0';
	}
}

static bool move(struct top_view *v, const struct top *top, int key)
{
	size_t page = v->rows ? v->rows : 1;

	if (key == TOP_KEY_UP || key == 'k')
		select_row(v, top, v->selected ? v->selected - 1 : 0);
	else if (key == TOP_KEY_DOWN || key == 'j')
		select_row(v, top, v->selected + 1);
	else if (key == TOP_KEY_PAGE_UP)
		select_row(v, top, v->selected > page ? v->selected - page : 0);
	else if (key == TOP_KEY_PAGE_DOWN)
		select_row(v, top, v->selected + page);
	else if (key == TOP_KEY_HOME || key == 'g')
		select_row(v, top, 0);
	else if (key == TOP_KEY_END || key == 'G')
		select_row(v, top, LIST_MAX - 1);
	else
		return false;
	return true;
}

static void command(struct top_view *v, struct top *top, int key)
{
	switch (key) {
	case TOP_KEY_ENTER:
		open_container(v, top);
		break;
	case TOP_KEY_BACK:
	case TOP_KEY_DELETE:
		if (*v->filter)
			v->filter[0] = '\0';
		else if (v->open_id)
			close_container(v, top);
		break;
	case '\t':
		next_table(v);
		break;
	case '1':
	case '2':
	case '3':
		if (v->open_id)
			go_to(v, TOP_PATHS + key - '1');
		break;
	case 'o':
		sort_by(v, COUNT_OPENS, false);
		break;
	case 'f':
		sort_by(v, COUNT_FAILURES, false);
		break;
	case 'w':
		sort_by(v, COUNT_WRITES, false);
		break;
	case 't':
		sort_by(v, v->by, !v->total);
		break;
	case 'n':
		sort_by(v, v->by, v->total);
		v->by_name = true;
		break;
	case '/':
		v->typing = true;
		break;
	case 'p':
	case ' ':
		v->paused = !v->paused;
		break;
	case 'h':
	case '?':
		v->help = true;
		break;
	}
}

bool top_view_key(struct top_view *v, struct top *top, int key)
{
	if (key == 3) /* Ctrl-C */
		return false;
	if (v->typing) {
		type(v, key);
		return true;
	}
	if (v->help) {
		v->help = false;
		return key != 'q';
	}
	if (key == 'q')
		return false;
	if (!move(v, top, key))
		command(v, top, key);
	return true;
}
