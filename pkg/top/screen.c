// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 *	3 containers: 1200 opens/s, 3.5 failed, 12.0 to write; 0 lost
 *	web: [1 paths]  2 failing  3 processes   by opens/s
 *	  OPENS/S  FAILED/S  WRITES/S       OPENS  PATH
 *	     12.0         -         -          70  /etc/nginx/nginx.conf
 *	...
 *	q quit  h help ...
 */
#include "top/screen.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum screen_line { SUMS_LINE, TABS_LINE, TITLES_LINE, FIRST_ROW, ALL_BUT_ROWS = FIRST_ROW + 1 };
enum screen_color { PLAIN, RED, YELLOW, DIM };

#define ROWS_MAX 1000

static SCREEN *screen;

static void start_colors(bool color)
{
	if (!color || !has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(RED, COLOR_RED, -1);
	init_pair(YELLOW, COLOR_YELLOW, -1);
	init_pair(DIM, COLOR_CYAN, -1);
}

/* What is not ASCII needs a locale that has it; the image of ctrace has none but C.UTF-8. */
static void choose_locale(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

int screen_open(bool color, struct error *err)
{
	const char *kind = getenv("TERM");

	choose_locale();
	use_env(FALSE); /* the size is the terminal's, not that of $LINES */
	use_tioctl(TRUE);
	set_escdelay(50);
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return error_say(err, -ENOTSUP, "the terminal '%s' is not known", kind ? kind : "");
	raw(); /* Ctrl-C is a key: the session takes signals of processes alone */
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	curs_set(0);
	start_colors(color);
	refresh();
	return 0;
}

void screen_close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

/* A terminal that is gone hangs up; getch() alone can't tell that from no key. */
static bool is_gone(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&in, 1, 0) > 0 && in.revents & (POLLHUP | POLLERR | POLLNVAL);
}

int screen_key(void)
{
	static const struct {
		int curses, ours;
	} keys[] = {
		{ ERR, 0 },
		{ KEY_UP, TOP_KEY_UP },
		{ KEY_DOWN, TOP_KEY_DOWN },
		{ KEY_PPAGE, TOP_KEY_PAGE_UP },
		{ KEY_NPAGE, TOP_KEY_PAGE_DOWN },
		{ KEY_HOME, TOP_KEY_HOME },
		{ KEY_END, TOP_KEY_END },
		{ KEY_ENTER, TOP_KEY_ENTER },
		{ '\r', TOP_KEY_ENTER },
		{ '\n', TOP_KEY_ENTER },
		{ KEY_RIGHT, TOP_KEY_ENTER },
		{ KEY_LEFT, TOP_KEY_BACK },
		{ 27, TOP_KEY_BACK },
		{ KEY_BACKSPACE, TOP_KEY_DELETE },
		{ 127, TOP_KEY_DELETE },
		{ 8, TOP_KEY_DELETE },
	};
	int key = is_gone() ? -2 : getch();

	if (key == -2)
		return -1;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (key == keys[i].curses)
			return keys[i].ours;
	return key;
}

/* Looked at, not told: SIGWINCH would need a handler beside the session's signals. */
bool screen_resized(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col ||
	    (size.ws_row == LINES && size.ws_col == COLS))
		return false;
	resizeterm(size.ws_row, size.ws_col);
	clear();
	return true;
}

/* --- drawing ----------------------------------------------------------------------- */

static void put_line(int y, const char *text, attr_t attributes, short color)
{
	if (y < 0 || y >= LINES)
		return;
	move(y, 0);
	attr_set(attributes, color, NULL);
	addstr(text);
	if (attributes & A_REVERSE) /* to the edge */
		for (int x = getcurx(stdscr); getcury(stdscr) == y && x < COLS; x++)
			addch(' ');
	attr_set(A_NORMAL, PLAIN, NULL);
	if (!(attributes & A_REVERSE) && getcury(stdscr) == y)
		clrtoeol();
}

static const char *order_name(const struct top_view *v)
{
	static const char *const names[COUNTERS][2] = {
		[COUNT_OPENS] = { "opens/s", "opens" },
		[COUNT_FAILURES] = { "failed/s", "failed" },
		[COUNT_WRITES] = { "writes/s", "writes" },
	};

	return v->by_name ? "name" : names[v->by][v->total];
}

