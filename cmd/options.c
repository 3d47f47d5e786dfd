// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "option_table.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* What is left out must be told, and how often was not said. */
#define SUMMARY_DEFAULT_NS 60000000000ull

#define LONG_BASE 256 /* getopt's value for row i is LONG_BASE + i, letter or not */

struct getopt_tables {
	struct option longs[OPTION_ROWS_MAX + 1];
	char shorts[2 * OPTION_ROWS_MAX + 3];
};

static void getopt_tables(struct getopt_tables *t, const struct command *cmd)
{
	struct option *l = t->longs;
	char *s = t->shorts;

	*s++ = cmd->takes_command ? '+' : '-'; /* stop at the first word, or hand words over */
	*s++ = ':';                            /* tell a missing value from an unknown option */
	for (size_t i = 0; i < option_row_count; i++) {
		if (!(option_rows[i].commands & cmd->bit) || !option_is_real(&option_rows[i]))
			continue;
		*l++ = (struct option){
			.name = option_rows[i].name,
			.has_arg = option_rows[i].arg ? required_argument : no_argument,
			.val = LONG_BASE + i,
		};
		if (option_rows[i].letter)
			*s++ = option_rows[i].letter;
		if (option_rows[i].letter && option_rows[i].arg)
			*s++ = ':';
	}
	*s = '\0';
	*l = (struct option){};
}

static const struct option_row *row_of(int value)
{
	if (value >= LONG_BASE && value < LONG_BASE + (int)option_row_count)
		return &option_rows[value - LONG_BASE];
	for (size_t i = 0; i < option_row_count; i++)
		if (value && option_rows[i].letter == value)
			return &option_rows[i];
	return NULL;
}

static int unknown_option(const struct command *cmd, const char *option, struct error *err)
{
	bool is_first = cmd->bit == CMD_TRACE; /* the command that needs no name */

	return error_say(err, -EINVAL, "unknown option '%s'; 'ctrace%s%s --help' lists all", option,
			 is_first ? "" : " ", is_first ? "" : cmd->name);
}

/* A container's name, as a rule. */
static int stray_word(const struct command *cmd, const char *word, struct error *err)
{
	for (size_t i = 0; i < option_row_count; i++)
		if (option_rows[i].commands & cmd->bit && !strcmp(option_rows[i].name, "container"))
			return error_say(err, -EINVAL,
					 "'%s' is not an option; did you mean --container %s?",
					 word, word);
	return error_say(err, -EINVAL, "'%s' is not an option; 'ctrace %s --help' lists all", word,
			 cmd->name);
}

static int bad_option(const struct command *cmd, int value, char **argv, struct error *err)
{
	const char letter[] = { '-', (char)optopt, '\0' };
	const struct option_row *row = row_of(optopt);

	if (value == ':' && row)
		return error_say(err, -EINVAL, "--%s needs a value: --%s %s", row->name, row->name,
				 row->arg);
	if (row && optopt >= LONG_BASE)
		return error_say(err, -EINVAL, "--%s takes no value", row->name);
	return unknown_option(cmd, optopt ? letter : argv[optind - 1], err);
}

static int set_row(struct options *o, const struct option_row *row, const char *value,
		   struct error *err)
{
	if (row->set)
		return row->set(o, value, err);
	((char *)o)[row->flag] = 1;
	return 0;
}

/* Those to be shown come first; the selector's follow. */
static int set_label_keys(struct options *o, struct error *err)
{
	const struct string_list lists[] = {
		o->selector.wanted[SELECT_LABEL],
		o->selector.excluded[SELECT_LABEL],
	};
	size_t shown = o->label_words.count;

	for (size_t k = 0; k < COUNT_OF(lists); k++)
		for (size_t i = 0; i < lists[k].count; i++) {
			int r = option_list_add(&o->label_words, lists[k].at[i], err);

			if (r < 0)
				return r;
		}
	o->label_keys = (struct label_keys){ o->label_words.at, o->label_words.count, shown };
	return 0;
}

int options_parse(struct options *o, const struct command *cmd, int argc, char **argv,
		  struct error *err)
{
	struct getopt_tables t;
	int value, r;

	getopt_tables(&t, cmd);
	opterr = 0;
	optind = 0; /* glibc: start over, and read the tables' first characters */
	while ((value = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
		const struct option_row *row = row_of(value);

		if (value == 1 && cmd->takes_files) {
			r = option_list_add(&o->files, optarg, err);
			if (r < 0)
				return r;
			continue;
		}
		if (value == 1)
			return stray_word(cmd, optarg, err);
		if (!row)
			return bad_option(cmd, value, argv, err);
		r = set_row(o, row, optarg, err);
		if (r < 0)
			return r;
	}
	r = set_label_keys(o, err);
	if (r < 0)
		return r;
	if (!o->summary_ns && (o->filters.dedup_ns || o->filters.rate))
		o->summary_ns = SUMMARY_DEFAULT_NS;
	o->command = argv + optind;
	for (; cmd->takes_files && *o->command; o->command++)
		if (option_list_add(&o->files, *o->command, err) < 0)
			return -ENOMEM;
	return !cmd->takes_command && *o->command ? stray_word(cmd, *o->command, err) : 0;
}

void options_free(struct options *o)
{
	selector_free(&o->selector);
	string_list_free(&o->cgroups);
	string_list_free(&o->label_words);
	string_list_free(&o->runtime_roots);
	string_list_free(&o->files);
}
