// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "container/runtime.h"
#include "event/path_prefix.h"
#include "metrics/server.h"
#include "tracer/backend.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* What is left out must be told, and how often was not said. */
#define SUMMARY_DEFAULT_NS 60000000000ull

/* --- values -------------------------------------------------------------------- */

static int list_add(struct string_list *list, const char *value, struct error *err)
{
	int r = string_list_add(list, value);

	return r < 0 ? error_set(err, r, "parse the command line") : 0;
}

/* A whole decimal number and nothing else. */
static bool parse_number(const char *text, __u64 max, __u64 *out, char **end)
{
	unsigned long long value;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, end, 10);
	if (errno || value > max)
		return false;
	*out = value;
	return true;
}

static bool parse_plain_number(const char *text, __u64 max, __u64 *out)
{
	char *end;

	return parse_number(text, max, out, &end) && !*end;
}

/* Two options for each field of the selector. */
#define SELECTOR_OPTIONS(what, field)                                                          \
	static int set_##what(struct options *o, const char *value, struct error *err)         \
	{                                                                                      \
		return selector_add(&o->selector, field, false, value, err);                   \
	}                                                                                      \
	static int set_exclude_##what(struct options *o, const char *value, struct error *err) \
	{                                                                                      \
		return selector_add(&o->selector, field, true, value, err);                    \
	}

SELECTOR_OPTIONS(container, SELECT_CONTAINER)
SELECTOR_OPTIONS(pod, SELECT_POD)
SELECTOR_OPTIONS(namespace, SELECT_NAMESPACE)
SELECTOR_OPTIONS(image, SELECT_IMAGE)
SELECTOR_OPTIONS(label, SELECT_LABEL)
SELECTOR_OPTIONS(runtime, SELECT_RUNTIME)

static int set_cgroup(struct options *o, const char *value, struct error *err)
{
	return list_add(&o->cgroups, value, err);
}

static int set_pid(struct options *o, const char *value, struct error *err)
{
	__u64 pid;

	if (!parse_plain_number(value, INT_MAX, &pid) || !pid)
		return error_say(err, -EINVAL, "--pid: '%s' is not a process id", value);
	o->filters.tgid = pid;
	return 0;
}

static int set_uid(struct options *o, const char *value, struct error *err)
{
	__u64 uid;

	if (!parse_plain_number(value, UINT_MAX - 1, &uid)) {
		const struct passwd *user = getpwnam(value);

		if (!user)
			return error_say(err, -EINVAL,
					 "--uid: '%s' is neither a number nor a user of this host",
					 value);
		uid = user->pw_uid;
	}
	o->filters.uid = uid;
	o->filters.uid_set = 1;
	return 0;
}

static int set_comm(struct options *o, const char *value, struct error *err)
{
	size_t len = strlen(value);

	if (!len || len >= EVENT_COMM_BYTES)
		return error_say(err, -EINVAL,
				 "--comm: '%s': the kernel keeps 1 to %d bytes of a command's name",
				 value, EVENT_COMM_BYTES - 1);
	memset(o->filters.comm, 0, sizeof(o->filters.comm));
	memcpy(o->filters.comm, value, len);
	o->filters.comm_len = len;
	return 0;
}

static int set_failed(struct options *o, const char *value, struct error *err)
{
	(void)value, (void)err;
	o->filters.failed_only = 1;
	return 0;
}

static int set_writes(struct options *o, const char *value, struct error *err)
{
	(void)value, (void)err;
	o->filters.writes_only = 1;
	return 0;
}

static int set_setup(struct options *o, const char *value, struct error *err)
{
	(void)value, (void)err;
	o->filters.setup = 1;
	return 0;
}

