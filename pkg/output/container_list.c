// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "output/container_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "container/select.h"
#include "output/json_fields.h"
#include "output/visible.h"

#define LABEL_BYTES 512 /* of a name; the id and cgroup path are shorter than a line anyway */

static void write_json(FILE *f, const struct container *c)
{
	char line[OUTPUT_LINE_BYTES];
	struct json_writer w;

	json_begin(&w, line, sizeof(line));
	json_open_object(&w);
	json_put_container(&w, c, LABEL_BYTES, true);
	json_put_k8s(&w, NULL, c, LABEL_BYTES);
	if (c->init_pid) {
		json_key(&w, "pid");
		json_u64(&w, c->init_pid);
	}
	json_key(&w, "cgroup");
	json_open_object(&w);
	json_put_label(&w, "path", c->cgroup_path, sizeof(line) / 2);
	json_key(&w, "id");
	json_u64(&w, c->cgroup_id);
	json_close_object(&w);
	json_close_object(&w);
	json_newline(&w);
	fwrite(line, 1, w.at - line, f);
}

enum column { ID, NAME, POD, IMAGE, RUNTIME, COLUMNS };

static const char *const titles[COLUMNS] = { "CONTAINER", "NAME", "POD", "IMAGE", "RUNTIME" };

#define CELL_BYTES 256

static void fill_cells(char cells[COLUMNS][CELL_BYTES], const struct container *c)
{
	char id[CONTAINER_ID_SHORT + 1], pod[2 * CELL_BYTES] = "";

	container_id_short(id, c->id);
	if (c->k8s_pod)
		snprintf(pod, sizeof(pod), "%s/%s", c->k8s_namespace ? c->k8s_namespace : "",
			 c->k8s_pod);
	visible_text(cells[ID], CELL_BYTES, id);
	visible_text(cells[NAME], CELL_BYTES, c->name ? c->name : "");
	visible_text(cells[POD], CELL_BYTES, pod);
	visible_text(cells[IMAGE], CELL_BYTES, c->image ? c->image : "");
	visible_text(cells[RUNTIME], CELL_BYTES, c->runtime ? c->runtime : "");
}

static void write_table(FILE *f, const struct container *const *list, size_t count)
{
	char cells[COLUMNS][CELL_BYTES], cgroup[OUTPUT_LINE_BYTES];
	size_t width[COLUMNS];

	for (int i = 0; i < COLUMNS; i++)
		width[i] = strlen(titles[i]);
	for (size_t k = 0; k < count; k++) {
		fill_cells(cells, list[k]);
		for (int i = 0; i < COLUMNS; i++)
			if (strlen(cells[i]) > width[i])
				width[i] = strlen(cells[i]);
	}

	for (int i = 0; i < COLUMNS; i++)
		fprintf(f, "%-*s  ", (int)width[i], titles[i]);
	fputs("CGROUP\n", f);
	for (size_t k = 0; k < count; k++) {
		fill_cells(cells, list[k]);
		for (int i = 0; i < COLUMNS; i++)
			fprintf(f, "%-*s  ", (int)width[i], cells[i]);
		visible_text(cgroup, sizeof(cgroup), list[k]->cgroup_path);
		fprintf(f, "%s\n", cgroup);
	}
}

int container_list_write(FILE *f, enum output_format format, const struct container *const *list,
			 size_t count, struct error *err)
{
	if (format == OUTPUT_TABLE)
		write_table(f, list, count);
	else
		for (size_t k = 0; k < count; k++)
			write_json(f, list[k]);
	if (fflush(f) || ferror(f))
		return error_set(err, -errno, "write to stdout");
	return 0;
}
