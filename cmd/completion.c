// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "completion.h"

#include <string.h>

#include "commands.h"
#include "say.h"

static const struct {
	const char *name;
	void (*print)(void);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
};

static int print(const char *what)
{
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (!strcmp(what, shells[i].name)) {
			shells[i].print();
			return stdout_flushed();
		}
	/* A shell that asks for names wants names, or nothing. */
	return completion_names(what) < 0 ? EXIT_FAILED : stdout_flushed();
}

/* Is it one of the words, with spaces between? */
static bool is_among(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (; words; words = strchr(words, ' ')) {
		words += *words == ' ';
		if (strcspn(words, " ") == len && !strncmp(words, word, len))
			return true;
	}
	return false;
}

int completion_main(const struct options *o)
{
	const char *words = command_find("completion")->words;

	if (o->files.count == 1 && is_among(words, o->files.at[0]))
		return print(o->files.at[0]);
	if (o->files.count)
		say("'%s' is not one of: %s", o->files.at[o->files.count - 1], words);
	else
		say("completion needs one of: %s", words);
	return EXIT_USAGE;
}
