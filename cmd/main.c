// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "help.h"
#include "say.h"

#ifndef CTRACE_VERSION
#error "the Makefile gives CTRACE_VERSION"
#endif

int stdout_flushed(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_OK;
	say("can't write to stdout: %s", strerror(errno));
	return EXIT_FAILED;
}

static int help(const struct command *cmd)
{
	help_write(stdout, cmd, false);
	return stdout_flushed();
}

static int unknown_command(const char *name)
{
	say("unknown command '%s'; 'ctrace --help' lists all, and --container %s means a container",
	    name, name);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const struct command *cmd = &commands[0];
	struct options o = {};
	struct error err = {};
	int code;

	if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
		puts("ctrace " CTRACE_VERSION);
		return stdout_flushed();
	}
	if (argc > 1 && argv[1][0] != '-') {
		cmd = command_find(argv[1]);
		if (!cmd)
			return unknown_command(argv[1]);
		argc--;
		argv++;
	}

	o.version = CTRACE_VERSION;
	o.node_name = getenv("NODE_NAME");
	if (options_parse(&o, cmd, argc, argv, &err) < 0) {
		say("%s", err.text);
		code = EXIT_USAGE;
	} else {
		code = o.help ? help(cmd) : cmd->main(&o);
	}
	options_free(&o);
	return code;
}
