// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "output/checkup.h"

#include <errno.h>
#include <string.h>

#include "output/json_fields.h"
#include "output/visible.h"

#define LABEL_BYTES 2048

/* --- for people ------------------------------------------------------------------- */

static void write_visible(FILE *f, const char *text)
{
	char line[4 * sizeof(((struct finding *)0)->text)];

	visible_text(line, sizeof(line), text);
	fputs(line, f);
}

static void write_table(FILE *f, const struct checkup *c)
{
	size_t width = 0;

	for (size_t i = 0; i < c->finding_count; i++)
		if (strlen(c->findings[i].name) > width)
			width = strlen(c->findings[i].name);
	for (size_t i = 0; i < c->finding_count; i++) {
		const struct finding *finding = &c->findings[i];

		fprintf(f, "%-4s  %-*s  ", health_word(finding->health), (int)width, finding->name);
		write_visible(f, finding->text);
		if (finding->remedy[0]) {
			fprintf(f, "\n      %-*s  -> ", (int)width, "");
			write_visible(f, finding->remedy);
		}
		fputc('\n', f);
	}
	if (c->backend)
		fprintf(f, "\nTracing works here, by backend %s.\n", c->backend);
	else
		fputs("\nTracing does not work here: see FAIL above.\n", f);
}

/* --- for programs ------------------------------------------------------------------ */

static void put_text(struct json_writer *w, const char *key, const char *text)
{
	json_put_label(w, key, text && *text ? text : NULL, LABEL_BYTES);
}

static void put_bool(struct json_writer *w, const char *key, bool value)
{
	json_key(w, key);
	json_bool(w, value);
}

static void put_object(struct json_writer *w, const char *key)
{
	json_key(w, key);
	json_open_object(w);
}

static void put_array(struct json_writer *w, const char *key)
{
	json_key(w, key);
	json_open_array(w);
}

static void put_backends(struct json_writer *w, const struct checkup *c)
{
	put_array(w, "backends");
	for (size_t i = 0; i < c->backend_count; i++) {
		json_open_object(w);
		put_text(w, "name", c->backends[i].name);
		put_bool(w, "works", c->backends[i].works);
		put_text(w, "reason", c->backends[i].why.text);
		json_close_object(w);
	}
	json_close_array(w);
}

static void put_folders(struct json_writer *w, const struct checkup_runtime *runtime)
{
	put_array(w, "folders");
	for (size_t i = 0; i < runtime->folder_count; i++) {
		const char *folder = runtime->folders[i];

		json_label(w, (struct bytes){ folder, strlen(folder) }, LABEL_BYTES);
	}
	json_close_array(w);
}

static void put_runtimes(struct json_writer *w, const struct checkup *c)
{
	put_array(w, "runtimes");
	for (size_t i = 0; i < c->runtime_count; i++) {
		json_open_object(w);
		put_text(w, "name", c->runtimes[i].name);
		put_folders(w, &c->runtimes[i]);
		put_bool(w, "readable", c->runtimes[i].readable);
		json_key(w, "containers");
		json_u64(w, c->runtimes[i].containers);
		json_close_object(w);
	}
	json_close_array(w);
}

static void put_findings(struct json_writer *w, const struct checkup *c)
{
	static const char *const status[] = {
		[HEALTH_OK] = "ok",
		[HEALTH_WARN] = "warn",
		[HEALTH_FAIL] = "fail",
	};

	put_array(w, "checks");
	for (size_t i = 0; i < c->finding_count; i++) {
		json_open_object(w);
		put_text(w, "name", c->findings[i].name);
		put_text(w, "status", status[c->findings[i].health]);
		put_text(w, "text", c->findings[i].text);
		put_text(w, "remedy", c->findings[i].remedy);
		json_close_object(w);
	}
	json_close_array(w);
}

static int write_json(FILE *f, const struct checkup *c, struct error *err)
{
	static char line[512 << 10]; /* the worst that the arrays can hold, escaped */
	struct json_writer w;

	json_begin(&w, line, sizeof(line));
	json_open_object(&w);
	put_bool(&w, "ready", c->backend);
	put_text(&w, "version", c->version);
	put_object(&w, "kernel");
	put_text(&w, "release", c->kernel);
	put_text(&w, "machine", c->machine);
	json_close_object(&w);
	put_object(&w, "cgroup");
	put_text(&w, "mode", c->cgroup_mode);
	put_text(&w, "mount", c->cgroup_mount);
	json_close_object(&w);
	put_text(&w, "backend", c->backend);
	put_backends(&w, c);
	put_runtimes(&w, c);
	put_findings(&w, c);
	json_close_object(&w);
	json_newline(&w);
	if (w.overflow)
		return error_set(err, -EOVERFLOW, "write the findings");
	fwrite(line, 1, w.at - line, f);
	return 0;
}

int checkup_write(FILE *f, enum output_format format, const struct checkup *c, struct error *err)
{
	int r = 0;

	if (format == OUTPUT_TABLE)
		write_table(f, c);
	else
		r = write_json(f, c, err);
	if (!r && (fflush(f) || ferror(f)))
		r = error_set(err, -errno, "write to stdout");
	return r;
}
