/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A table for people.
 *
 *	TIME         CONTAINER      PID     COMM  CALL    RESULT FLAGS PATH
 *	03:04:05.678 web            4242    nginx openat  3      r     /etc/nginx/nginx.conf
 *
 * On a terminal every line fits its width: columns are cut at their end, the
 * path at its beginning.  Elsewhere nothing is cut, and a long cell pushes the
 * ones behind it.  What containers chose goes through visible.c.
 *
 * With colours a failed open is red, one for writing yellow, what is lost stands out,
 * and what is no open is dim.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "event/names.h"
#include "output/format.h"
#include "output/output.h"
#include "output/utf8.h"
#include "output/visible.h"

enum column { TIME, CONTAINER, PID, COMM, CALL, RESULT, FLAGS, COLUMNS };

static const char *const titles[COLUMNS] = {
	"TIME", "CONTAINER", "PID", "COMM", "CALL", "RESULT", "FLAGS",
};

/* Widths for terminals from a number of columns on; 0 leaves a column out. */
struct layout {
	unsigned int from;
	unsigned int width[COLUMNS];
};

/* clang-format off */
static const struct layout layouts[] = {
	/*      TIME CONTAINER PID COMM CALL RESULT FLAGS */
	{ 190, { 12, 36,       7,  15,  17,  12,    5 } },
	{ 150, { 12, 20,       7,  15,  17,  12,    5 } },
	{ 110, { 12, 14,       7,  15,  9,   8,     5 } },
	{ 70,  { 8,  10,       0,  8,   7,   7,     5 } },
	{ 0,   { 0,  8,        0,  0,   0,   7,     5 } },
};
/* clang-format on */

#define MAX_COLUMNS    1000  /* a line of so many characters is below OUTPUT_LINE_BYTES */
#define MAX_CELL_BYTES 512   /* where there is no terminal */
#define MAX_PATH_BYTES 12000 /* the same; all cells and the path make a line at most */

/* A line under construction.  Everything that goes in has been limited before. */
struct row {
	char *at;
	unsigned int left;   /* columns of the terminal still free */
	unsigned int behind; /* spaces that the next cell starts with */
	bool cut;            /* there is a terminal to fit */
	bool color;          /* may be coloured, ... */
	bool painted;        /* ... and is */
};

#define RED      "\033[31m"
#define YELLOW   "\033[33m"
#define BOLD_RED "\033[1;31m"
#define DIM      "\033[2m"
#define PLAIN    "\033[m"

/* From here to the end of the row; NULL: as it comes. */
static void put_color(struct row *row, const char *color)
{
	row->painted = row->color && color;
	if (row->painted)
		row->at = stpcpy(row->at, color);
}

