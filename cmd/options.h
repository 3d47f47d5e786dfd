/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The command line: what it says, as read by the rows of option_table.c. */
#ifndef CTRACE_OPTIONS_H
#define CTRACE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/string_list.h"
#include "container/container.h"
#include "container/selector.h"
#include "event.h"
#include "output/output.h"
#include "report/profile.h"

/* Strings are those of the command line itself. */
struct options {
	struct selector selector;
	struct string_list cgroups;
	struct string_list label_words;   /* behind label_keys */
	struct label_keys label_keys;     /* what --show-label and the selector ask for */
	struct string_list runtime_roots; /* "RUNTIME=DIR" */
	struct string_list files;         /* words of a command that takes_files */
	struct trace_settings filters;
	const char *host_root;
	const char *backend;
	const char *output_path;
	const char *node_name;
	enum output_format format;
	enum output_color color;
	bool format_set;
	enum profile_kind profile;
	const char *image_root;
	bool wait;
	bool watch;
	bool verbose;
	bool no_sandbox;
	bool help;
	bool screen;        /* top has the terminal for itself; not an option */
	__u64 interval_ns;  /* of top; 0: the default */
	size_t ring_bytes;  /* 0: the default */
	__u64 duration_ns;  /* 0: no limit */
	__u64 count;        /* 0: no limit */
	const char *listen; /* NULL: nowhere */
	const char *state_path;
	const char *version;
	__u64 summary_ns; /* 0: no summaries */
	char **command;   /* what follows the options; NULL-terminated, may be empty */
};

enum command_bits {
	CMD_TRACE = 1 << 0,
	CMD_RUN = 1 << 1,
	CMD_PS = 1 << 2,
	CMD_DOCTOR = 1 << 3,
	CMD_REPORT = 1 << 4,
	CMD_HELP = 1 << 5,
	CMD_MANUAL = 1 << 6,
	CMD_COMPLETION = 1 << 7,
	CMD_TOP = 1 << 8,
};

struct command {
	const char *name;
	enum command_bits bit;
	const char *usage; /* behind "ctrace " */
	const char *summary;
	const char *about; /* what the manual adds to summary: sentences; NULL: nothing */
	struct example {
		const char *line, *comment; /* comment: "" where the line says it all */
	} examples[3];
	bool takes_command; /* words after the options are a command's */
	bool takes_files;   /* words between and after the options are files, or ... */
	const char *words;  /* ... of these, with spaces between; NULL: any */
	int (*main)(const struct options *o);
};

/*
 * Parse argv[1...] for a command.  0, or -EINVAL with the reason in err.  Free
 * what it filled in with options_free(), after a failure, too.
 */
int options_parse(struct options *o, const struct command *cmd, int argc, char **argv,
		  struct error *err);

void options_free(struct options *o);

#endif
