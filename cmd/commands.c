// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "commands.h"

#include <string.h>

/* clang-format off */
const struct command commands[] = {
	{
		.name = "trace",
		.bit = CMD_TRACE,
		.usage = "[trace] [OPTIONS]",
		.summary = "show the files that containers open; all containers unless told which",
		.about = "Each open is one JSON object a line on stdout, or a row of a table. "
			 "Messages go to stderr; 'ctrace: tracing' there says that no open is missed "
			 "from now on.",
		.examples = {
			{ "ctrace --container web", "one container, by name or id" },
			{ "ctrace --failed -o table", "what containers fail to open" },
			{ "ctrace --cgroup system.slice/cron.service --writes", "" },
		},
		.main = trace_main,
	},
	{
		.name = "run",
		.bit = CMD_RUN,
		.usage = "run [OPTIONS] -- CMD [ARG...]",
		.summary = "run a command in a cgroup of its own and show what it opens",
		.about = "Its children and theirs are traced with it. The exit status is the command's.",
		.examples = {
			{ "ctrace run -- ls -l /etc", "its own output goes to stderr" },
			{ "ctrace run --output ls.jsonl -- ls", "... or stays where it was" },
			{ "ctrace run --failed -o table -- make", "which files does a build miss?" },
		},
		.takes_command = true,
		.main = run_main,
	},
	{
		.name = "ps",
		.bit = CMD_PS,
		.usage = "ps [OPTIONS]",
		.summary = "list the containers of this host",
		.examples = {
			{ "ctrace ps", "for people" },
			{ "ctrace ps -o json", "one object a line" },
			{ "ctrace ps --runtime-root docker=/srv/docker", "" },
		},
		.main = ps_main,
	},
	{
		.name = "top",
		.bit = CMD_TOP,
		.usage = "top [OPTIONS]",
		.summary = "watch which containers open most, what fails, and what they write",
		.about = "A screen that is renewed every two seconds; h there tells the keys. Where "
			 "stdout is no terminal the same comes as lines of text. All is counted in "
			 "the kernel.",
		.examples = {
			{ "ctrace top", "all containers of this host" },
			{ "ctrace top --container web --failed", "" },
			{ "ctrace top --interval 10s >> top.log", "text, not a screen" },
		},
		.main = top_main,
	},
	{
		.name = "report",
		.bit = CMD_REPORT,
		.usage = "report [OPTIONS] [EVENTS.jsonl...]",
		.summary = "make a page of recorded events, or of what is traced now",
		.about = "Of what is traced unless files are named; '-' is stdin.",
		.examples = {
			{ "ctrace report --container web --duration 60s -O report.html", "" },
			{ "ctrace report monday.jsonl -O monday.html", "" },
			{ "ctrace report -c web monday.jsonl --profile apparmor", "" },
		},
		.takes_files = true,
		.main = report_main,
	},
	{
		.name = "doctor",
		.bit = CMD_DOCTOR,
		.usage = "doctor [OPTIONS]",
		.summary = "tell whether tracing works here, and what to do if it does not",
		.examples = {
			{ "ctrace doctor", "a line for each thing, remedies below" },
			{ "ctrace doctor -o json", "one object; exit status 0: it works" },
			{ "ctrace doctor --host-root /host", "from within a container" },
		},
		.main = doctor_main,
	},
	{
		.name = "help",
		.bit = CMD_HELP,
		.usage = "help [COMMAND]",
		.summary = "explain every option of a command",
		.examples = {
			{ "ctrace help", "of ctrace itself" },
			{ "ctrace help run", "" },
			{ "ctrace help report | grep image", "" },
		},
		.takes_files = true,
		.main = help_main,
	},
	{
		.name = "manual",
		.bit = CMD_MANUAL,
		.usage = "manual",
		.summary = "print the manual page, for man",
		.examples = {
			{ "ctrace manual | man -l -", "read it" },
			{ "ctrace manual > ctrace.1", "" },
			{ "ctrace manual | mandoc -T html > ctrace.html", "" },
		},
		.main = manual_main,
	},
	{
		.name = "completion",
		.bit = CMD_COMPLETION,
		.usage = "completion WHAT",
		.summary = "print the completions of a shell, or what may be completed now",
		.about = "WHAT is bash, zsh or fish; or one of containers, pods, namespaces and images, "
			 "of which those that are there now come one a line.",
		.examples = {
			{ "source <(ctrace completion bash)", "for this shell" },
			{ "ctrace completion fish | source", "" },
			{ "ctrace completion containers", "ids and names" },
		},
		.takes_files = true,
		.words = "bash zsh fish containers pods namespaces images",
		.main = completion_main,
	},
};
/* clang-format on */

const size_t command_count = sizeof(commands) / sizeof(commands[0]);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}