static struct bytes bytes_of(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

/* Takes columns of the terminal for what the caller is about to write. */
static void take(struct row *row, size_t columns)
{
	row->left -= columns < row->left ? columns : row->left;
}

static void put_text(struct row *row, struct bytes text)
{
	row->at = visible_put(row->at, text);
	take(row, utf8_cost(text, visible_columns));
}

static void put_more(struct row *row)
{
	memcpy(row->at, "…", 3);
	row->at += 3;
	take(row, 1);
}

static void put_spaces(struct row *row)
{
	size_t n = row->behind;

	if (row->cut && n > row->left)
		n = row->left;
	memset(row->at, ' ', n);
	row->at += n;
	take(row, n);
	row->behind = 0;
}

/* Puts text into a column of that width; the spaces that fill it wait for the next cell. */
static void put_cell(struct row *row, unsigned int width, struct bytes text)
{
	size_t max = row->cut ? width : MAX_CELL_BYTES, columns;
	struct bytes shown = text;

	if (!width)
		return;
	put_spaces(row);
	if (row->cut && max > row->left)
		max = row->left;

	columns = utf8_cost(text, row->cut ? visible_columns : visible_bytes);
	if (columns > max)
		shown = utf8_head(text, max ? max - 1 : 0,
				  row->cut ? visible_columns : visible_bytes);
	put_text(row, shown);
	if (shown.len < text.len && max)
		put_more(row);

	columns = utf8_cost(shown, visible_columns) + (shown.len < text.len);
	row->behind = (columns < width ? width - columns : 0) + 1;
}

/* The last cell keeps its end; more says that its beginning is missing anyway. */
static void put_last_cell(struct row *row, struct bytes text, bool more, const char *suffix)
{
	size_t suffix_len = strlen(suffix), max;
	struct bytes shown;

	put_spaces(row);
	max = row->cut ? row->left : MAX_PATH_BYTES;
	if (suffix_len >= max)
		suffix_len = 0;
	max -= suffix_len;

	shown = text;
	if (more || utf8_cost(text, row->cut ? visible_columns : visible_bytes) > max)
		shown = utf8_tail(text, max ? max - 1 : 0,
				  row->cut ? visible_columns : visible_bytes);
	if (max && (more || shown.len < text.len))
		put_more(row);
	put_text(row, shown);
	put_text(row, (struct bytes){ suffix, suffix_len });
}

static size_t end_row(struct row *row, const char *line)
{
	if (row->painted)
		row->at = stpcpy(row->at, PLAIN);
	*row->at++ = '\n';
	return row->at - line;
}

static const struct layout *layout_for(const struct format_context *ctx)
{
	const struct layout *l = ctx->columns ? layouts : &layouts[1];

	while (ctx->columns && ctx->columns < l->from)
		l++;
	return l;
}

static struct row start_row(const struct format_context *ctx, char *line)
{
	unsigned int columns = ctx->columns < MAX_COLUMNS ? ctx->columns : MAX_COLUMNS;

	return (struct row){ .at = line, .left = columns, .cut = columns, .color = ctx->color };
}

static size_t table_header(struct format_context *ctx, char *line)
{
	const struct layout *l = layout_for(ctx);
	struct row row = start_row(ctx, line);

	for (int i = 0; i < COLUMNS; i++)
		put_cell(&row, l->width[i], bytes_of(titles[i]));
	put_last_cell(&row, bytes_of("PATH"), false, "");
	return end_row(&row, line);
}

#define SECOND_BYTES 8 /* 03:04:05 */

/* Local time of day: 03:04:05.678, or its seconds where there is not room for more. */
static void put_time(struct row *row, const struct layout *l, struct format_context *ctx,
		     __u64 when_ns)
{
	__u64 real_ns = event_clock_real_ns(&ctx->clock, when_ns);
	unsigned int ms = real_ns / 1000000 % 1000;
	time_t second = (time_t)(real_ns / 1000000000);
	char text[32];
	struct tm tm = { 0 };
	size_t n;

	localtime_r(&second, &tm);
	n = strftime(text, sizeof(text), "%H:%M:%S.", &tm);
	text[n++] = (char)('0' + ms / 100);
	text[n++] = (char)('0' + ms / 10 % 10);
	text[n++] = (char)('0' + ms % 10);
	if (l->width[TIME] < n)
		n = SECOND_BYTES;
	put_cell(row, l->width[TIME], (struct bytes){ text, n });
}

/* In a pod the container's own name says little: web-7d4b9/nginx. */
static void put_pod(struct row *row, const struct layout *l, const struct container *c)
{
	const char *name = c->k8s_container ? c->k8s_container : c->name;
	char text[MAX_CELL_BYTES];

	snprintf(text, sizeof(text), "%s%s%s", c->k8s_pod, name ? "/" : "", name ? name : "");
	put_cell(row, l->width[CONTAINER], bytes_of(text));
}

static void put_container(struct row *row, const struct layout *l, const struct container *c)
{
	struct bytes text = bytes_of("-");

	if (c && c->k8s_pod) {
		put_pod(row, l, c);
		return;
	}
	if (c && c->name) {
		text = bytes_of(c->name);
	} else if (c && c->id) {
		text = bytes_of(c->id);
		if (text.len > 12)
			text.len = 12; /* as docker ps shows it */
	}
	put_cell(row, l->width[CONTAINER], text);
}

#define NUMBER_BYTES 21 /* 20 digits and the end */

static struct bytes number_text(char text[static NUMBER_BYTES], __u64 number)
{
	char *end = &text[NUMBER_BYTES - 1], *to = end;

	do {
		*--to = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return (struct bytes){ to, end - to };
}

static void put_number(struct row *row, unsigned int width, __u64 number)
{
	char text[NUMBER_BYTES];

	put_cell(row, width, number_text(text, number));
}

static void put_result(struct row *row, const struct layout *l, const struct open_record *r)
{
	char number[16];

	if (r->ret < 0)
		put_cell(row, l->width[RESULT], bytes_of(errno_name((int)-(__u32)r->ret, number)));
	else if (r->bits & OPEN_NO_FD)
		put_cell(row, l->width[RESULT], bytes_of("ok"));
	else
		put_number(row, l->width[RESULT], r->ret);
}

/* r, w or rw, and c where the file may be created; p opens the path alone; s is set-up. */
static void put_flags(struct row *row, const struct layout *l, const struct open_record *r)
{
	static const char *const modes[] = { "r", "w", "rw", "-" };
	char text[8] = "", *to = text;

	if (r->bits & OPEN_HAS_FLAGS)
		to = stpcpy(to, r->flags & O_PATH ? "p" : modes[r->flags & O_ACCMODE]);
	if (r->bits & OPEN_HAS_FLAGS && !(r->flags & O_PATH) &&
	    (r->flags & O_CREAT || (r->flags & O_TMPFILE) == O_TMPFILE))
		*to++ = 'c';
	if (r->bits & OPEN_SETUP)
		*to++ = 's';
	put_cell(row, l->width[FLAGS], bytes_of(*text ? text : "-"));
}

static void put_path(struct row *row, const struct open_event *ev)
{
	const char *suffix = ev->deleted ? " (deleted)" : "";

	if (ev->path.at)
		put_last_cell(row, ev->path, ev->path_truncated, suffix);
	else
		put_last_cell(row, ev->name.at ? ev->name : bytes_of("-"), false, suffix);
}

static const char *color_of(const struct open_record *r)
{
	if (r->ret < 0)
		return RED;
	if (!(r->bits & OPEN_HAS_FLAGS) || r->flags & O_PATH)
		return NULL;
	return r->flags & (O_ACCMODE | O_CREAT | O_TRUNC) ? YELLOW : NULL;
}

static size_t table_open_event(struct format_context *ctx, char *line, const struct open_event *ev,
			       const struct container *c)
{
	const struct layout *l = layout_for(ctx);
	struct row row = start_row(ctx, line);
	const struct open_record *r = ev->record;

	put_color(&row, color_of(r));
	put_time(&row, l, ctx, r->when_ns);
	put_container(&row, l, c);
	put_number(&row, l->width[PID], r->tgid);
	put_cell(&row, l->width[COMM],
		 (struct bytes){ r->comm, strnlen(r->comm, sizeof(r->comm)) });
	put_cell(&row, l->width[CALL], bytes_of(open_call_name(r->call)));
	put_result(&row, l, r);
	put_flags(&row, l, r);
	put_path(&row, ev);
	return end_row(&row, line);
}

/* A cell of its own width. */
static void put_words(struct row *row, struct bytes words)
{
	put_cell(row, words.len, words);
}

static size_t table_lost(struct format_context *ctx, char *line, const struct lost_event *lost,
			 const struct container *c)
{
	const struct layout *l = layout_for(ctx);
	struct row row = start_row(ctx, line);
	char number[NUMBER_BYTES];

	put_color(&row, BOLD_RED);
	put_time(&row, l, ctx, lost->when_ns);
	put_container(&row, l, c);
	put_words(&row, bytes_of("*** lost"));
	put_words(&row, number_text(number, lost->count));
	put_words(&row, bytes_of(lost->count == 1 ? "open:" : "opens:"));
	put_words(&row, bytes_of(lost->reason));
	return end_row(&row, line);
}

/* "*** started: 9f2c0d…  docker  nginx:1.27  /docker/9f2c0d…" */
static size_t table_container(struct format_context *ctx, char *line,
			      const struct container_event *change, const struct container *c)
{
	const char *const words[] = { c->runtime, c->image };
	const struct layout *l = layout_for(ctx);
	struct row row = start_row(ctx, line);
	struct bytes id = bytes_of(c->id);

	put_color(&row, DIM);
	put_time(&row, l, ctx, change->when_ns);
	put_container(&row, l, c);
	put_words(&row, bytes_of("***"));
	put_words(&row, bytes_of(container_action_name(change->action)));
	put_words(&row, (struct bytes){ id.at, id.len < 12 ? id.len : 12 });
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i])
			put_words(&row, bytes_of(words[i]));
	put_last_cell(&row, bytes_of(c->cgroup_path), false, "");
	return end_row(&row, line);
}

