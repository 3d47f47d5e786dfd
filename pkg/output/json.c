/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One JSON object a line; docs/events.md is the reference.
 *
 * A line must not be longer than OUTPUT_LINE_BYTES, and the worst of names
 * would make one of 100 KB.  So a line that comes out too long is made again
 * in the next shape, each of which takes more away than the one before:
 * text that people read goes first, exact bytes last, the path's never.
 */
#include <stdint.h>
#include <string.h>

#include "event/names.h"
#include "output/format.h"
#include "output/json_fields.h"
#include "output/json_writer.h"
#include "output/output.h"
#include "output/utf8.h"

/* How much of a field of exact bytes is shown. */
enum extent {
	WHOLE, /* the text, and base64 where the text cannot say it all */
	SHORT, /* the end of the text, and all of it in base64, if that is less */
	TAIL,  /* the end only */
};

#define SHORT_TEXT_BYTES 256
#define TAIL_TEXT_BYTES  512

#define CGROUP_TEXT_BYTES 8192 /* of a cgroup's path, which has 4095 at most */

struct shape {
	size_t label_max; /* bytes of text in each field of container and k8s */
	bool labels;      /* the container's, which are counted and bounded, but not small */
	enum extent exe, name, path;
};

/* clang-format off */
static const struct shape shapes[] = {
	/*      labels exe    name   path */
	{ 512, true,  WHOLE, WHOLE, WHOLE },
	{ 128, true,  WHOLE, WHOLE, WHOLE },
	{ 128, false, WHOLE, WHOLE, WHOLE },
	{ 128, false, SHORT, WHOLE, WHOLE },
	{ 128, false, SHORT, SHORT, WHOLE },
	{ 128, false, SHORT, SHORT, SHORT },
	{ 128, false, TAIL,  SHORT, SHORT },
	{ 128, false, TAIL,  TAIL,  SHORT }, /* fits, whatever the names: a unit test has the worst */
};
/* clang-format on */

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static struct bytes bytes_of(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

static void put_time(struct json_writer *w, struct format_context *ctx, __u64 when_ns)
{
	char text[TIME_TEXT_BYTES];

	time_text_utc(&ctx->time_text, event_clock_real_ns(&ctx->clock, when_ns), text);
	json_key(w, "time");
	json_word_bytes(w, text, sizeof(text));
}

/*
 * The end of text, from the start of a component on where it has one.  Never
 * starts with '/': a tail must not look like an absolute path.
 */
static struct bytes tail_of_path(struct bytes text, size_t max)
{
	struct bytes tail = utf8_tail(text, max, json_text_cost);
	const char *end = tail.at + tail.len, *start;

	if (tail.len == text.len)
		return text;

	start = memchr(tail.at, '/', tail.len);
	while (start && start < end && *start == '/')
		start++;
	if (start && (start < end || *tail.at == '/'))
		tail = (struct bytes){ start, end - start };
	return tail;
}

static bool is_valid(struct bytes text)
{
	size_t size;

	for (; text.len; text = (struct bytes){ text.at + size, text.len - size })
		if (utf8_next(text, &size) == UTF8_BAD)
			return false;
	return true;
}

static bool short_is_less(struct bytes exact)
{
	size_t base64 = json_base64_len(exact.len);
	size_t whole = utf8_cost(exact, json_text_cost) + (is_valid(exact) ? 0 : base64);

	return SHORT_TEXT_BYTES + base64 < whole;
}

struct exact_keys {
	const char *text, *base64;
};

/* Puts a field of any bytes, if it is known.  Returns whether its text lacks the beginning. */
static bool put_exact(struct json_writer *w, const struct exact_keys *keys, struct bytes exact,
		      enum extent extent)
{
	struct bytes text = exact, data;
	bool valid;

	if (!exact.at)
		return false;
	if (extent == SHORT && short_is_less(exact))
		text = tail_of_path(exact, SHORT_TEXT_BYTES);
	else if (extent == TAIL)
		text = tail_of_path(exact, TAIL_TEXT_BYTES);

	data = extent == TAIL ? text : exact;
	json_key(w, keys->text);
	valid = json_text(w, text);
	if (!valid || text.len < data.len) {
		json_key(w, keys->base64);
		json_base64(w, data);
	}
	return text.len < exact.len;
}

static void put_true(struct json_writer *w, const char *key, bool value)
{
	if (!value)
		return;
	json_key(w, key);
	json_bool(w, true);
}

static void put_number(struct json_writer *w, const char *key, __u64 number)
{
	json_key(w, key);
	json_u64(w, number);
}

static void put_process(struct json_writer *w, const struct open_event *ev, enum extent exe)
{
	static const struct exact_keys comm_keys = { "comm", "comm_base64" };
	static const struct exact_keys exe_keys = { "exe", "exe_base64" };
	const struct open_record *r = ev->record;

	json_key(w, "process");
	json_open_object(w);
	put_number(w, "pid", r->tgid);
	put_number(w, "tid", r->tid);
	put_number(w, "ppid", r->ppid);
	put_number(w, "uid", r->uid);
	put_number(w, "gid", r->gid);
	put_exact(w, &comm_keys, (struct bytes){ r->comm, strnlen(r->comm, sizeof(r->comm)) },
		  WHOLE);
	put_true(w, "exe_truncated", put_exact(w, &exe_keys, ev->exe, exe));
	json_close_object(w);
}

static void put_flags(struct json_writer *w, const char *key, const struct flag_names *flags)
{
	json_key(w, key);
	json_open_array(w);
	for (size_t i = 0; i < flags->count; i++)
		json_word(w, flags->name[i]);
	json_close_array(w);
}

static void make_flags_text(struct flags_text *t, __u32 flags)
{
	struct flag_names names;
	struct json_writer w;

	open_flags_names(&names, flags);
	json_begin(&w, t->text, sizeof(t->text));
	put_flags(&w, "flags", &names);
	t->flags = flags;
	t->len = w.overflow ? 0 : w.at - t->text;
}

static void put_open_flags(struct json_writer *w, struct format_context *ctx, __u32 flags)
{
	struct flags_text *t =
		&ctx->flags_texts[flags * 0x9e3779b1u / (UINT32_MAX / FLAGS_TEXTS + 1)];
	struct flag_names names;

	if (!t->len || t->flags != flags)
		make_flags_text(t, flags);
	if (t->len) {
		json_again(w, t->text, t->len);
		return;
	}
	open_flags_names(&names, flags); /* more of them than anybody passes */
	put_flags(w, "flags", &names);
}

/* As people write it: "0" and three octal digits, more only where there are more. */
static void put_mode(struct json_writer *w, unsigned int mode)
{
	char text[8], *to = text + sizeof(text);

	for (int digits = 0; digits < 3 || mode; digits++) {
		*--to = (char)('0' + (mode & 7));
		mode >>= 3;
	}
	*--to = '0';
	json_key(w, "mode");
	json_word_bytes(w, to, text + sizeof(text) - to);
}

static void put_how(struct json_writer *w, struct format_context *ctx, const struct open_record *r)
{
	struct flag_names names;

	if (r->bits & OPEN_HAS_FLAGS)
		put_open_flags(w, ctx, r->flags);
	if (r->bits & OPEN_HAS_MODE)
		put_mode(w, r->mode);
	if (r->resolve) {
		resolve_flags_names(&names, r->resolve);
		put_flags(w, "resolve", &names);
	}
}

static void put_layer(struct json_writer *w, unsigned int bits)
{
	if (!(bits & (OPEN_LAYER_LOWER | OPEN_LAYER_UPPER)))
		return;
	json_key(w, "layer");
	json_word(w, bits & OPEN_LAYER_UPPER ? "upper" : "lower");
}

static void put_file(struct json_writer *w, struct format_context *ctx, const struct open_event *ev,
		     const struct shape *shape)
{
	static const struct exact_keys path_keys = { "path", "path_base64" };
	static const struct exact_keys name_keys = { "name", "name_base64" };
	bool path_cut, name_cut;

	json_key(w, "file");
	json_open_object(w);
	path_cut = put_exact(w, &path_keys, ev->path, shape->path);
	name_cut = put_exact(w, &name_keys, ev->name, shape->name);
	put_how(w, ctx, ev->record);
	if (!ev->resolved) {
		json_key(w, "resolved");
		json_bool(w, false);
	}
	put_true(w, "deleted", ev->deleted);
	put_layer(w, ev->record->bits);
	put_true(w, "path_truncated", path_cut || ev->path_truncated);
	put_true(w, "name_truncated", name_cut);
	json_close_object(w);
}

static void put_result(struct json_writer *w, const struct open_record *r)
{
	char number[16];

	if (r->ret < 0) {
		json_key(w, "error");
		json_word(w, errno_name((int)-(__u32)r->ret, number));
	} else if (!(r->bits & OPEN_NO_FD)) {
		put_number(w, "fd", r->ret);
	}
}

/* How every line begins: when, what, and whose. */
static void open_line(struct json_writer *w, struct format_context *ctx, __u64 when_ns,
		      const char *type)
{
	json_open_object(w);
	put_time(w, ctx, when_ns);
	json_key(w, "type");
	json_word(w, type);
}

static void put_whose(struct json_writer *w, const struct format_context *ctx,
		      const struct container *c, const struct shape *shape)
{
	json_put_container(w, c, shape->label_max, shape->labels);
	json_put_k8s(w, ctx->node_name, c, shape->label_max);
}

static void close_line(struct json_writer *w)
{
	json_close_object(w);
	json_newline(w);
}

/* One kind of line in one shape. */
typedef void put_line(struct json_writer *w, struct format_context *ctx, const void *event,
		      const struct container *c, const struct shape *shape);

static size_t fitting_line(put_line *put, struct format_context *ctx, char *line, const void *event,
			   const struct container *c)
{
	for (size_t i = 0; i < SHAPES; i++) {
		struct json_writer w;

		json_begin(&w, line, OUTPUT_LINE_BYTES);
		put(&w, ctx, event, c, &shapes[i]);
		if (!w.overflow)
			return w.at - line;
	}
	return 0; /* the last shape always fits */
}

/* As the cgroup's own hierarchy has it: what keeps hierarchies apart is for ourselves. */
static void put_cgroup_id(struct json_writer *w, __u64 id)
{
	put_number(w, "cgroup_id", id & ~CGROUP_ID_V1);
}

static void put_open(struct json_writer *w, struct format_context *ctx, const void *event,
		     const struct container *c, const struct shape *shape)
{
	const struct open_event *ev = event;
	const struct open_record *r = ev->record;

	open_line(w, ctx, r->when_ns, "open");
	put_whose(w, ctx, c, shape);
	put_process(w, ev, shape->exe);
	put_file(w, ctx, ev, shape);
	json_key(w, "call");
	json_word(w, open_call_name(r->call));
	put_true(w, "compat", r->bits & OPEN_COMPAT);
	put_true(w, "setup", r->bits & OPEN_SETUP);
	put_result(w, r);
	if (r->repeated)
		put_number(w, "repeated", r->repeated);
	put_cgroup_id(w, r->cgroup_id);
	close_line(w);
}

static size_t json_open_event(struct format_context *ctx, char *line, const struct open_event *ev,
			      const struct container *c)
{
	return fitting_line(put_open, ctx, line, ev, c);
}

static void put_lost(struct json_writer *w, struct format_context *ctx, const void *event,
		     const struct container *c, const struct shape *shape)
{
	const struct lost_event *lost = event;

	open_line(w, ctx, lost->when_ns, "lost");
	put_whose(w, ctx, c, shape);
	if (lost->cgroup_id)
		put_cgroup_id(w, lost->cgroup_id);
	put_number(w, "count", lost->count);
	json_key(w, "reason");
	json_text(w, bytes_of(lost->reason));
	close_line(w);
}

static size_t json_lost(struct format_context *ctx, char *line, const struct lost_event *lost,
			const struct container *c)
{
	return fitting_line(put_lost, ctx, line, lost, c);
}

static void put_container_event(struct json_writer *w, struct format_context *ctx,
				const void *event, const struct container *c,
				const struct shape *shape)
{
	const struct container_event *change = event;

	open_line(w, ctx, change->when_ns, "container");
	json_key(w, "action");
	json_word(w, container_action_name(change->action));
	put_whose(w, ctx, c, shape);
	if (c->init_pid)
		put_number(w, "pid", c->init_pid);
	put_cgroup_id(w, c->cgroup_id);
	json_put_label(w, "cgroup", c->cgroup_path, CGROUP_TEXT_BYTES);
	close_line(w);
}

static size_t json_container(struct format_context *ctx, char *line,
			     const struct container_event *change, const struct container *c)
{
	return fitting_line(put_container_event, ctx, line, change, c);
}

static void put_summary(struct json_writer *w, struct format_context *ctx, const void *event,
			const struct container *c, const struct shape *shape)
{
	const struct summary_event *ev = event;

	open_line(w, ctx, ev->when_ns, "summary");
	put_whose(w, ctx, c, shape);
	if (ev->cgroup_id)
		put_cgroup_id(w, ev->cgroup_id);
	put_number(w, "opens", ev->opens);
	put_number(w, "failures", ev->failures);
	put_number(w, "writes", ev->writes);
	put_number(w, "suppressed", ev->repeated + ev->over_rate);
	put_number(w, "repeated", ev->repeated);
	put_number(w, "over_rate", ev->over_rate);
	put_number(w, "lost", ev->lost);
	close_line(w);
}

static size_t json_summary(struct format_context *ctx, char *line, const struct summary_event *ev,
			   const struct container *c)
{
	return fitting_line(put_summary, ctx, line, ev, c);
}

static void put_gap(struct json_writer *w, struct format_context *ctx, const void *event,
		    const struct container *c, const struct shape *shape)
{
	const struct gap_event *gap = event;
	char to[TIME_TEXT_BYTES];

	open_line(w, ctx, gap->when_ns, "gap");
	put_whose(w, ctx, c, shape);
	time_text_utc(&ctx->time_text, event_clock_real_ns(&ctx->clock, gap->when_ns), to);
	json_key(w, "from");
	json_word_bytes(w, gap->from, TIME_TEXT_BYTES);
	json_key(w, "to");
	json_word_bytes(w, to, sizeof(to));
	close_line(w);
}

static size_t json_gap(struct format_context *ctx, char *line, const struct gap_event *gap)
{
	return fitting_line(put_gap, ctx, line, gap, NULL);
}

const struct format json_format = {
	.open_event = json_open_event,
	.lost = json_lost,
	.container = json_container,
	.summary = json_summary,
	.gap = json_gap,
};
