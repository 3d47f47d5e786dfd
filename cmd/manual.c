// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* ctrace.1, made of the tables of commands and options.  man-pages(7), groff_man(7). */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "option_table.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

enum { LINE_COLUMNS = 72 }; /* of the source, escapes not counted */

struct entry {
	const char *name, *meaning; /* meaning: NULL ends a list */
};

static const struct entry statuses[] = {
	{ "0", "All went well, also where a signal, --duration or --count ended it." },
	{ "1", "It could not be done; one line on stderr says what, and what helps." },
	{ "2", "The command line is wrong." },
	{ "N",
	  "Of run: the command's own, or 128 and the signal that ended it; where that is 0, what "
	  "ctrace itself has to say." },
	{},
};

static const struct entry environment[] = {
	{ "NODE_NAME", "The name of the Kubernetes node, for the events." },
	{ "NO_COLOR", "Nothing is coloured where this is set, but with --color always." },
	{ "TERM", "The kind of terminal, for top." },
	{ "TZ", "The time zone of tables." },
	{},
};

/* Text that is no markup. */
static void put_chars(const char *text, size_t len)
{
	if (len && *text == '.')
		fputs("\\&", stdout);
	for (; len--; text++)
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '\'')
			fputs("\\(aq", stdout);
		else
			putchar(*text);
}

static void put_text(const char *text)
{
	put_chars(text, strlen(text));
}

/* The same in short lines: a sentence begins one, and so does what would make one too long. */
static void put_prose(const char *text)
{
	size_t column = 0, len;

	for (; (len = strcspn(text, " ")), text[len]; text += len + 1) {
		bool ends = len && text[len - 1] == '.';

		put_chars(text, len);
		column += len + 1;
		if (ends || column + strcspn(text + len + 1, " ") > LINE_COLUMNS)
			column = 0;
		putchar(column ? ' ' : '\n');
	}
	put_text(text);
}

/* font: B or I. */
static void put_font(const char *font, const char *text)
{
	printf("\\f%s", font);
	put_text(text);
	fputs("\\fR", stdout);
}

static void put_section(const char *title)
{
	printf(".SH \"%s\"\n", title);
}

/* "a" and "b" as sentences: A. B */
static void put_sentences(const char *first, const char *rest)
{
	putchar(toupper((unsigned char)*first));
	put_prose(first + 1);
	puts(first[strlen(first) - 1] == '.' ? "" : ".");
	if (rest) {
		put_prose(rest);
		putchar('\n');
	}
}

static void put_synopsis(void)
{
	put_section("SYNOPSIS");
	for (size_t i = 0; i < command_count; i++) {
		fputs(i ? ".br\n" : "", stdout);
		put_font("B", "ctrace");
		putchar(' ');
		put_text(commands[i].usage);
		putchar('\n');
	}
}

static void put_commands(void)
{
	put_section("COMMANDS");
	for (size_t i = 0; i < command_count; i++) {
		fputs(".TP\n", stdout);
		put_font("B", commands[i].name);
		putchar('\n');
		put_sentences(commands[i].summary, commands[i].about);
	}
}

static void put_takers(const struct option_row *row)
{
	const char *before = "For ";

	for (size_t i = 0; i < command_count; i++)
		if (row->commands & commands[i].bit) {
			fputs(before, stdout);
			put_font("B", commands[i].name);
			before = ",\n";
		}
	fputs(".\n", stdout);
}

static void put_option(const struct option_row *row)
{
	fputs(".TP\n", stdout);
	if (row->letter)
		printf("\\fB\\-%c\\fR, ", row->letter);
	fputs("\\fB\\-\\-", stdout);
	put_text(row->name);
	fputs("\\fR", stdout);
	if (row->arg) {
		putchar(' ');
		put_font("I", row->arg);
	}
	putchar('\n');
	if (row->help)
		put_sentences(row->help, row->more);
	else
		fputs("Not those.\n", stdout);
	put_takers(row);
}

static void put_options(void)
{
	put_section("OPTIONS");
	for (size_t i = 0; i < option_row_count; i++) {
		if (option_rows[i].group)
			printf(".SS \"%s\"\n", option_rows[i].group);
		if (option_is_real(&option_rows[i]))
			put_option(&option_rows[i]);
	}
}

static void put_entry(const char *name, const char *meaning)
{
	fputs(".TP\n", stdout);
	put_font("B", name);
	putchar('\n');
	put_prose(meaning);
	putchar('\n');
}

static void put_list(const char *title, const struct entry *entries)
{
	put_section(title);
	for (; entries->meaning; entries++)
		put_entry(entries->name, entries->meaning);
}

static void put_examples(void)
{
	put_section("EXAMPLES");
	for (size_t i = 0; i < command_count; i++)
		for (size_t k = 0; k < COUNT_OF(commands[i].examples); k++) {
			const struct example *e = &commands[i].examples[k];

			put_entry(e->line, *e->comment ? e->comment : commands[i].summary);
		}
}

int manual_main(const struct options *o)
{
	printf(".TH CTRACE 1 \"\" \"ctrace %s\"\n", o->version);
	put_section("NAME");
	fputs("ctrace \\- the files that containers open\n", stdout);
	put_synopsis();
	put_commands();
	put_options();
	put_list("EXIT STATUS", statuses);
	put_list("ENVIRONMENT", environment);
	put_examples();
	put_section("SEE ALSO");
	fputs(".BR cgroups (7),\n.BR capabilities (7),\n.BR bpf (2)\n", stdout);
	return stdout_flushed();
}
