// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Lists of paths: for people, and as JSON. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "output/json_writer.h"
#include "report/profile_kinds.h"

/* --- for people ---------------------------------------------------------------------- */

static bool is_read_only(const struct needed_path *p)
{
	return p->opens && !access_writes(p->access) && !(p->access & ACCESS_EXECUTE);
}

static bool is_executed(const struct needed_path *p)
{
	return p->access & ACCESS_EXECUTE && !is_written(p);
}

static bool is_missed(const struct needed_path *p)
{
	return !p->opens && p->failed;
}

static void put_letters(FILE *f, const struct needed_path *p)
{
	char letters[8], *to = letters;

	if (p->access & ACCESS_READ)
		*to++ = 'r';
	if (p->access & (ACCESS_WRITE | ACCESS_TEMPORARY))
		*to++ = 'w';
	if (p->access & ACCESS_CREATE)
		*to++ = 'c';
	if (p->access & ACCESS_EXECUTE)
		*to++ = 'x';
	if (to == letters && p->access & ACCESS_PATH)
		*to++ = 'p';
	*to = '\0';
	fprintf(f, "%-4s ", letters);
}

static void put_error(FILE *f, const struct report *r, __u16 error)
{
	struct bytes name = name_table_name(r->errors, error);
	auto_free char *text = strndup(name.at, name.len);

	fputc('!', f);
	profile_put_visible(f, error == ERROR_OTHERS || !text ? "several" : text);
	fputc(' ', f);
}

static void put_section(FILE *f, const struct profile *p, const char *title,
			bool (*wanted)(const struct needed_path *p))
{
	size_t count = 0;

	for (size_t i = 0; i < p->paths.count; i++)
		count += wanted(&p->paths.at[i]);
	if (count)
		fprintf(f, "\n# %s: %zu\n", title, count);
	for (size_t i = 0; i < p->paths.count; i++) {
		const struct needed_path *path = &p->paths.at[i];

		if (!wanted(path))
			continue;
		if (wanted == is_missed)
			put_error(f, p->report, path->error);
		else
			put_letters(f, path);
		profile_put_visible(f, path->path);
		fputs(path->is_directory && strcmp(path->path, "/") != 0 ? "/\n" : "\n", f);
	}
}

/* The directories of what was written, each once: they come sorted as their files do. */
static int put_written_directories(FILE *f, const struct profile *p)
{
	auto_free char *last = NULL;
	bool any = false;

	for (size_t i = 0; i < p->paths.count; i++) {
		const struct needed_path *path = &p->paths.at[i];
		char *directory;

		if (!is_written(path) || !strncmp(path->path, "/dev/", 5) ||
		    !strncmp(path->path, "/proc/", 6))
			continue;
		directory = path->is_directory ? strdup(path->path) : path_directory(path->path);
		if (!directory)
			return -ENOMEM;
		if (!last || strcmp(last, directory) != 0) {
			if (!any)
				fputs("\n# with a read-only root, these need something writable "
				      "mounted\n",
				      f);
			any = true;
			fputs("     ", f);
			profile_put_visible(f, directory);
			fputs("/\n", f);
		}
		free(last);
		last = directory;
	}
	return 0;
}

int profile_put_paths(FILE *f, const struct profile *p)
{
	profile_put_head(f, p);
	put_section(f, p, "only read", is_read_only);
	put_section(f, p, "executed", is_executed);
	put_section(f, p, "written or made", is_written);
	put_section(f, p, "failed, always", is_missed);
	return put_written_directories(f, p);
}

void profile_put_unopened(FILE *f, const struct image *image)
{
	fprintf(f,
		"\n# never opened: %zu of %" PRIu64 " files of the image, %" PRIu64 " of %" PRIu64
		" bytes\n",
		image->unopened_count, (uint64_t)image->files, (uint64_t)image->unopened_bytes,
		(uint64_t)image->bytes);
	for (size_t i = 0; i < image->unopened_count; i++) {
		fprintf(f, "- %10" PRIu64 " ", (uint64_t)image->unopened[i].bytes);
		profile_put_visible(f, image->unopened[i].path);
		fputc('\n', f);
	}
}

/* --- as JSON ------------------------------------------------------------------------- */

