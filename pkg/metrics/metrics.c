// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "metrics/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id_map.h"
#include "event/clock.h"

#define HEALTHY_NS  30000000000ull /* a loop that did not go round for this long is stuck */
#define LABEL_BYTES 256

enum label { LABEL_CONTAINER, LABEL_ID, LABEL_NAMESPACE, LABEL_POD, LABEL_COUNT };

static const char *const label_names[] = { "container", "id", "namespace", "pod" };

struct labels {
	char text[LABEL_COUNT][LABEL_BYTES]; /* escaped; empty: not known */
};

/*
 * A place that one container after the other may have.  Readers take the labels between
 * two equal, even values of `version`, or look again.
 */
struct series {
	_Atomic unsigned int version; /* odd: being changed */
	_Atomic bool used;
	_Atomic __u64 counts[METRICS_COUNTS];
	struct labels labels;
};

struct metrics {
	const char *version;
	_Atomic(const char *) backend; /* NULL: not live yet */
	_Atomic size_t ring_bytes, ring_used, traced;
	_Atomic __u64 beat_ns;
	_Atomic __u64 sums[METRICS_COUNTS];
	struct series series[METRICS_SERIES + 1]; /* the last one is "other" */
	struct id_map *by_root;                   /* -> struct series; the tracing loop's */
};

struct metrics *metrics_new(const char *version)
{
	struct metrics *m = calloc(1, sizeof(*m));
	struct series *other;

	if (!m)
		return NULL;
	m->version = version;
	m->beat_ns = awake_now_ns();
	other = &m->series[METRICS_SERIES];
	strcpy(other->labels.text[LABEL_CONTAINER], "other");
	m->by_root = id_map_new();
	if (m->by_root)
		return m;
	free(m);
	return NULL;
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	id_map_free(m->by_root);
	free(m);
}

/* --- the tracing loop's ------------------------------------------------------------------ */

void metrics_live(struct metrics *m, const char *backend, size_t ring_bytes)
{
	m->ring_bytes = ring_bytes;
	m->backend = backend;
}

void metrics_beat(struct metrics *m, size_t ring_used, size_t traced)
{
	m->ring_used = ring_used;
	m->traced = traced;
	m->beat_ns = awake_now_ns();
}

/* As label values are written: backslash, quote and newline escaped; other controls left out. */
static void set_label(char out[static LABEL_BYTES], const char *text)
{
	char *to = out, *end = out + LABEL_BYTES - 3;

	for (; text && *text && to < end; text++) {
		unsigned char c = *text;

		if (c == '\\' || c == '"')
			*to++ = '\\';
		if (c >= ' ' && c < 0x7f)
			*to++ = (char)c;
		else
			*to++ = '_'; /* names of containers are ASCII; what is not would have to be
					checked */
	}
	*to = '\0';
}

static void set_labels(struct labels *l, __u64 root_id, const struct container *c)
{
	char id[32];

	memset(l, 0, sizeof(*l));
	if (!c) {
		snprintf(id, sizeof(id), "cgroup-%" PRIu64, (uint64_t)root_id);
		set_label(l->text[LABEL_CONTAINER], id);
		return;
	}
	snprintf(id, sizeof(id), "%.12s", c->id ? c->id : "");
	set_label(l->text[LABEL_CONTAINER], c->k8s_container ? c->k8s_container : c->name);
	set_label(l->text[LABEL_ID], id);
	set_label(l->text[LABEL_NAMESPACE], c->k8s_namespace);
	set_label(l->text[LABEL_POD], c->k8s_pod);
}

static void series_begin(struct series *s, __u64 root_id, const struct container *c)
{
	atomic_fetch_add(&s->version, 1);
	set_labels(&s->labels, root_id, c);
	for (int i = 0; i < METRICS_COUNTS; i++)
		s->counts[i] = 0;
	s->used = true;
	atomic_fetch_add(&s->version, 1);
}

static struct series *free_series(struct metrics *m)
{
	for (int i = 0; i < METRICS_SERIES; i++)
		if (!m->series[i].used)
			return &m->series[i];
	return NULL;
}

static struct series *series_of(struct metrics *m, __u64 root_id, const struct container *c)
{
	struct series *s = id_map_get(m->by_root, root_id);

	if (s)
		return s;
	s = root_id ? free_series(m) : NULL;
	if (s && !id_map_put(m->by_root, root_id, s)) {
		series_begin(s, root_id, c);
		return s;
	}
	m->series[METRICS_SERIES].used = true;
	return &m->series[METRICS_SERIES];
}

