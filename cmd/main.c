// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "session.h"

#ifndef CTRACE_VERSION
#error "the Makefile gives CTRACE_VERSION"
#endif

static const struct command commands[] = {
	{
		.name = "trace",
		.bit = CMD_TRACE,
		.usage = "[trace] [OPTIONS]",
		.summary = "show the files that containers open; all containers unless told which",
		.examples = "  ctrace --container web                one container, by name or id\n"
			    "  ctrace --failed -o table              what containers fail to open\n"
			    "  ctrace --cgroup system.slice/cron.service --writes\n",
		.main = trace_main,
	},
	{
		.name = "run",
		.bit = CMD_RUN,
		.usage = "run [OPTIONS] -- CMD [ARG...]",
		.summary = "run a command in a cgroup of its own and show what it and its children "
			   "open",
		.examples =
			"  ctrace run -- ls -l /etc              its own output goes to stderr\n"
			"  ctrace run --output ls.jsonl -- ls    ... or stays where it was\n"
			"  ctrace run --failed -o table -- make  which files does a build miss?\n",
		.takes_command = true,
		.main = run_main,
	},
	{
		.name = "ps",
		.bit = CMD_PS,
		.usage = "ps [OPTIONS]",
		.summary = "list the containers of this host",
		.examples = "  ctrace ps                             for people\n"
			    "  ctrace ps -o json                     one object a line\n"
			    "  ctrace ps --runtime-root docker=/srv/docker\n",
		.main = ps_main,
	},
	{
		.name = "doctor",
		.bit = CMD_DOCTOR,
		.usage = "doctor [OPTIONS]",
		.summary = "tell whether tracing works here, and what to do if it does not",
		.examples = "  ctrace doctor                         a line for each thing, "
			    "remedies below\n"
			    "  ctrace doctor -o json                 one object; exit status 0: it "
			    "works\n"
			    "  ctrace doctor --host-root /host       from within a container\n",
		.main = doctor_main,
	},
	{
		.name = "report",
		.bit = CMD_REPORT,
		.usage = "report [OPTIONS] [EVENTS.jsonl...]",
		.summary = "make a page of recorded events ('-': stdin), or of what is traced now",
		.examples = "  ctrace report --container web --duration 60s -O report.html\n"
			    "  ctrace report monday.jsonl -O monday.html\n"
			    "  ctrace report -c web monday.jsonl --profile apparmor\n",
		.takes_files = true,
		.main = report_main,
	},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* The exit code of a command that has said all it has to say. */
static int flushed(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_OK;
	say("write to stdout: %s", strerror(errno));
	return EXIT_FAILED;
}

static int help(const struct command *cmd)
{
	printf("usage: ctrace %s\n\n%s\n", cmd->usage, cmd->summary);
	options_help(stdout, cmd);
	printf("\nExamples:\n%s", cmd->examples);
	if (cmd->bit == CMD_TRACE) {
		printf("\nOther commands (each has a --help):\n"
		       "  ctrace --version  what this is\n");
		for (size_t i = 1; i < COMMAND_COUNT; i++)
			printf("  ctrace %-10s %s\n", commands[i].name, commands[i].summary);
	}
	return flushed();
}

static int unknown_command(const char *name)
{
	say("unknown command '%s'; there are: trace, run, ps, doctor, report (and 'ctrace --help')",
	    name);
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
		return flushed();
	}
	if (argc > 1 && argv[1][0] != '-') {
		cmd = find_command(argv[1]);
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
