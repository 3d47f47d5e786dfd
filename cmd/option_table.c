// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "option_table.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "container/cgroup.h"
#include "container/runtime.h"
#include "event/path_prefix.h"
#include "metrics/server.h"
#include "tracer/backend.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* --- values -------------------------------------------------------------------- */

int option_list_add(struct string_list *list, const char *value, struct error *err)
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
	struct error cause;
	int r = cgroup_check_typed(value, &cause);

	if (r < 0)
		return error_say(err, r, "--cgroup: %s", cause.text);
	return option_list_add(&o->cgroups, value, err);
}

static int set_pid(struct options *o, const char *value, struct error *err)
{
	__u64 pid;

	if (!parse_plain_number(value, INT_MAX, &pid) || !pid)
		return error_say(err, -EINVAL, "--pid: '%s' is not a process id such as 4242",
				 value);
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
				 "--comm: '%s' is not 1 to %d bytes; the kernel keeps no more of a "
				 "command's name",
				 value, EVENT_COMM_BYTES - 1);
	memset(o->filters.comm, 0, sizeof(o->filters.comm));
	memcpy(o->filters.comm, value, len);
	o->filters.comm_len = len;
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
		return error_say(err, -EINVAL, "--%s: '%s' is one too many; %d paths can be given",
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
		return error_say(err, -EINVAL,
				 "--rate: '%s' is not a number of opens a second such as 100",
				 value);
	return 0;
}

static int set_summary(struct options *o, const char *value, struct error *err)
{
	return parse_time("summary", value, &o->summary_ns, err);
}

static int set_interval(struct options *o, const char *value, struct error *err)
{
	return parse_time("interval", value, &o->interval_ns, err);
}

static int set_count(struct options *o, const char *value, struct error *err)
{
	if (!parse_plain_number(value, ULLONG_MAX, &o->count) || !o->count)
		return error_say(err, -EINVAL, "--count: '%s' is not a number of opens such as 100",
				 value);
	return 0;
}

static int set_format(struct options *o, const char *value, struct error *err)
{
	if (!strcmp(value, "json"))
		o->format = OUTPUT_JSON;
	else if (!strcmp(value, "table"))
		o->format = OUTPUT_TABLE;
	else
		return error_say(err, -EINVAL, "--format: '%s' is not one of: json, table", value);
	o->format_set = true;
	return 0;
}

static int set_color(struct options *o, const char *value, struct error *err)
{
	static const char *const words[] = {
		[COLOR_AUTO] = "auto",
		[COLOR_ALWAYS] = "always",
		[COLOR_NEVER] = "never",
	};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (!strcmp(value, words[i])) {
			o->color = i;
			return 0;
		}
	return error_say(err, -EINVAL, "--color: '%s' is not one of: auto, always, never", value);
}