/* A path of a line's length, all of it escaped, in text and base64. */
#define ENTRY_BYTES (65536 * 8 + 4096)

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){ text, strlen(text) };
}

static void put_path(struct json_writer *w, const char *path)
{
	json_key(w, "path");
	if (json_text(w, bytes_of(path)))
		return;
	json_key(w, "path_base64");
	json_base64(w, bytes_of(path));
}

static void put_access(struct json_writer *w, unsigned int access)
{
	static const struct {
		unsigned int bit;
		const char *word;
	} words[] = {
		{ ACCESS_READ, "read" },     { ACCESS_WRITE, "write" },
		{ ACCESS_CREATE, "create" }, { ACCESS_EXECUTE, "execute" },
		{ ACCESS_PATH, "path" },     { ACCESS_TEMPORARY, "temporary" },
	};

	json_key(w, "access");
	json_open_array(w);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (access & words[i].bit)
			json_word(w, words[i].word);
	json_close_array(w);
}

static void put_number(struct json_writer *w, const char *key, __u64 number)
{
	json_key(w, key);
	json_u64(w, number);
}

static void put_needed(struct json_writer *w, const struct report *r, const struct needed_path *p)
{
	json_open_object(w);
	put_path(w, p->path);
	put_access(w, p->access);
	if (p->is_directory) {
		json_key(w, "directory");
		json_bool(w, true);
	}
	put_number(w, "opens", p->opens);
	if (p->failed) {
		put_number(w, "failed", p->failed);
		json_key(w, "error");
		json_text(w, name_table_name(r->errors, p->error));
	}
	json_close_object(w);
}

/* What is known of the container, with its object still open. */
static void put_container(struct json_writer *w, const struct profile *p)
{
	static const char *const keys[LABEL_COUNT] = { "id",      "name",        "image",
						       "runtime", "k8s_node",    "k8s_namespace",
						       "k8s_pod", "k8s_pod_uid", "k8s_container" };
	const struct report_container *c = p->container;

	json_open_object(w);
	for (int i = 0; i < LABEL_COUNT; i++)
		if (c->labels[i]) {
			json_key(w, keys[i]);
			json_text(w, bytes_of(c->labels[i]));
		}
	put_number(w, "opens", c->opens);
	put_number(w, "failed", c->failed);
	put_number(w, "lost", report_lost(c->lost) + report_lost(p->report->lost));
	put_number(w, "not_listed", p->paths.unlisted);
	json_key(w, "paths");
	json_open_array(w);
}

static void flush(FILE *f, struct json_writer *w, char *buffer)
{
	fwrite(buffer, 1, (size_t)(w->at - buffer), f);
	w->at = buffer; /* what comes next goes on where this ended */
}

static void put_image(struct json_writer *w, FILE *f, char *buffer, const struct image *image)
{
	json_key(w, "image");
	json_open_object(w);
	put_number(w, "files", image->files);
	put_number(w, "bytes", image->bytes);
	put_number(w, "never_opened_bytes", image->unopened_bytes);
	json_key(w, "never_opened");
	json_open_array(w);
	for (size_t i = 0; i < image->unopened_count; i++) {
		json_open_object(w);
		put_path(w, image->unopened[i].path);
		put_number(w, "bytes", image->unopened[i].bytes);
		json_close_object(w);
		flush(f, w, buffer);
	}
	json_close_array(w);
	json_close_object(w);
}

void profile_put_json(FILE *f, const struct profile *p, size_t count, const struct image *image)
{
	static char buffer[ENTRY_BYTES];
	struct json_writer w;

	json_begin(&w, buffer, sizeof(buffer));
	json_open_object(&w);
	json_key(&w, "containers");
	json_open_array(&w);
	for (size_t i = 0; i < count; i++) {
		put_container(&w, &p[i]);
		for (size_t k = 0; k < p[i].paths.count; k++) {
			put_needed(&w, p[i].report, &p[i].paths.at[k]);
			flush(f, &w, buffer);
		}
		json_close_array(&w);
		json_close_object(&w);
	}
	json_close_array(&w);
	if (image)
		put_image(&w, f, buffer, image);
	json_close_object(&w);
	json_newline(&w);
	flush(f, &w, buffer);
}