static void draw_tabs(const struct top_view *v)
{
	static const char *const tabs[] = { "1 paths", "2 failing", "3 processes" };
	char line[512];
	int n = 0;

	if (v->open_id) {
		n = snprintf(line, sizeof(line), "%s:", v->open_name);
		for (int i = 0; i < 3; i++) {
			bool on = v->table == (enum top_table)(TOP_PATHS + i);

			n += snprintf(line + n, sizeof(line) - n, on ? " [%s]" : "  %s ", tabs[i]);
		}
		n += snprintf(line + n, sizeof(line) - n, "   ");
	}
	snprintf(line + n, sizeof(line) - n, "by %s%s", order_name(v),
		 v->paused ? "   PAUSED" : "");
	line[COLS < (int)sizeof(line) ? COLS : (int)sizeof(line) - 1] = '\0';
	put_line(TABS_LINE, line, A_BOLD, PLAIN);
}

static short color_of(const struct counter_row *row)
{
	if (row->rate[COUNT_FAILURES] > 0)
		return RED;
	return row->rate[COUNT_WRITES] > 0 ? YELLOW : PLAIN;
}

static void draw_rows(struct top_view *v, const struct top *top)
{
	static struct counter_row *rows[ROWS_MAX];
	size_t room = LINES > ALL_BUT_ROWS ? LINES - ALL_BUT_ROWS : 0, first;
	size_t n = top_view_rows(v, top, rows, ROWS_MAX);
	char line[TOP_LINE_BYTES];

	n = n < ROWS_MAX ? n : ROWS_MAX;
	v->rows = room;
	first = v->selected >= room ? v->selected - room + 1 : 0;
	for (size_t i = 0; i < room; i++) {
		size_t at = first + i;

		if (at >= n) {
			put_line(FIRST_ROW + i, at || i ? "" : "  nothing yet", A_NORMAL, PLAIN);
			continue;
		}
		top_text_row(line, v->table, rows[at], COLS);
		put_line(FIRST_ROW + i, line, at == v->selected ? A_REVERSE : A_NORMAL,
			 color_of(rows[at]));
	}
}

static void draw_help(void)
{
	static const char *const help[] = {
		"up down, j k      choose a row; also page up, page down, g, G",
		"enter, right      open a container: its paths, what fails, its processes",
		"tab, 1 2 3        which of these",
		"esc, left         back to all containers",
		"o f w             sort by opens, failed opens, opens for writing",
		"t n               ... in all, not a second; by name",
		"/                 show only what has this in its name (enter: done, esc: all)",
		"p, space          pause: the counts stand still, counting goes on",
		"q, Ctrl-C         quit",
		"",
		"Counts are exact; a path's may lack those that the kernel had to forget.",
	};

	for (int i = TABS_LINE; i < LINES - 1; i++) {
		size_t at = i - FIRST_ROW;

		put_line(i, i >= FIRST_ROW && at < sizeof(help) / sizeof(help[0]) ? help[at] : "",
			 A_NORMAL, PLAIN);
	}
}

static void draw_last_line(const struct top_view *v, const char *message)
{
	char line[512];

	if (*v->filter || v->typing)
		snprintf(line, sizeof(line), "filter: %s%s", v->filter,
			 v->typing ? "_  (enter: done, esc: all)" : "  (/: change, esc: all)");
	else
		snprintf(line, sizeof(line), "%s",
			 message ? message
				 : "q quit  h help  enter open  esc back  / filter  o f w t n sort "
				   " p pause");
	if (COLS - 1 < (int)sizeof(line))
		line[COLS - 1] = '\0';
	put_line(LINES - 1, line, A_NORMAL, DIM);
}

void screen_draw(struct top_view *v, const struct top *top, const char *message)
{
	struct top_sums sums;
	char line[TOP_LINE_BYTES];

	top_sums(top, &sums);
	top_text_sums(line, &sums, v, COLS);
	put_line(SUMS_LINE, line, A_NORMAL, PLAIN);
	if (v->help) {
		draw_help();
	} else {
		draw_tabs(v);
		top_text_titles(line, v->table, COLS);
		put_line(TITLES_LINE, line, A_BOLD, DIM);
		draw_rows(v, top);
	}
	draw_last_line(v, message);
	refresh();
}
