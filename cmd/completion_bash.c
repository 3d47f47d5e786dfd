// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* bash(1), "Programmable Completion"; nothing of the bash-completion package is needed. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "completion.h"
#include "option_table.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Bash splits words at = and :, so what stands before the cursor is taken from the line. */
static const char head[] =
	"# Completions of ctrace for bash, as printed by: ctrace completion bash\n"
	"_ctrace()\n"
	"{\n"
	"    local line=${COMP_LINE:0:COMP_POINT} command=trace cur prev options='' words='' word\n"
	"    local -a typed\n"
	"    read -ra typed <<<\"$line\"\n"
	"    [[ $line == *[[:space:]] ]] && typed+=('')\n"
	"    cur=${typed[-1]}\n"
	"    prev=${typed[-2]}\n"
	"    COMPREPLY=()\n"
	"    if [[ $cur == --*=* ]]; then\n"
	"        prev=${cur%%=*}\n"
	"        cur=${cur#*=}\n"
	"    fi\n";

static const char values_head[] = "    case $prev in\n";

static const char tail[] =
	"    *)\n"
	"        if [[ ${#typed[@]} == 2 && $cur != -* ]]; then words=$commands; fi\n"
	"        if [[ $command == report && $cur != -* ]]; then\n"
	"            mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	"            compopt -o filenames 2>/dev/null\n"
	"            return\n"
	"        fi\n"
	"        ;;\n"
	"    esac\n"
	"    [[ $cur == -* ]] && words=$options\n"
	"    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	"    # what stands before the last : is not replaced\n"
	"    if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then\n"
	"        word=${cur%\"${cur##*:}\"}\n"
	"        COMPREPLY=(\"${COMPREPLY[@]#\"$word\"}\")\n"
	"    fi\n"
	"}\n"
	"complete -F _ctrace ctrace\n";

static const char run_command[] =
	"    if [[ $command == run ]]; then\n"
	"        for ((word = 2; word < ${#typed[@]} - 1; word++)); do\n"
	"            [[ ${typed[word]} == -- ]] || continue\n"
	"            if ((word == ${#typed[@]} - 2)); then\n"
	"                mapfile -t COMPREPLY < <(compgen -c -- \"$cur\")\n"
	"            else\n"
	"                mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	"                compopt -o filenames 2>/dev/null\n"
	"            fi\n"
	"            return\n"
	"        done\n"
	"    fi\n";

static void print_options(const struct command *cmd)
{
	printf("    %s) options='", cmd->name);
	for (size_t i = 0; i < option_row_count; i++)
		if (option_rows[i].commands & cmd->bit && option_is_real(&option_rows[i]))
			printf("--%s ", option_rows[i].name);
	printf("%s' ;;\n", cmd->bit == CMD_TRACE ? "--version" : "");
}

static void print_commands(void)
{
	fputs("    local commands='", stdout);
	for (size_t i = 0; i < command_count; i++)
		printf("%s%s", i ? " " : "", commands[i].name);
	fputs("'\n    case ${typed[1]} in\n    ", stdout);
	for (size_t i = 0; i < command_count; i++)
		printf("%s%s", i ? " | " : "", commands[i].name);
	fputs(") command=${typed[1]} ;;\n    esac\n    case $command in\n", stdout);
	for (size_t i = 0; i < command_count; i++)
		print_options(&commands[i]);
	fputs("    esac\n", stdout);
}

static void print_action(const char *values)
{
	static const struct {
		const char *kind, *action;
	} actions[] = {
		{ "@files", "-f" },
		{ "@folders", "-d" },
		{ "@users", "-u" },
	};

	for (size_t i = 0; values && i < COUNT_OF(actions); i++)
		if (!strcmp(values, actions[i].kind)) {
			printf("        mapfile -t COMPREPLY < <(compgen %s -- \"$cur\")\n"
			       "        compopt -o filenames 2>/dev/null\n"
			       "        return\n",
			       actions[i].action);
			return;
		}
	if (values && !strcmp(values, "@processes"))
		puts("        words=$(printf '%s ' /proc/[0-9]*) words=${words//\\/proc\\//}");
	else if (values && *values == '@')
		printf("        words=$(\"${1:-ctrace}\" completion %s 2>/dev/null)\n", values + 1);
	else if (values)
		printf("        words='%s'\n", values);
	else
		puts("        return");
}

static void print_values(const struct option_row *row)
{
	if (!option_is_real(row) || !row->arg)
		return;
	printf("    --%s", row->name);
	if (row->letter)
		printf(" | -%c", row->letter);
	fputs(")\n", stdout);
	print_action(row->values);
	fputs("        ;;\n", stdout);
}

static void print_command_words(void)
{
	fputs("    help) words=$commands ;;\n", stdout);
	for (size_t i = 0; i < command_count; i++)
		if (commands[i].words)
			printf("    %s) words='%s' ;;\n", commands[i].name, commands[i].words);
}

void completion_bash(void)
{
	fputs(head, stdout);
	print_commands();
	fputs(run_command, stdout);
	fputs(values_head, stdout);
	for (size_t i = 0; i < option_row_count; i++)
		print_values(&option_rows[i]);
	print_command_words();
	fputs(tail, stdout);
}