/* For the option of this name. */
static int parse_time(const char *option, const char *value, __u64 *out, struct error *err)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = { { "", 1 }, { "s", 1 }, { "ms", 0.001 }, { "m", 60 }, { "h", 3600 } };
	double number;
	char *end;

	errno = 0;
	number = strtod(value, &end);
	for (size_t i = 0; end != value && i < sizeof(units) / sizeof(units[0]); i++) {
		double seconds = number * units[i].seconds;

		if (strcmp(end, units[i].unit) != 0)
			continue;
		/* the comparison also refuses what is not a number */
		if (!(seconds >= 0.001 && seconds < 1e9))
			break;
		*out = seconds * 1e9;
		return 0;
	}
	return error_say(err, -EINVAL, "--%s: '%s' is not a time such as 10, 500ms, 5s, 2m or 1h",
			 option, value);
}

static int set_duration(struct options *o, const char *value, struct error *err)
{
	return parse_time("duration", value, &o->duration_ns, err);
}

static int add_prefix(struct options *o, bool exclude, const char *value, struct error *err)
{
	const char *option = exclude ? "exclude-path" : "path";
	struct path_prefix *p = &o->filters.prefixes[o->filters.prefix_count];
	struct error cause;
	int r;

	if (o->filters.prefix_count == PATH_PREFIXES_MAX)
		return error_say(err, -EINVAL, "--%s: '%s' is one too many, %d paths can be given",
				 option, value, PATH_PREFIXES_MAX);
	r = path_prefix_parse(p, value, &cause);
	if (r < 0)
		return error_say(err, r, "--%s: %s", option, cause.text);
	p->exclude = exclude;
	o->filters.path_only |= !exclude;
	o->filters.prefix_count++;
	return 0;
}

static int set_path(struct options *o, const char *value, struct error *err)
{
	return add_prefix(o, false, value, err);
}

static int set_exclude_path(struct options *o, const char *value, struct error *err)
{
	return add_prefix(o, true, value, err);
}

static int set_dedup(struct options *o, const char *value, struct error *err)
{
	return parse_time("dedup", value, &o->filters.dedup_ns, err);
}

static int set_rate(struct options *o, const char *value, struct error *err)
{
	if (!parse_plain_number(value, UINT_MAX, &o->filters.rate) || !o->filters.rate)
		return error_say(err, -EINVAL, "--rate: '%s' is not a number of opens a second",
				 value);
	return 0;
}

static int set_summary(struct options *o, const char *value, struct error *err)
{
	return parse_time("summary", value, &o->summary_ns, err);
}

static int set_count(struct options *o, const char *value, struct error *err)
{
	if (!parse_plain_number(value, ULLONG_MAX, &o->count) || !o->count)
		return error_say(err, -EINVAL, "--count: '%s' is not a number of opens", value);
	return 0;
}

static int set_format(struct options *o, const char *value, struct error *err)
{
	if (!strcmp(value, "json"))
		o->format = OUTPUT_JSON;
	else if (!strcmp(value, "table"))
		o->format = OUTPUT_TABLE;
	else
		return error_say(err, -EINVAL,
				 "-o: '%s' is not an output format; there are: json, table", value);
	o->format_set = true;
	return 0;
}

static int set_profile(struct options *o, const char *value, struct error *err)
{
	return profile_from_name(&o->profile, value, err);
}

static int set_image_root(struct options *o, const char *value, struct error *err)
{
	(void)err;
	o->image_root = value;
	return 0;
}

static int set_output(struct options *o, const char *value, struct error *err)
{
	(void)err;
	o->output_path = value;
	return 0;
}

static int set_buffer_size(struct options *o, const char *value, struct error *err)
{
	static const struct {
		const char *unit;
		unsigned int shift;
	} units[] = { { "", 0 }, { "K", 10 }, { "M", 20 }, { "G", 30 } };
	__u64 number;
	char *end;

	if (parse_number(value, 1u << 30, &number, &end))
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (!strcmp(end, units[i].unit) && number &&
			    number << units[i].shift <= 1u << 30) {
				o->ring_bytes = number << units[i].shift;
				return 0;
			}
	return error_say(
		err, -EINVAL,
		"--buffer-size: '%s' is not a size such as 65536, 512K or 16M (1G at most)", value);
}