void metrics_add(struct metrics *m, enum metrics_count what, __u64 root_id,
		 const struct container *c, __u64 count)
{
	atomic_fetch_add_explicit(&m->sums[what], count, memory_order_relaxed);
	atomic_fetch_add_explicit(&series_of(m, root_id, c)->counts[what], count,
				  memory_order_relaxed);
}

void metrics_forget(struct metrics *m, __u64 root_id)
{
	struct series *s = id_map_remove(m->by_root, root_id);

	if (s)
		s->used = false;
}

/* --- any thread's ------------------------------------------------------------------------- */

bool metrics_healthy(const struct metrics *m)
{
	return awake_now_ns() - m->beat_ns < HEALTHY_NS;
}

bool metrics_ready(const struct metrics *m)
{
	return m->backend && metrics_healthy(m);
}

struct family {
	const char *name, *help;
};

static const struct family sum_families[] = {
	[METRICS_EVENTS] = { "ctrace_events_total", "Opens that were written" },
	[METRICS_LOST] = { "ctrace_lost_total",
			   "Opens that are not in the stream for want of room" },
	[METRICS_SUPPRESSED] = { "ctrace_suppressed_total",
				 "Opens left out by --dedup or --rate, as of the last summary" },
};

static const struct family container_families[] = {
	[METRICS_EVENTS] = { "ctrace_container_events_total", "Opens that were written" },
	[METRICS_LOST] = { "ctrace_container_lost_total",
			   "Opens that are not in the stream for want of room" },
	[METRICS_SUPPRESSED] = { "ctrace_container_suppressed_total",
				 "Opens left out by --dedup or --rate, as of the last summary" },
};

static void put_family(FILE *f, const struct family *family, const char *type)
{
	fprintf(f, "# HELP %s %s.\n# TYPE %s %s\n", family->name, family->help, family->name, type);
}

static void put_gauge(FILE *f, const char *name, const char *help, size_t value)
{
	const struct family family = { name, help };

	put_family(f, &family, "gauge");
	fprintf(f, "%s %zu\n", name, value);
}

/* False where another container took the place meanwhile, or none has it. */
static bool read_series(const struct series *s, struct labels *labels, __u64 *count,
			enum metrics_count what)
{
	unsigned int before = s->version;

	if (!s->used || before & 1)
		return false;
	*labels = s->labels;
	*count = s->counts[what];
	atomic_thread_fence(memory_order_acquire);
	return s->version == before;
}

static void put_series(FILE *f, const struct series *s, const struct family *family,
		       enum metrics_count what)
{
	struct labels labels;
	const char *comma = "";
	__u64 count;

	if (!read_series(s, &labels, &count, what))
		return;
	fprintf(f, "%s{", family->name);
	for (int i = 0; i < LABEL_COUNT; i++) {
		if (!labels.text[i][0])
			continue;
		fprintf(f, "%s%s=\"%s\"", comma, label_names[i], labels.text[i]);
		comma = ",";
	}
	fprintf(f, "} %" PRIu64 "\n", (uint64_t)count);
}

static void put_counts(FILE *f, const struct metrics *m)
{
	for (int what = 0; what < METRICS_COUNTS; what++) {
		put_family(f, &sum_families[what], "counter");
		fprintf(f, "%s %" PRIu64 "\n", sum_families[what].name, (uint64_t)m->sums[what]);
	}
	for (int what = 0; what < METRICS_COUNTS; what++) {
		put_family(f, &container_families[what], "counter");
		for (int i = 0; i <= METRICS_SERIES; i++)
			put_series(f, &m->series[i], &container_families[what], what);
	}
}

char *metrics_text(const struct metrics *m, size_t *len)
{
	static const struct family build = { "ctrace_build_info", "What runs, and how it traces" };
	const char *backend = m->backend;
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (!f)
		return NULL;
	put_family(f, &build, "gauge");
	fprintf(f, "%s{version=\"%s\",backend=\"%s\"} 1\n", build.name, m->version,
		backend ? backend : "");
	put_gauge(f, "ctrace_ready", "Whether the filters are live", metrics_ready(m));
	put_gauge(f, "ctrace_containers", "Containers and cgroups that are traced", m->traced);
	put_gauge(f, "ctrace_ring_bytes", "Size of the ring between kernel and ctrace",
		  m->ring_bytes);
	put_gauge(f, "ctrace_ring_used_bytes", "Bytes of it in use when last looked at",
		  m->ring_used);
	put_counts(f, m);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
