// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "output/utf8.h"
#include "output/visible.h"
#include "top/view.h"

#define TEXT_BYTES_MAX 1500 /* of a cell, where there is no terminal; a byte is four at most */
#define NAME_COLUMNS   24

void top_text_rate(char out[static 16], double rate)
{
	if (rate < 0.05)
		strcpy(out, "-");
	else if (rate < 99.95)
		snprintf(out, 16, "%.1f", rate);
	else if (rate < 999999.5)
		snprintf(out, 16, "%.0f", rate);
	else
		snprintf(out, 16, "%.2fM", rate / 1e6);
}

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){ text, strlen(text) };
}

/*
 * A cell of so many columns (0: any number): what does not fit loses its end, or its
 * beginning.  Returns the columns that it took.
 */
static size_t put_cell(char **to, const char *text, unsigned int columns, bool tail)
{
	struct bytes all = bytes_of(text), shown = all;
	size_t max = columns ? columns : TEXT_BYTES_MAX;

	if (utf8_cost(all, visible_columns) > max)
		shown = (tail ? utf8_tail : utf8_head)(all, max - 1, visible_columns);
	if (tail && shown.len < all.len)
		*to = stpcpy(*to, "…");
	*to = visible_put(*to, shown);
	if (!tail && shown.len < all.len)
		*to = stpcpy(*to, "…");
	**to = '\0';
	return utf8_cost(shown, visible_columns) + (shown.len < all.len);
}

/* Our own words: ASCII but for what put_cell() made of a name. */
static void cut(char *line, unsigned int columns)
{
	struct bytes shown;

	if (!columns)
		return;
	shown = utf8_head(bytes_of(line), columns, visible_columns);
	line[shown.len] = '\0';
}

static char *put_numbers(char *to, const struct counter_row *row)
{
	char rates[COUNTERS][16];

	for (int c = 0; c < COUNTERS; c++)
		top_text_rate(rates[c], row->rate[c]);
	return to + sprintf(to, "%9s %9s %9s %11llu  ", rates[COUNT_OPENS], rates[COUNT_FAILURES],
			    rates[COUNT_WRITES], (unsigned long long)row->before[COUNT_OPENS]);
}

#define NUMBER_COLUMNS 43

/* The error stays, the path keeps its end. */
static void put_failing(char *to, const char *text, unsigned int columns)
{
	const char *path = strchr(text, ' ');
	size_t len = path ? path + 1 - text : 0;

	memcpy(to, text, len);
	to += len;
	put_cell(&to, text + len, columns > len ? columns - len : columns, true);
}

/* A short cell and what there is to add, which begins below its title. */
static void put_two(char *to, const struct counter_row *row, unsigned int columns)
{
	bool has_room = !columns || columns > NAME_COLUMNS + 3;
	unsigned int name = has_room || columns > NAME_COLUMNS ? NAME_COLUMNS : columns;
	size_t taken = put_cell(&to, row->text, columns ? name : 0, false);

	if (!row->detail || !*row->detail || !has_room)
		return;
	do
		*to++ = ' ';
	while (++taken < NAME_COLUMNS + 1);
	put_cell(&to, row->detail, columns ? columns - NAME_COLUMNS - 1 : 0, false);
}

void top_text_row(char line[static TOP_LINE_BYTES], enum top_table table,
		  const struct counter_row *row, unsigned int columns)
{
	char *to = put_numbers(line, row);
	unsigned int left = columns > NUMBER_COLUMNS + 1 ? columns - NUMBER_COLUMNS : 0;

	if (columns && !left)
		cut(line, columns);
	else if (table == TOP_PATHS)
		put_cell(&to, row->text, left, true);
	else if (table == TOP_FAILING)
		put_failing(to, row->text, left);
	else
		put_two(to, row, left);
}

void top_text_titles(char line[static TOP_LINE_BYTES], enum top_table table, unsigned int columns)
{
	static const char *const names[TOP_TABLES][2] = {
		[TOP_CONTAINERS] = { "CONTAINER", "POD, IMAGE" },
		[TOP_PATHS] = { "PATH", "" },
		[TOP_FAILING] = { "ERROR AND PATH", "" },
		[TOP_PROCESSES] = { "PID", "COMMAND" },
	};
	const char *const *name = names[table];
	int n = sprintf(line, "%9s %9s %9s %11s  ", "OPENS/S", "FAILED/S", "WRITES/S", "OPENS");

	if (*name[1])
		sprintf(line + n, "%-*s %s", NAME_COLUMNS, name[0], name[1]);
	else
		strcpy(line + n, name[0]);
	cut(line, columns);
}

void top_text_sums(char line[static TOP_LINE_BYTES], const struct top_sums *sums,
		   const struct top_view *v, unsigned int columns)
{
	char opens[16], failures[16], writes[16];
	int n;

	top_text_rate(opens, sums->rate[COUNT_OPENS]);
	top_text_rate(failures, sums->rate[COUNT_FAILURES]);
	top_text_rate(writes, sums->rate[COUNT_WRITES]);
	n = sprintf(line, "%zu container%s: %s opens/s, %s failed, %s to write; %llu lost",
		    sums->containers, sums->containers == 1 ? "" : "s", opens, failures, writes,
		    (unsigned long long)sums->lost);
	if (v && v->open_id && sums->unlisted)
		sprintf(line + n, "; %llu not listed by path", (unsigned long long)sums->unlisted);
	cut(line, columns);
}