static int set_listen(struct options *o, const char *value, struct error *err)
{
	struct error cause;
	int r = metrics_server_check(value, &cause);

	if (r < 0)
		return error_say(err, r, "--listen: %s", cause.text);
	o->listen = value;
	return 0;
}

static int set_wait(struct options *o, const char *value, struct error *err)
{
	(void)value, (void)err;
	o->wait = true;
	return 0;
}

static int set_show_label(struct options *o, const char *value, struct error *err)
{
	if (!*value || strchr(value, '=') || strlen(value) > CONTAINER_LABEL_KEY_MAX)
		return error_say(err, -EINVAL, "--show-label: '%s' is not the key of a label",
				 value);
	for (size_t i = 0; i < o->label_words.count; i++)
		if (!strcmp(o->label_words.at[i], value))
			return 0;
	if (o->label_words.count == CONTAINER_LABELS_MAX)
		return error_say(err, -EINVAL,
				 "--show-label: '%s' is one too many, %d can be shown", value,
				 CONTAINER_LABELS_MAX);
	return list_add(&o->label_words, value, err);
}

static int set_watch(struct options *o, const char *value, struct error *err)
{
	(void)value, (void)err;
	o->watch = true;
	return 0;
}

static int set_runtime_root(struct options *o, const char *value, struct error *err)
{
	int r = runtime_root_check(value, err);

	return r < 0 ? r : list_add(&o->runtime_roots, value, err);
}

static int set_host_root(struct options *o, const char *value, struct error *err)
{
	if (*value != '/')
		return error_say(err, -EINVAL, "--host-root: '%s' is not an absolute path", value);
	o->host_root = value;
	return 0;
}

static int set_backend(struct options *o, const char *value, struct error *err)
{
	int r = backend_check_name(value, err);

	if (r < 0)
		return r;
	o->backend = value;
	return 0;
}

static int set_verbose(struct options *o, const char *value, struct error *err)
{
	(void)value, (void)err;
	o->verbose = true;
	return 0;
}

static int set_no_sandbox(struct options *o, const char *value, struct error *err)
{
	(void)value, (void)err;
	o->no_sandbox = true;
	return 0;
}

static int set_help(struct options *o, const char *value, struct error *err)
{
	(void)value, (void)err;
	o->help = true;
	return 0;
}

/* --- the table ----------------------------------------------------------------- */

struct option_row {
	unsigned int commands; /* enum command_bits */
	char letter;           /* 0: none */
	const char *name;
	const char *arg;  /* NULL: takes none */
	const char *help; /* NULL: a row before tells of this one, too */
	/* NULL: no option, only a line of --help */
	int (*set)(struct options *o, const char *value, struct error *err);
	const char *group; /* a heading before this row; NULL: the one before goes on */
};

#define PICKS  (CMD_TRACE | CMD_REPORT)
#define TRACES (CMD_TRACE | CMD_RUN | CMD_REPORT)
#define LISTS  (CMD_TRACE | CMD_PS | CMD_REPORT)
#define LOOKS  (LISTS | CMD_DOCTOR)
#define PRINTS (CMD_TRACE | CMD_RUN | CMD_PS | CMD_DOCTOR)
#define ALL    (TRACES | LOOKS)

