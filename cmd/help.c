// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 *	usage: ctrace ps [OPTIONS]
 *	List the containers of this host.
 *	Containers: --pod --namespace --image
 *	  -c, --container X          a container: id, prefix of it (4+) or name
 *
 *	Examples:
 *	  ctrace ps                             for people
 */
#include "help.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "option_table.h"
#include "say.h"

/* Text between margins, as words come. */
struct flow {
	FILE *f;
	unsigned int column;
};

static void flow_word(struct flow *flow, const char *before, const char *word, const char *after)
{
	unsigned int len = strlen(before) + strlen(word) + strlen(after);

	if (flow->column + 1 + len > HELP_COLUMNS) {
		fputs("\n ", flow->f);
		flow->column = 1;
	}
	fprintf(flow->f, "%s%s%s%s", flow->column ? " " : "", before, word, after);
	flow->column += len + (flow->column ? 1 : 0);
}

static bool takes(const struct command *cmd, const struct option_row *row)
{
	return row->commands & cmd->bit && row->help;
}

/* The rows from i on that have one heading. */
static size_t group_end(size_t i)
{
	do
		i++;
	while (i < option_row_count && !option_rows[i].group);
	return i;
}

static bool explained(const struct option_row *row, bool all)
{
	return all || row->rank == RANK_COMMON;
}

static void write_row(FILE *f, const struct option_row *row)
{
	char left[64];

	snprintf(left, sizeof(left), "%c%c%s --%s%s%s", row->letter ? '-' : ' ',
		 row->letter ? row->letter : ' ', row->letter ? "," : " ", row->name,
		 row->arg ? " " : "", row->arg ? row->arg : "");
	fprintf(f, "  %-26s %s\n", left, row->help);
}

/* Those that are not explained go beside the heading. */
static void write_heading(FILE *f, const struct command *cmd, size_t from, size_t to, bool all)
{
	struct flow flow = { .f = f };

	fputs(all ? "\n" : "", f);
	flow_word(&flow, "", option_rows[from].group, ":");
	for (size_t i = from; i < to; i++)
		if (takes(cmd, &option_rows[i]) && !explained(&option_rows[i], all))
			flow_word(&flow, "--", option_rows[i].name, "");
	fputc('\n', f);
}

static void write_group(FILE *f, const struct command *cmd, size_t from, size_t to, bool all)
{
	size_t taken = 0;

	for (size_t i = from; i < to; i++)
		taken += takes(cmd, &option_rows[i]);
	if (!taken)
		return;
	write_heading(f, cmd, from, to, all);
	for (size_t i = from; i < to; i++)
		if (takes(cmd, &option_rows[i]) && explained(&option_rows[i], all))
			write_row(f, &option_rows[i]);
}

static void write_commands(FILE *f)
{
	struct flow flow = { .f = f };

	flow_word(&flow, "", "Commands:", "");
	for (size_t i = 1; i < command_count; i++)
		flow_word(&flow, "", commands[i].name, "");
	flow_word(&flow, "", "--version", "");
	fputc('\n', f);
}

static void write_command_list(FILE *f)
{
	fputs("\nCommands:\n", f);
	for (size_t i = 1; i < command_count; i++)
		fprintf(f, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("  --version  what this is\n", f);
}

static void write_help(FILE *f, const struct command *cmd, bool all)
{
	fprintf(f, "usage: ctrace %s\n%c%s.\n", cmd->usage, toupper((unsigned char)*cmd->summary),
		cmd->summary + 1);
	for (size_t i = 0; i < option_row_count; i = group_end(i))
		write_group(f, cmd, i, group_end(i), all);
	if (cmd->bit == CMD_TRACE)
		(all ? write_command_list : write_commands)(f);
	if (!all)
		fprintf(f, "Explained by 'ctrace help %s', and 'man ctrace'.\n", cmd->name);
	fputs("\nExamples:\n", f);
	for (size_t i = 0; i < sizeof(cmd->examples) / sizeof(cmd->examples[0]); i++) {
		const struct example *e = &cmd->examples[i];

		if (*e->comment)
			fprintf(f, "  %-37s %s\n", e->line, e->comment);
		else
			fprintf(f, "  %s\n", e->line);
	}
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; (text = strchr(text, '\n')); text++)
		lines++;
	return lines;
}

/* Do all options fit the screen? */
static bool fits(const struct command *cmd)
{
	char text[16384] = "";
	FILE *f = fmemopen(text, sizeof(text) - 1, "w");

	if (!f)
		return true;
	write_help(f, cmd, true);
	fclose(f);
	return count_lines(text) <= HELP_LINES;
}

void help_write(FILE *f, const struct command *cmd, bool all)
{
	write_help(f, cmd, all || fits(cmd));
}

int help_main(const struct options *o)
{
	const char *name = o->files.count ? o->files.at[0] : commands[0].name;
	const struct command *cmd = command_find(name);

	if (!cmd || o->files.count > 1) {
		say("unknown command '%s'; 'ctrace --help' lists all", cmd ? o->files.at[1] : name);
		return EXIT_USAGE;
	}
	help_write(stdout, cmd, true);
	return stdout_flushed();
}
