// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "report/page_data.h"

#include <string.h>
#include <time.h>

#include "event/names.h"

/* In JSON.  Enough for any name that a file system takes. */
#define NAME_TEXT_BYTES  512
#define LABEL_TEXT_BYTES 192

static void put_number(struct json_writer *w, const char *key, __u64 number)
{
	json_key(w, key);
	json_u64(w, number);
}

static void put_text(struct json_writer *w, const char *key, const char *text, size_t max)
{
	json_key(w, key);
	json_label(w, (struct bytes){ text, strlen(text) }, max);
}

static void put_lost(struct json_writer *w, const __u64 lost[static LOSS_COUNT + 1])
{
	json_key(w, "lost");
	json_open_object(w);
	for (unsigned int i = 0; i <= LOSS_COUNT; i++)
		if (lost[i])
			put_number(w, i < LOSS_COUNT ? loss_reason_name(i) : "other", lost[i]);
	json_close_object(w);
}

/* --- one container ------------------------------------------------------------------- */

/* Four numbers for each bar that has anything: place, opens, failed, writes. */
static void put_bars(struct json_writer *w, const struct report *r,
		     const struct report_container *c)
{
	struct timeline t = c->timeline;

	json_key(w, "bars");
	json_open_array(w);
	if (t.shift)
		timeline_fit(&t, &r->scale);
	for (__u32 i = 0; i < TIMELINE_BARS; i++) {
		if (!t.bars[i].opens)
			continue;
		json_u64(w, i);
		json_u64(w, t.bars[i].opens);
		json_u64(w, t.bars[i].failed);
		json_u64(w, t.bars[i].writes);
	}
	json_close_array(w);
}

/* What is still to be put of a selection: the next container's nodes and facts come next. */
struct cursor {
	const struct report *r;
	const struct selection *s;
	__u32 *number; /* by node: its place in its container's list */
	size_t node, fact;
};

static size_t end_of_nodes(const struct cursor *at)
{
	__u32 root = at->s->nodes[at->node];
	size_t end = at->node;

	while (end < at->s->node_count && at->s->root_of[at->s->nodes[end]] == root)
		end++;
	return end;
}

static void put_names_of_nodes(struct json_writer *w, struct cursor *at, size_t end)
{
	json_key(w, "names");
	json_open_array(w);
	for (size_t i = at->node; i < end; i++) {
		__u32 node = at->s->nodes[i];

		at->number[node] = (__u32)(i - at->node);
		json_label(w,
			   i == at->node ? (struct bytes){ "", 0 }
					 : name_table_name(at->r->nodes, node),
			   NAME_TEXT_BYTES);
	}
	json_close_array(w);
}

static void put_nodes(struct json_writer *w, struct cursor *at)
{
	size_t end = end_of_nodes(at);

	put_names_of_nodes(w, at, end);
	json_key(w, "parents"); /* the root's is itself */
	json_open_array(w);
	json_u64(w, 0);
	for (size_t i = at->node + 1; i < end; i++)
		json_u64(w, at->number[name_table_owner(at->r->nodes, at->s->nodes[i])]);
	json_close_array(w);
	json_key(w, "more"); /* pairs: directory, files folded into it */
	json_open_array(w);
	for (size_t i = at->node; i < end; i++) {
		__u32 files = at->s->more_files[at->s->nodes[i]];

		if (!files)
			continue;
		json_u64(w, i - at->node);
		json_u64(w, files);
	}
	json_close_array(w);
	at->node = end;
}

/* Six numbers each: file, more, executable, error, access, count. */
static void put_facts(struct json_writer *w, struct cursor *at, __u32 root)
{
	json_key(w, "facts");
	json_open_array(w);
	for (; at->fact < at->s->fact_count; at->fact++) {
		const struct fact *f = &at->s->facts[at->fact];

		if (at->s->root_of[f->node] != root)
			break;
		json_u64(w, at->number[f->node]);
		json_u64(w, f->more);
		json_u64(w, f->exe);
		json_u64(w, f->error);
		json_u64(w, f->access);
		json_u64(w, f->count);
	}
	json_close_array(w);
}