static const struct option_row rows[] = {
	{ LISTS, 'c', "container", "X", "a container: id, prefix of it (4+) or name", set_container,
	  "Which containers (all of these may be repeated)" },
	{ LISTS, 0, "pod", "[NS/]POD", "those of a pod", set_pod, NULL },
	{ LISTS, 0, "namespace", "NS", "those of a Kubernetes namespace", set_namespace, NULL },
	{ LISTS, 0, "image", "GLOB", "those of an image, such as 'nginx:*'", set_image, NULL },
	{ LISTS, 0, "label", "KEY[=VALUE]", "those with a label or annotation", set_label, NULL },
	{ LISTS, 0, "runtime", "NAME", "those of docker, containerd, podman, ...", set_runtime,
	  NULL },
	{ LISTS, 0, "exclude-WHAT", "X", "not those; WHAT is one of the six above", NULL, NULL },
	{ LISTS, 0, "exclude-container", "X", NULL, set_exclude_container, NULL },
	{ LISTS, 0, "exclude-pod", "X", NULL, set_exclude_pod, NULL },
	{ LISTS, 0, "exclude-namespace", "X", NULL, set_exclude_namespace, NULL },
	{ LISTS, 0, "exclude-image", "X", NULL, set_exclude_image, NULL },
	{ LISTS, 0, "exclude-label", "X", NULL, set_exclude_label, NULL },
	{ LISTS, 0, "exclude-runtime", "X", NULL, set_exclude_runtime, NULL },
	{ PICKS, 'g', "cgroup", "PATH", "a cgroup and all below it, container or not", set_cgroup,
	  NULL },
	{ PICKS, 'w', "wait", NULL, "for containers that are not there yet, or no more", set_wait,
	  NULL },
	{ TRACES, 'p', "pid", "PID", "only this process", set_pid, "Which opens" },
	{ TRACES, 'u', "uid", "UID", "only this user, by number or name", set_uid, NULL },
	{ TRACES, 'C', "comm", "NAME", "only commands of this name", set_comm, NULL },
	{ TRACES, 'x', "failed", NULL, "only opens that failed", set_failed, NULL },
	{ TRACES, 'W', "writes", NULL, "only opens for writing or creating", set_writes, NULL },
	{ CMD_TRACE, 0, "setup", NULL,
	  "also what a container's runtime opens inside before its program starts", set_setup,
	  NULL },
	{ TRACES, 0, "path", "PATH", "only of this file, or below this directory; repeatable",
	  set_path, NULL },
	{ TRACES, 0, "exclude-path", "PATH", "not of this file or below it; repeatable",
	  set_exclude_path, NULL },
	{ TRACES, 0, "dedup", "TIME", "the same open once in 10s, 500ms, ...; count the rest",
	  set_dedup, "How much" },
	{ TRACES, 0, "rate", "N", "N opens a second of a container; count the rest", set_rate,
	  NULL },
	{ TRACES, 0, "summary", "TIME", "what each container opened, every 10s, 1m, ...",
	  set_summary, NULL },
	{ TRACES, 'd', "duration", "TIME", "stop after 10s, 500ms, 2m, ...", set_duration,
	  "When to stop" },
	{ TRACES, 'n', "count", "N", "stop after N opens", set_count, NULL },
	{ PRINTS, 'o', "format", "FORMAT", "json (one object a line) or table", set_format,
	  "Output" },
	{ CMD_TRACE | CMD_PS, 0, "show-label", "KEY",
	  "add a label or annotation to events; repeatable", set_show_label, NULL },
	{ TRACES, 'O', "output", "FILE", "write to FILE, not to stdout", set_output, NULL },
	{ CMD_PS, 0, "watch", NULL, "go on, with those that start and stop", set_watch, NULL },
	{ CMD_REPORT, 'P', "profile", "KIND",
	  "no page, but what was needed: paths, json, apparmor, landlock", set_profile, NULL },
	{ CMD_REPORT, 0, "image-root", "DIR",
	  "the image's files: tell those that were never opened", set_image_root, NULL },
	{ CMD_TRACE, 0, "listen", "ADDR:PORT", "serve /metrics, /healthz and /readyz there",
	  set_listen, NULL },
	{ TRACES, 'b', "buffer-size", "BYTES", "ring between kernel and ctrace (8M)",
	  set_buffer_size, "Machinery" },
	{ TRACES, 0, "backend", "NAME",
	  "force a way of hooking into the kernel: fexit, tracepoint, kprobe", set_backend, NULL },
	{ LOOKS, 0, "runtime-root", "R=DIR",
	  "a state folder in an unusual place: docker=/srv/docker", set_runtime_root, NULL },
	{ LOOKS, 0, "host-root", "DIR", "where the host's / is mounted (in a container)",
	  set_host_root, NULL },
	{ TRACES, 0, "no-sandbox", NULL, "keep all privileges while tracing: for debugging only",
	  set_no_sandbox, NULL },
	{ TRACES, 'v', "verbose", NULL, "say more on stderr", set_verbose, NULL },
	{ ALL, 'h', "help", NULL, "this help", set_help, NULL },
};

