// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "output/container_list.h"

#include <string.h>

#include "container/select.h"
#include "output/format.h"
#include "output/visible.h"

enum column { ACTION, ID, NAME, POD, IMAGE, RUNTIME };
_Static_assert(RUNTIME + 1 == CONTAINER_LIST_COLUMNS, "a width for each column");

static const char *const titles[] = { "ACTION", "CONTAINER", "NAME", "POD", "IMAGE", "RUNTIME" };

#define CELL_BYTES 256

struct row {
	char cells[CONTAINER_LIST_COLUMNS][CELL_BYTES];
};

static void fill_row(struct row *row, enum container_action action, const struct container *c)
{
	char id[CONTAINER_ID_SHORT + 1], pod[2 * CELL_BYTES] = "";

	container_id_short(id, c->id);
	if (c->k8s_pod)
		snprintf(pod, sizeof(pod), "%s/%s", c->k8s_namespace ? c->k8s_namespace : "",
			 c->k8s_pod);
	strcpy(row->cells[ACTION], container_action_name(action));
	visible_text(row->cells[ID], CELL_BYTES, id);
	visible_text(row->cells[NAME], CELL_BYTES, c->name ? c->name : "");
	visible_text(row->cells[POD], CELL_BYTES, pod);
	visible_text(row->cells[IMAGE], CELL_BYTES, c->image ? c->image : "");
	visible_text(row->cells[RUNTIME], CELL_BYTES, c->runtime ? c->runtime : "");
}

static void widen(struct container_list *list, const struct row *row)
{
	for (int i = 0; i < CONTAINER_LIST_COLUMNS; i++) {
		int width = (int)strlen(row->cells[i]);

		if (width > list->width[i])
			list->width[i] = width;
	}
}

static void print_cell(const struct container_list *list, int column, const char *text)
{
	if (column != ACTION || list->actions)
		fprintf(list->f, "%-*s  ", list->width[column], text);
}

static void print_header(const struct container_list *list)
{
	for (int i = 0; i < CONTAINER_LIST_COLUMNS; i++)
		print_cell(list, i, titles[i]);
	fputs("CGROUP\n", list->f);
}

void container_list_change(struct container_list *list, enum container_action action,
			   const struct container *c)
{
	char cgroup[OUTPUT_LINE_BYTES];
	struct row row;

	fill_row(&row, action, c);
	for (int i = 0; i < CONTAINER_LIST_COLUMNS; i++)
		print_cell(list, i, row.cells[i]);
	visible_text(cgroup, sizeof(cgroup), c->cgroup_path);
	fprintf(list->f, "%s\n", cgroup);
}

void container_list_write(struct container_list *list, const struct container *const *containers,
			  size_t count)
{
	struct row row;

	for (int i = 0; i < CONTAINER_LIST_COLUMNS; i++)
		list->width[i] = (int)strlen(titles[i]);
	for (size_t k = 0; k < count; k++) {
		fill_row(&row, CONTAINER_RUNNING, containers[k]);
		widen(list, &row);
	}
	print_header(list);
	for (size_t k = 0; k < count; k++)
		container_list_change(list, CONTAINER_RUNNING, containers[k]);
}