static int set_profile(struct options *o, const char *value, struct error *err)
{
	return profile_from_name(&o->profile, value, err);
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

static int set_state(struct options *o, const char *value, struct error *err)
{
	(void)err;
	o->state_path = value;
	return 0;
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

static int set_show_label(struct options *o, const char *value, struct error *err)
{
	if (!*value || strchr(value, '=') || strlen(value) > CONTAINER_LABEL_KEY_MAX)
		return error_say(err, -EINVAL,
				 "--show-label: '%s' is not the key of a label such as app", value);
	for (size_t i = 0; i < o->label_words.count; i++)
		if (!strcmp(o->label_words.at[i], value))
			return 0;
	if (o->label_words.count == CONTAINER_LABELS_MAX)
		return error_say(err, -EINVAL,
				 "--show-label: '%s' is one too many; %d can be shown", value,
				 CONTAINER_LABELS_MAX);
	return option_list_add(&o->label_words, value, err);
}

static int set_runtime_root(struct options *o, const char *value, struct error *err)
{
	struct error cause;
	int r = runtime_root_check(value, &cause);

	if (r < 0)
		return error_say(err, r, "--runtime-root: %s", cause.text);
	return option_list_add(&o->runtime_roots, value, err);
}

static int set_host_root(struct options *o, const char *value, struct error *err)
{
	if (*value != '/')
		return error_say(err, -EINVAL,
				 "--host-root: '%s' is not an absolute path such as /host", value);
	o->host_root = value;
	return 0;
}

static int set_backend(struct options *o, const char *value, struct error *err)
{
	struct error cause;
	int r = backend_check_name(value, &cause);

	if (r < 0)
		return error_say(err, r, "--backend: %s", cause.text);
	o->backend = value;
	return 0;
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

/* --- the table ----------------------------------------------------------------- */

#define PICKS  (CMD_TRACE | CMD_TOP | CMD_REPORT)
#define WRITES (CMD_TRACE | CMD_RUN | CMD_REPORT)
#define TRACES (WRITES | CMD_TOP)
#define LISTS  (CMD_TRACE | CMD_PS | CMD_TOP | CMD_REPORT)
#define LOOKS  (LISTS | CMD_DOCTOR)
#define PRINTS (CMD_TRACE | CMD_RUN | CMD_PS | CMD_DOCTOR)
#define ALL    (TRACES | LOOKS | CMD_HELP | CMD_MANUAL | CMD_COMPLETION)

/* The place of a byte, and nothing larger. */
#define FLAG(field)                        \
	(offsetof(struct options, field) + \
	 0 * sizeof(char[sizeof(((struct options *)0)->field) == 1 ? 1 : -1]))

#define EXCLUDES(what, of)                                                                     \
	{                                                                                      \
		LISTS, 0, "exclude-" what, "X", NULL, set_exclude_##of, .values = "@" what "s" \
	}

#define RUNTIME_WORDS "docker containerd podman crio runc crun lxc systemd-nspawn"

/* clang-format off */
const struct option_row option_rows[] = {
	{ LISTS, 'c', "container", "X", "a container: id, prefix (4+) or name; repeatable", set_container,
	  .rank = RANK_COMMON, .values = "@containers",
	  .more = "Where nothing else says which are meant, it has to be there, unless --wait is given.",
	  .group = "Containers" },
	{ LISTS, 0, "pod", "[NS/]POD", "those of a pod", set_pod, .values = "@pods" },
	{ LISTS, 0, "namespace", "NS", "those of a Kubernetes namespace", set_namespace,
	  .values = "@namespaces" },
	{ LISTS, 0, "image", "GLOB", "those of an image, such as 'nginx:*'", set_image,
	  .values = "@images" },
	{ LISTS, 0, "label", "KEY[=VALUE]", "those with a label or annotation", .set = set_label },
	{ LISTS, 0, "runtime", "NAME", "those of docker, containerd, podman, ...", set_runtime,
	  .values = RUNTIME_WORDS, .more = "One of " CONTAINER_RUNTIMES "." },
	{ LISTS, 0, "exclude-WHAT", "X", "not those; WHAT is one of the six above",
	  .set = NULL },
	EXCLUDES("container", container),
	EXCLUDES("pod", pod),
	EXCLUDES("namespace", namespace),
	EXCLUDES("image", image),
	{ LISTS, 0, "exclude-label", "X", NULL, .set = set_exclude_label },
	{ LISTS, 0, "exclude-runtime", "X", NULL, set_exclude_runtime, .values = RUNTIME_WORDS },
	{ PICKS, 'g', "cgroup", "PATH", "a cgroup and all below it, container or not", set_cgroup,
	  .rank = RANK_COMMON, .values = "@folders",
	  .more = "As it is in the file system, or below where cgroups are mounted." },
	{ PICKS, 'w', "wait", NULL, "for those not there yet, or no more", .flag = FLAG(wait),
	  .more = "Goes on when all that was asked for has ended, and traces what starts anew." },

	{ TRACES, 'p', "pid", "PID", "only this process", set_pid, .values = "@processes",
	  .group = "Opens" },
	{ TRACES, 'u', "uid", "UID", "only this user, by number or name", set_uid,
	  .values = "@users" },
	{ TRACES, 'C', "comm", "NAME", "only commands of this name", set_comm,
	  .more = "As the kernel keeps it: 15 bytes at most." },
	{ TRACES, 'x', "failed", NULL, "only opens that failed", .flag = FLAG(filters.failed_only),
	  .rank = RANK_COMMON },
	{ TRACES, 'W', "writes", NULL, "only opens for writing or creating",
	  .flag = FLAG(filters.writes_only), .rank = RANK_COMMON },
	{ CMD_TRACE, 0, "setup", NULL, "also what the runtime opens while it sets up",
	  .flag = FLAG(filters.setup),
	  .more = "What a runtime opens inside of a container before its program starts is left out "
		  "otherwise." },
	{ TRACES, 0, "path", "PATH", "only this file, or what is below; repeatable", set_path,
	  .rank = RANK_COMMON, .values = "@files",
	  .more = "As the container sees it, symbolic links resolved." },
	{ TRACES, 0, "exclude-path", "PATH", "not this file or below it; repeatable",
	  set_exclude_path, .values = "@files" },

	{ WRITES, 0, "dedup", "TIME", "the same open once in 10s, ...; count the rest", set_dedup,
	  .more = "The same are those of one executable of one container that open one file alike, "
		  "with the same result. With it goes --summary.",
	  .group = "How much, how long" },
	{ WRITES, 0, "rate", "N", "N opens a second of a container; count the rest", set_rate,
	  .more = "With it goes --summary." },
	{ WRITES, 0, "summary", "TIME", "what each container opened, every 10s, 1m, ...",
	  set_summary, .more = "One record a container; 1m where --dedup or --rate leave out any." },

	{ TRACES, 'd', "duration", "TIME", "stop after 10s, 500ms, 2m, ...", set_duration,
	  .rank = RANK_COMMON, .more = "The time that the machine is asleep does not count." },
	{ CMD_TOP, 0, "interval", "TIME", "renew it every 500ms, 10s, ...; 2s else", .set = set_interval,
	  .rank = RANK_COMMON },
	{ WRITES, 'n', "count", "N", "stop after N opens", .set = set_count },

	{ PRINTS, 'o', "format", "FORMAT", "json (one object a line) or table", set_format,
	  .rank = RANK_COMMON, .values = "json table",
	  .more = "Events are json unless told otherwise; ps and doctor print tables.",
	  .group = "Output" },
	{ CMD_TRACE | CMD_RUN | CMD_TOP, 0, "color", "WHEN", "auto, always or never", set_color,
	  .values = "auto always never",
	  .more = "Of tables and top: failed opens red, those for writing yellow. By itself on a "
		  "terminal alone." },
	{ CMD_TRACE | CMD_PS, 0, "show-label", "KEY", "add a label or annotation; repeatable",
	  .set = set_show_label },
	{ WRITES, 'O', "output", "FILE", "write to FILE, not to stdout", set_output,
	  .rank = RANK_COMMON, .values = "@files" },
	{ CMD_PS, 0, "watch", NULL, "go on, with those that start and stop", .flag = FLAG(watch) },
	{ CMD_REPORT, 'P', "profile", "KIND", "no page, but paths, json, apparmor or landlock",
	  set_profile, .rank = RANK_COMMON, .values = "paths json apparmor landlock",
	  .more = "What the containers needed: a start for a read-only root, or a profile." },
	{ CMD_REPORT, 0, "image-root", "DIR", "the image's files: tell what was never opened",
	  set_image_root, .rank = RANK_COMMON, .values = "@folders" },
	{ CMD_TRACE, 0, "state", "FILE",
	  "tell the gap since the last run, noted in FILE", .set = set_state,
	  .values = "@files" },
	{ CMD_TRACE, 0, "listen", "ADDR:PORT", "serve /metrics, /healthz and /readyz there",
	  .set = set_listen },

	{ TRACES, 'b', "buffer-size", "BYTES", "ring between kernel and ctrace (8M)",
	  set_buffer_size, .group = "Machinery",
	  .more = "On x86 each processor has one of its own before it, all of them together no larger." },
	{ TRACES, 0, "backend", "NAME", "force one of: fexit, tracepoint, kprobe", set_backend,
	  .values = "fexit tracepoint kprobe",
	  .more = "The way of hooking into the kernel; the best that works here otherwise." },
	{ LOOKS, 0, "runtime-root", "R=DIR", "state in an odd place: docker=/srv/docker",
	  .set = set_runtime_root },
	{ LOOKS, 0, "host-root", "DIR", "where the host's / is mounted (in a container)",
	  set_host_root, .values = "@folders" },
	{ TRACES, 0, "no-sandbox", NULL, "keep all privileges while tracing: to debug",
	  .flag = FLAG(no_sandbox) },
	{ TRACES, 'v', "verbose", NULL, "say more on stderr", .flag = FLAG(verbose) },
	{ ALL, 'h', "help", NULL, "a screen of help; 'ctrace help CMD' tells all",
	  .flag = FLAG(help) },
};
/* clang-format on */

const size_t option_row_count = COUNT_OF(option_rows);
_Static_assert(COUNT_OF(option_rows) <= OPTION_ROWS_MAX, "one option too many");

bool option_is_real(const struct option_row *row)
{
	return row->set || row->flag;
}