static void put_labels(struct json_writer *w, const struct report_container *c)
{
	static const char *const keys[LABEL_COUNT] = {
		"id",        "name", "image",   "runtime",   "node",
		"namespace", "pod",  "pod_uid", "container",
	};

	json_key(w, "labels");
	json_open_object(w);
	for (int i = 0; i < LABEL_COUNT; i++)
		if (c->labels[i])
			put_text(w, keys[i], c->labels[i], LABEL_TEXT_BYTES);
	json_close_object(w);
}

static void put_container(struct json_writer *w, struct cursor *at)
{
	__u32 root = at->s->nodes[at->node];
	const struct report_container *c = report_container_at(at->r, root);
	char title[TITLE_BYTES];

	json_open_object(w);
	put_text(w, "title", report_container_title(c, title), LABEL_TEXT_BYTES);
	put_labels(w, c);
	put_number(w, "opens", c->opens);
	put_number(w, "failed", c->failed);
	put_number(w, "writes", c->writes);
	put_lost(w, c->lost);
	put_number(w, "first_ms", c->first_ns / 1000000);
	put_number(w, "last_ms", c->last_ns / 1000000);
	put_bars(w, at->r, c);
	put_nodes(w, at);
	put_facts(w, at, root);
	json_close_object(w);
}

/* --- all of it ----------------------------------------------------------------------- */

static void put_names(struct json_writer *w, const char *key, const struct name_table *t)
{
	json_key(w, key);
	json_open_array(w);
	for (__u32 i = 0; i < name_table_count(t); i++)
		json_label(w, name_table_name(t, i), NAME_TEXT_BYTES);
	json_close_array(w);
}

static void put_limits(struct json_writer *w, const struct report *r)
{
	json_key(w, "reached"); /* limits, which the page tells */
	json_open_object(w);
	json_key(w, "containers");
	json_bool(w, r->containers[r->limits.containers]);
	json_key(w, "files");
	json_bool(w, r->files_full);
	json_key(w, "exes");
	json_bool(w, r->exes_full);
	json_key(w, "facts");
	json_bool(w, r->facts_full);
	json_close_object(w);
}

static void put_about(struct json_writer *w, const struct report *r,
		      const struct page_settings *settings)
{
	put_text(w, "version", settings->version, LABEL_TEXT_BYTES);
	put_number(w, "made_ms", (__u64)time(NULL) * 1000);
	json_key(w, "sources");
	json_open_array(w);
	for (size_t i = 0; settings->sources && settings->sources[i] && i < 50; i++)
		json_label(w, (struct bytes){ settings->sources[i], strlen(settings->sources[i]) },
			   LABEL_TEXT_BYTES);
	json_close_array(w);
	put_number(w, "lines", r->lines);
	put_number(w, "invalid", r->invalid);
	put_number(w, "other_types", r->other_types);
	put_lost(w, r->lost);
	put_limits(w, r);
	json_key(w, "scale"); /* the first bar, the last, and how many bits a bar is wide */
	json_open_array(w);
	json_u64(w, r->scale.first);
	json_u64(w, r->scale.last);
	json_u64(w, r->scale.shift);
	json_close_array(w);
}

void page_data_write(struct json_writer *w, const struct report *r, const struct selection *s,
		     const struct page_settings *settings, __u32 *number)
{
	struct cursor at = { .r = r, .s = s, .number = number };

	json_open_object(w);
	put_about(w, r, settings);
	put_names(w, "exes", r->exes);
	put_names(w, "errors", r->errors);
	json_key(w, "containers");
	json_open_array(w);
	while (at.node < s->node_count)
		put_container(w, &at);
	json_close_array(w);
	json_close_object(w);
}
