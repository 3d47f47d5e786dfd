// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* fish's complete(1): a line an option. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "completion.h"
#include "option_table.h"

/* As a word in '...'. */
static void put_quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++)
		printf(strchr("'\\", *text) ? "\\%c" : "%c", *text);
	putchar('\'');
}

/*
 * When an option is offered: trace needs not be named, so what it takes is offered unless
 * a command is there that does not.
 */
static void put_condition(unsigned int bits)
{
	bool of_trace = bits & CMD_TRACE;
	const char *start = of_trace ? " -n 'not __fish_seen_subcommand_from"
				     : " -n '__fish_seen_subcommand_from";
	bool any = false;

	for (size_t i = 0; i < command_count; i++)
		if (!(bits & commands[i].bit) == of_trace) {
			printf("%s %s", any ? "" : start, commands[i].name);
			any = true;
		}
	if (any)
		putchar('\'');
}

static void put_values(const char *values)
{
	if (!values) {
		fputs(" -x", stdout);
	} else if (!strcmp(values, "@files")) {
		fputs(" -r -F", stdout);
	} else if (!strcmp(values, "@folders")) {
		fputs(" -x -a '(__fish_complete_directories)'", stdout);
	} else if (!strcmp(values, "@users")) {
		fputs(" -x -a '(__fish_complete_users)'", stdout);
	} else if (!strcmp(values, "@processes")) {
		fputs(" -x -a '(__fish_complete_pids)'", stdout);
	} else if (*values == '@') {
		printf(" -x -a '(ctrace completion %s 2>/dev/null)'", values + 1);
	} else {
		printf(" -x -a '%s'", values);
	}
}

static void put_option(const struct option_row *row)
{
	fputs("complete -c ctrace", stdout);
	put_condition(row->commands);
	if (row->letter)
		printf(" -s %c", row->letter);
	printf(" -l %s", row->name);
	if (row->arg)
		put_values(row->values);
	fputs(" -d ", stdout);
	put_quoted(row->help ? row->help : "not those");
	putchar('\n');
}

static void put_command(const struct command *cmd)
{
	printf("complete -c ctrace -n __fish_use_subcommand -a %s -d ", cmd->name);
	put_quoted(cmd->summary);
	putchar('\n');
	if (cmd->takes_command)
		printf("complete -c ctrace -n '__fish_seen_subcommand_from %s' -x -a "
		       "'(__fish_complete_subcommand --fcs-skip=2)'\n",
		       cmd->name);
	else if (cmd->words)
		printf("complete -c ctrace -n '__fish_seen_subcommand_from %s' -x -a '%s'\n",
		       cmd->name, cmd->words);
	else if (cmd->bit == CMD_REPORT)
		printf("complete -c ctrace -n '__fish_seen_subcommand_from %s' -F\n", cmd->name);
}

void completion_fish(void)
{
	puts("# Completions of ctrace for fish, as printed by: ctrace completion fish\n"
	     "complete -c ctrace -f");
	for (size_t i = 0; i < command_count; i++)
		put_command(&commands[i]);
	fputs("complete -c ctrace -n '__fish_seen_subcommand_from help' -x -a '", stdout);
	for (size_t i = 0; i < command_count; i++)
		printf("%s%s", i ? " " : "", commands[i].name);
	puts("'\ncomplete -c ctrace -n __fish_use_subcommand -l version -d 'what this is'");
	for (size_t i = 0; i < option_row_count; i++)
		if (option_is_real(&option_rows[i]))
			put_option(&option_rows[i]);
}
