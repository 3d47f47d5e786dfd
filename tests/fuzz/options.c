// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The command line: a byte for the command, then its words, each ended by a NUL. */
#include "options.h"

#include "fuzz.h"

#define WORDS 32

static const struct command commands[] = {
	{ .name = "trace", .bit = CMD_TRACE },
	{ .name = "run", .bit = CMD_RUN, .takes_command = true },
	{ .name = "ps", .bit = CMD_PS },
	{ .name = "doctor", .bit = CMD_DOCTOR },
	{ .name = "report", .bit = CMD_REPORT, .takes_files = true },
	{ .name = "top", .bit = CMD_TOP },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	const struct command *cmd =
		&commands[take_byte(&in) % (sizeof(commands) / sizeof(*commands))];
	char *words[WORDS + 2] = { strdup("ctrace") }, *argv[WORDS + 2];
	struct options o = {};
	struct error err = {};
	int argc = 1, r;

	while (in.len && argc <= WORDS) {
		words[argc] = take_string(&in, SIZE_MAX);
		argc++;
	}
	memcpy(argv, words, sizeof(argv)); /* the parser sorts it */
	r = options_parse(&o, cmd, argc, argv, &err);
	MUST(r <= 0);
	MUST(!r || (err.code && err.text[0]));
	options_free(&o);
	for (int i = 0; i < argc; i++)
		free(words[i]);
	return 0;
}