#define ROW_COUNT COUNT_OF(rows)
#define LONG_BASE 256 /* getopt's value for row i is LONG_BASE + i, letter or not */

/* --- parser -------------------------------------------------------------------- */

struct getopt_tables {
	struct option longs[ROW_COUNT + 1];
	char shorts[2 * ROW_COUNT + 3];
};

static void getopt_tables(struct getopt_tables *t, const struct command *cmd)
{
	struct option *l = t->longs;
	char *s = t->shorts;

	*s++ = cmd->takes_command ? '+' : '-'; /* stop at the first word, or hand words over */
	*s++ = ':';                            /* tell a missing value from an unknown option */
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (!(rows[i].commands & cmd->bit) || !rows[i].set)
			continue;
		*l++ = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].arg ? required_argument : no_argument,
			.val = LONG_BASE + i,
		};
		if (rows[i].letter)
			*s++ = rows[i].letter;
		if (rows[i].letter && rows[i].arg)
			*s++ = ':';
	}
	*s = '\0';
	*l = (struct option){};
}

static const struct option_row *row_of(int value)
{
	if (value >= LONG_BASE && value < LONG_BASE + (int)ROW_COUNT)
		return &rows[value - LONG_BASE];
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (value && rows[i].letter == value)
			return &rows[i];
	return NULL;
}

static int bad_option(const struct command *cmd, int value, char **argv, struct error *err)
{
	const struct option_row *row = row_of(optopt);

	if (value == ':' && row)
		return error_say(err, -EINVAL, "--%s needs a value: --%s %s", row->name, row->name,
				 row->arg);
	if (row && optopt >= LONG_BASE)
		return error_say(err, -EINVAL, "--%s takes no value", row->name);
	if (optopt)
		return error_say(err, -EINVAL, "unknown option '-%c'; 'ctrace %s --help' lists all",
				 optopt, cmd->name);
	return error_say(err, -EINVAL, "unknown option '%s'; 'ctrace %s --help' lists all",
			 argv[optind - 1], cmd->name);
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
			int r = list_add(&o->label_words, lists[k].at[i], err);

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
			r = list_add(&o->files, optarg, err);
			if (r < 0)
				return r;
			continue;
		}
		if (value == 1)
			return error_say(err, -EINVAL,
					 "'%s' is not an option; did you mean --container %s?",
					 optarg, optarg);
		if (!row)
			return bad_option(cmd, value, argv, err);
		r = row->set(o, optarg, err);
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
		if (list_add(&o->files, *o->command, err) < 0)
			return -ENOMEM;
	if (!cmd->takes_command && *o->command)
		return error_say(err, -EINVAL, "'%s' is not an option", *o->command);
	return 0;
}

void options_free(struct options *o)
{
	selector_free(&o->selector);
	string_list_free(&o->cgroups);
	string_list_free(&o->label_words);
	string_list_free(&o->runtime_roots);
	string_list_free(&o->files);
}

void options_help(FILE *f, const struct command *cmd)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		char left[64];

		if (rows[i].group)
			for (size_t k = i; k < ROW_COUNT && (k == i || !rows[k].group); k++)
				if (rows[k].commands & cmd->bit) {
					fprintf(f, "\n%s:\n", rows[i].group);
					break;
				}
		if (!(rows[i].commands & cmd->bit) || !rows[i].help)
			continue;
		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", rows[i].letter ? '-' : ' ',
			 rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? "," : " ",
			 rows[i].name, rows[i].arg ? " " : "", rows[i].arg ? rows[i].arg : "");
		fprintf(f, "  %-26s %s\n", left, rows[i].help);
	}
}
