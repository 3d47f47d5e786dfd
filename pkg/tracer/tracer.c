// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The backend that works here, chosen, started and stopped. */
#include "tracer/tracer_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/id_map.h"
#include "tracer/exe_table.h"
#include "tracer/features.h"
#include "tracer/kretprobe.h"
#include "tracer/libbpf_log.h"
#include "tracer/tracefs.h"

static int start(struct tracer *t, const struct tracer_settings *settings, struct error *err)
{
	int r = 0;

	libbpf_log_start(settings->verbose);
	if (t->backend == BACKEND_TRACEPOINT_PERF)
		r = tracefs_ensure(err);
	if (!r)
		r = tracer_load(t, settings, err);
	if (!r)
		r = tracer_ring_open(t, err);
	if (!r)
		r = tracer_attach(t, err);
	tracer_load_end(t);
	return r;
}

void tracer_stop(struct tracer *t)
{
	t->stopped = true;
	for (int i = 0; i < t->hook_count; i++) {
		bpf_link__destroy(t->hooks[i].link);
		t->hooks[i].link = NULL;
	}
}

static void stop(struct tracer *t)
{
	tracer_stop(t);
	t->stopped = false;
	while (t->hook_count)
		close(t->hooks[--t->hook_count].program);
	kretprobes_free(t->kretprobes);
	t->kretprobes = NULL;
	tracer_ring_close(t);
	ctrace_bpf__destroy(t->skel);
	t->skel = NULL;
}

/* The first that loads and attaches, and, unless it is forced by name, fits. */
static int start_first(struct tracer *t, const struct tracer_settings *settings, struct error *err)
{
	int r = -EOPNOTSUPP;

	for (int i = 0; i < BACKEND_COUNT; i++) {
		t->backend = i;
		if (settings->backend && !backend_has_name(i, settings->backend))
			continue;
		r = settings->backend ? 0 : backend_fits(i, err);
		if (!r)
			r = start(t, settings, err);
		if (!r)
			return 0;
		stop(t);
	}
	return r;
}

/* The backend that would be chosen; NULL if there is none.  Leaves nothing started. */
static const char *find_other(struct tracer *t, const struct tracer_settings *settings)
{
	struct tracer_settings any = *settings;
	struct error ignored;
	int r;

	any.backend = NULL;
	r = start_first(t, &any, &ignored);
	stop(t);
	return r < 0 ? NULL : backend_name(t->backend);
}

static int start_forced(struct tracer *t, const struct tracer_settings *settings, struct error *err)
{
	struct error cause;
	const char *other;
	int r = backend_check_name(settings->backend, err);

	if (r < 0)
		return r;
	r = start_first(t, settings, &cause);
	if (r < 0) {
		other = find_other(t, settings);
		error_say(err, r, "backend %s does not work here: %s; %s%s", settings->backend,
			  cause.text,
			  other ? "what works is --backend " : "the others don't either",
			  other ? other : ", as ctrace doctor tells");
	}
	return r;
}

/* A tracer that has not started yet; NULL without memory. */
static struct tracer *new_tracer(const struct tracer_handler *handler)
{
	struct tracer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->handler = *handler;
	t->types_fd = -1;
	t->exes = exe_table_new();
	t->losses_seen = id_map_new();
	if (t->exes && t->losses_seen)
		return t;
	tracer_free(t);
	return NULL;
}

int tracer_open(struct tracer **out, const struct tracer_settings *settings,
		const struct tracer_handler *handler, struct error *err)
{
	struct tracer *t;
	int r;

	libbpf_log_start(settings->verbose);
	r = features_check(err);
	if (r < 0)
		return r;

	t = new_tracer(handler);
	if (!t)
		return error_set(err, -ENOMEM, "start the tracer");
	r = settings->backend ? start_forced(t, settings, err) : start_first(t, settings, err);
	if (r < 0) {
		tracer_free(t);
		return r;
	}
	*out = t;
	return 0;
}

int tracer_open_only(struct tracer **out, const struct tracer_settings *settings,
		     const struct tracer_handler *handler, struct error *err)
{
	struct tracer *t = new_tracer(handler);
	int r;

	if (!t)
		return error_set(err, -ENOMEM, "start the tracer");
	r = start_first(t, settings, err);
	if (r < 0) {
		tracer_free(t);
		return r;
	}
	*out = t;
	return 0;
}

void tracer_free(struct tracer *t)
{
	void *seen;
	size_t pos = 0;

	if (!t)
		return;
	stop(t);
	exe_table_free(t->exes);
	while (t->losses_seen && id_map_next(t->losses_seen, &pos, NULL, &seen))
		free(seen);
	id_map_free(t->losses_seen);
	free(t);
}

const char *tracer_backend(const struct tracer *t)
{
	return backend_name(t->backend);
}
