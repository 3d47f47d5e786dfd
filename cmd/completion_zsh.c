// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* zshcompsys(1): specifications for _arguments. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "completion.h"
#include "option_table.h"

static const char head[] = "#compdef ctrace\n"
			   "# Completions of ctrace for zsh, as printed by: ctrace completion zsh\n"
			   "_ctrace_names() {\n"
			   "    local -a names\n"
			   "    names=(${(f)\"$(ctrace completion $1 2>/dev/null)\"})\n"
			   "    compadd -a names\n"
			   "}\n";

static const char tail[] = "    esac\n"
			   "}\n"
			   "if [[ $funcstack[1] == _ctrace ]]; then _ctrace \"$@\"; else compdef "
			   "_ctrace ctrace; fi\n";

/* Inside of '...', with the characters of special escaped. */
static void put_quoted(const char *text, const char *special)
{
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			printf(strchr(special, *text) ? "\\%c" : "%c", *text);
}

static void put_action(const char *values)
{
	static const struct {
		const char *kind, *action;
	} actions[] = {
		{ "@files", "_files" },
		{ "@folders", "_files -/" },
		{ "@users", "_users" },
		{ "@processes", "_pids" },
	};

	for (size_t i = 0; values && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(values, actions[i].kind)) {
			fputs(actions[i].action, stdout);
			return;
		}
	if (values)
		printf(*values == '@' ? " _ctrace_names %s" : "(%s)", values + (*values == '@'));
	else
		putchar(' ');
}

static void put_spec(const char *dashes, const char *name, const char *equals,
		     const struct option_row *row)
{
	printf(" \\\n            '*%s%s%s[", dashes, name, row->arg ? equals : "");
	put_quoted(row->help ? row->help : "not those", "[]\\");
	putchar(']');
	if (row->arg) {
		putchar(':');
		put_quoted(row->arg, ":\\");
		putchar(':');
		put_action(row->values);
	}
	putchar('\'');
}

static void put_specs(const struct command *cmd)
{
	for (size_t i = 0; i < option_row_count; i++) {
		const struct option_row *row = &option_rows[i];
		const char letter[] = { row->letter, '\0' };

		if (!(row->commands & cmd->bit) || !option_is_real(row))
			continue;
		put_spec("--", row->name, "=", row);
		if (row->letter)
			put_spec("-", letter, "+", row);
	}
}

static void put_command_names(void)
{
	for (size_t i = 0; i < command_count; i++)
		printf(" %s", commands[i].name);
}

static void put_words(const struct command *cmd)
{
	if (cmd->bit == CMD_HELP) {
		fputs(" \\\n            '1:command:(", stdout);
		put_command_names();
		fputs(")'", stdout);
	} else if (cmd->words) {
		printf(" \\\n            '1:what:(%s)'", cmd->words);
	} else if (cmd->takes_files) {
		fputs(" \\\n            '*:events:_files'", stdout);
	} else if (cmd->takes_command) {
		fputs(" \\\n            '*:: :_normal'", stdout);
	}
}

static void put_command_list(void)
{
	fputs("_ctrace() {\n    local command=trace\n    local -a commands\n    commands=(",
	      stdout);
	for (size_t i = 0; i < command_count; i++) {
		printf("\n        '%s:", commands[i].name);
		put_quoted(commands[i].summary, "\\");
		putchar('\'');
	}
	fputs("\n    )\n"
	      "    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
	      "        _describe command commands\n"
	      "        return\n"
	      "    fi\n"
	      "    if (( ${commands[(I)$words[2]:*]} )); then\n"
	      "        command=$words[2]\n"
	      "        shift words\n"
	      "        (( CURRENT-- ))\n"
	      "    fi\n"
	      "    case $command in\n",
	      stdout);
}

void completion_zsh(void)
{
	fputs(head, stdout);
	put_command_list();
	for (size_t i = 0; i < command_count; i++) {
		printf("    %s)\n        _arguments -s -S", commands[i].name);
		put_specs(&commands[i]);
		if (commands[i].bit == CMD_TRACE)
			fputs(" \\\n            '--version[what this is]'", stdout);
		put_words(&commands[i]);
		fputs("\n        ;;\n", stdout);
	}
	fputs(tail, stdout);
}
