// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The containers that are there, and with --watch those that come and go.
 *
 * Watching means to look again every second: it takes no privilege beyond what reading
 * the state files takes, and nothing of the kernel.  A container that lives for less
 * may be missed here; the container records of `ctrace` itself miss none.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/id_map.h"
#include "census.h"
#include "commands.h"
#include "complaints.h"
#include "container/registry.h"
#include "container/select.h"
#include "output/container_list.h"
#include "output/output.h"
#include "say.h"
#include "scan.h"

#define LOOK_INTERVAL_S 1

struct ps {
	const struct options *options;
	struct cgroup_fs *cgroups;
	struct registry *registry;
	struct census *census;
	struct id_map *nameless; /* new at the last look, and without a state file then */
	struct output *output;   /* json */
	struct container_list list;
	struct complaints complaints;
	bool begun;
	struct error *err;
};

static bool as_table(const struct options *o)
{
	return !o->format_set || o->format == OUTPUT_TABLE;
}

/* --- what there is --------------------------------------------------------------- */

static int tell(enum container_action action, const struct container *c, void *arg)
{
	struct ps *ps = arg;

	if (ps->output)
		return output_container(ps->output, action, c);
	if (ps->begun) /* the first ones come together, for their columns */
		container_list_change(&ps->list, action, c);
	return 0;
}

static int flush(struct ps *ps)
{
	if (ps->output)
		return output_flush(ps->output);
	errno = 0;
	return fflush(stdout) || ferror(stdout) ? (errno ? -errno : -EIO) : 0;
}

/* What has just come may have no name yet: it waits for the next look, and no longer. */
static int add(const struct container *c, void *arg)
{
	struct ps *ps = arg;

	if (!ps->begun)
		return census_add(ps->census, CONTAINER_RUNNING, c);
	if (!c->has_state && !id_map_get(ps->nameless, c->cgroup_id))
		return id_map_put(ps->nameless, c->cgroup_id, ps);
	return census_add(ps->census, CONTAINER_STARTED, c);
}

static int end(const struct container *c, void *arg)
{
	struct ps *ps = arg;

	id_map_remove(ps->nameless, c->cgroup_id);
	return census_end(ps->census, c);
}

static int look(struct ps *ps)
{
	int r = scan_containers(ps->registry, ps->err);

	if (!r)
		r = registry_sweep(ps->registry, end, ps);
	if (r >= 0)
		r = select_containers(ps->registry, &ps->options->selector, true, add, ps, ps->err);
	return r;
}

static int print_table(struct ps *ps)
{
	size_t n = registry_count(ps->registry), count = 0;
	const struct container **there = calloc(n + 1, sizeof(*there));

	if (!there)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (census_has(ps->census, registry_at(ps->registry, i)))
			there[count++] = registry_at(ps->registry, i);
	container_list_write(&ps->list, there, count);
	free(there);
	return 0;
}

/* --- what changes ---------------------------------------------------------------- */

static volatile sig_atomic_t ended_by_signal;

static void on_signal(int signo)
{
	ended_by_signal = signo;
}

/* Signals come while we wait, and never in between. */
static void take_signals(sigset_t *while_waiting)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction action = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], &action, NULL);
		sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &set, while_waiting);
}

/* False once somebody has had enough: a signal, or the reader is gone. */
static bool wait_for_next(const sigset_t *signals)
{
	const struct timespec interval = { .tv_sec = LOOK_INTERVAL_S };
	struct pollfd reader = { .fd = STDOUT_FILENO };

	return ppoll(&reader, 1, &interval, signals) >= 0 && !reader.revents && !ended_by_signal;
}

static int follow(struct ps *ps)
{
	sigset_t signals;
	int r = 0;

	take_signals(&signals);
	while (!r && wait_for_next(&signals)) {
		r = look(ps);
		if (!r)
			r = flush(ps);
	}
	return r;
}

/* --- all of it ------------------------------------------------------------------- */

static int open_ps(struct ps *ps)
{
	const struct options *o = ps->options;
	const struct output_settings output = {
		.format = OUTPUT_JSON,
		.fd = STDOUT_FILENO,
		.node_name = o->node_name,
	};
	struct registry_settings settings = {
		.runtimes = {
			.host_root = o->host_root,
			.extra_roots = o->runtime_roots.at,
			.labels = &o->label_keys,
			.unreadable = complaints_say,
			.unreadable_arg = &ps->complaints,
		},
	};
	int r = cgroup_fs_open(&ps->cgroups, o->host_root, ps->err);

	settings.cgroups = ps->cgroups;
	if (!r)
		r = registry_open(&ps->registry, &settings, ps->err);
	if (!r && !as_table(o))
		r = output_open(&ps->output, &output, ps->err);
	ps->census = census_new(tell, ps);
	ps->nameless = id_map_new();
	return !r && !(ps->census && ps->nameless) ? -ENOMEM : r;
}

static int list(struct ps *ps)
{
	int r = open_ps(ps);

	if (!r)
		r = look(ps);
	if (!r && !ps->output)
		r = print_table(ps);
	if (!r)
		r = flush(ps);
	ps->begun = true;
	return !r && ps->options->watch ? follow(ps) : r;
}

static void close_ps(struct ps *ps)
{
	census_free(ps->census);
	id_map_free(ps->nameless);
	output_free(ps->output);
	registry_free(ps->registry);
	cgroup_fs_free(ps->cgroups);
	complaints_free(&ps->complaints);
}

int ps_main(const struct options *o)
{
	struct error err = {};
	struct ps ps = {
		.options = o,
		.list = { .f = stdout, .actions = o->watch },
		.err = &err,
	};
	int r;

	signal(SIGPIPE, SIG_IGN);
	r = list(&ps);
	close_ps(&ps);
	if (r >= 0 || r == -EPIPE)
		return EXIT_OK;
	if (!err.code)
		error_set(&err, r, "write the containers to stdout");
	say("%s", err.text);
	return EXIT_FAILED;
}