static size_t table_summary(struct format_context *ctx, char *line, const struct summary_event *ev,
			    const struct container *c)
{
	const struct {
		__u64 number;
		const char *of;
	} words[] = {
		{ ev->opens, "opens," },     { ev->failures, "failed," },
		{ ev->writes, "to write," }, { ev->repeated + ev->over_rate, "suppressed," },
		{ ev->lost, "lost" },
	};
	const struct layout *l = layout_for(ctx);
	struct row row = start_row(ctx, line);
	char number[NUMBER_BYTES];

	put_color(&row, DIM);
	put_time(&row, l, ctx, ev->when_ns);
	put_container(&row, l, c);
	put_words(&row, bytes_of("***"));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		put_words(&row, number_text(number, words[i].number));
		put_words(&row, bytes_of(words[i].of));
	}
	return end_row(&row, line);
}

static size_t table_gap(struct format_context *ctx, char *line, const struct gap_event *gap)
{
	const struct layout *l = layout_for(ctx);
	struct row row = start_row(ctx, line);

	put_time(&row, l, ctx, gap->when_ns);
	put_container(&row, l, NULL);
	put_words(&row, bytes_of("*** nothing was traced since"));
	put_words(&row, (struct bytes){ gap->from, TIME_TEXT_BYTES });
	return end_row(&row, line);
}

const struct format table_format = {
	.header = table_header,
	.open_event = table_open_event,
	.lost = table_lost,
	.container = table_container,
	.summary = table_summary,
	.gap = table_gap,
};
