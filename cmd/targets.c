// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "targets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "container/select.h"

#define CHECK_INTERVAL_NS 100000000ull   /* how often ends are looked for */
#define SWEEP_INTERVAL_NS 10000000000ull /* ... and containers forgotten that were never traced */
#define PENDING_FIRST_NS  5000000ull     /* a runtime's state file is some milliseconds away */
#define PENDING_LAST_NS   10000000000ull /* ... or it will not come */

/* A container or cgroup that is being traced. */
struct target {
	struct target *next;
	__u64 cgroup_id;
	bool by_cgroup; /* asked for by --cgroup: ends when removed, not when empty */
	bool populated; /* was seen with a process in it */
	char path[];
};

/* A new cgroup of which not all is known yet. */
struct pending {
	struct pending *next;
	__u64 cgroup_id;
	__u64 wait_ns; /* doubled each time */
	__u64 due_ns;  /* 0: at the next tick */
	char path[];
};

struct targets {
	struct targets_settings use;
	struct target *live;
	struct pending *pending;
	bool watch;
	bool endless; /* all containers: there may always be one more */
	__u64 next_check_ns, next_sweep_ns;
};

bool targets_watch(const struct options *o)
{
	if (*o->command) /* ctrace run traces its own cgroup only */
		return false;
	return o->wait || (!o->containers.count && !o->cgroups.count);
}

struct targets *targets_new(const struct targets_settings *settings)
{
	struct targets *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->use = *settings;
	t->watch = targets_watch(settings->options);
	t->endless = t->watch;
	return t;
}

void targets_free(struct targets *t)
{
	if (!t)
		return;
	while (t->live) {
		struct target *next = t->live->next;

		free(t->live);
		t->live = next;
	}
	while (t->pending) {
		struct pending *next = t->pending->next;

		free(t->pending);
		t->pending = next;
	}
	free(t);
}

/* --- into the filter ----------------------------------------------------------- */

struct add {
	struct targets *t;
	__u64 root_id; /* of what was asked for */
	struct error *err;
};

/* A container inside of what was asked for keeps its own name. */
static int add_visited(const char *path, __u64 cgroup_id, void *arg)
{
	const struct add *add = arg;
	const struct container *owner = registry_owner(add->t->use.registry, path);

	return tracer_trace(add->t->use.tracer, cgroup_id, owner ? owner->cgroup_id : add->root_id,
			    add->err);
}

static bool is_live(const struct targets *t, __u64 cgroup_id)
{
	for (const struct target *target = t->live; target; target = target->next)
		if (target->cgroup_id == cgroup_id)
			return true;
	return false;
}

/*
 * Parents go into the filter before their children are listed, so a cgroup made
 * meanwhile is either listed or has inherited its entry in the kernel.
 */
static int add_target(struct targets *t, const char *path, __u64 cgroup_id, bool by_cgroup,
		      struct error *err)
{
	struct add add = { .t = t, .root_id = cgroup_id, .err = err };
	struct target *target;

	if (is_live(t, cgroup_id))
		return 0;
	target = calloc(1, sizeof(*target) + strlen(path) + 1);
	if (!target)
		return error_set(err, -ENOMEM, "trace cgroup '%s'", path);
	strcpy(target->path, path);
	target->cgroup_id = cgroup_id;
	target->by_cgroup = by_cgroup;
	target->next = t->live;
	t->live = target;
	return cgroup_walk(t->use.cgroups, path, add_visited, &add, err);
}

int targets_add_cgroup(struct targets *t, const char *path, struct error *err)
{
	__u64 cgroup_id;
	int r;

	r = cgroup_id_of(t->use.cgroups, path, &cgroup_id, err);
	return r < 0 ? r : add_target(t, path, cgroup_id, true, err);
}

static int add_container(struct targets *t, const struct container *c, struct error *err)
{
	int r = add_target(t, c->cgroup_path, c->cgroup_id, false, err);

	/* It ended under our hands: as if it had ended a moment later. */
	return r == -ENOENT ? 0 : r;
}

static int select_named(struct targets *t, struct error *err)
{
	const struct options *o = t->use.options;
	const struct container *c;
	int r;

	for (size_t i = 0; i < o->containers.count; i++) {
		r = select_container(t->use.registry, o->containers.at[i], &c, err);
		if (r == -ENOENT && o->wait)
			continue;
		if (r < 0)
			return r;
		r = add_container(t, c, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int select_cgroups(struct targets *t, struct error *err)
{
	const struct options *o = t->use.options;

	for (size_t i = 0; i < o->cgroups.count; i++) {
		char *path;
		int r;

		r = cgroup_resolve(t->use.cgroups, o->cgroups.at[i], &path, err);
		if (r < 0)
			return r;
		r = targets_add_cgroup(t, path, err);
		free(path);
		if (r < 0)
			return r;
	}
	return 0;
}

static int select_all(struct targets *t, struct error *err)
{
	for (size_t i = 0; i < registry_count(t->use.registry); i++) {
		int r = add_container(t, registry_at(t->use.registry, i), err);

		if (r < 0)
			return r;
	}
	return 0;
}

int targets_select(struct targets *t, struct error *err)
{
	const struct options *o = t->use.options;
	int r;

	r = registry_scan(t->use.registry, err);
	if (r < 0)
		return r;
	if (!o->containers.count && !o->cgroups.count)
		return select_all(t, err);
	r = select_named(t, err);
	return r < 0 ? r : select_cgroups(t, err);
}

/* --- cgroups made and released meanwhile ----------------------------------------- */

/* Would select_container() take this one, if it were alone? */
static bool matches(const struct container *c, const char *asked)
{
	size_t len = strlen(asked);

	if (c->name && !strcmp(c->name, asked))
		return true;
	return !strcmp(c->id, asked) || (len >= SELECT_PREFIX_MIN && !strncmp(c->id, asked, len));
}

static bool wanted(const struct targets *t, const struct container *c)
{
	const struct options *o = t->use.options;

	if (!o->containers.count)
		return !o->cgroups.count;
	for (size_t i = 0; i < o->containers.count; i++)
		if (matches(c, o->containers.at[i]))
			return true;
	return false;
}

/* Returns 1 if all is known that will be, 0 if a state file may still come, or -errno. */
static int classify(struct targets *t, const char *path, __u64 cgroup_id, struct error *err)
{
	const struct container *c;
	int r;

	r = registry_add_cgroup(t->use.registry, path, cgroup_id, &c, err);
	if (r <= 0)
		return r;
	if (c->cgroup_id != cgroup_id)
		return 1;
	if (wanted(t, c)) {
		r = add_container(t, c, err);
		if (r < 0)
			return r;
	}
	return c->has_state;
}

static int remember_pending(struct targets *t, const char *path, __u64 cgroup_id, struct error *err)
{
	struct pending *p = calloc(1, sizeof(*p) + strlen(path) + 1);

	if (!p)
		return error_set(err, -ENOMEM, "remember cgroup '%s'", path);
	strcpy(p->path, path);
	p->cgroup_id = cgroup_id;
	p->wait_ns = PENDING_FIRST_NS;
	p->next = t->pending;
	t->pending = p;
	return 0;
}

static void forget_target(struct targets *t, __u64 cgroup_id)
{
	for (struct target **at = &t->live; *at; at = &(*at)->next) {
		struct target *target = *at;

		if (target->cgroup_id != cgroup_id)
			continue;
		*at = target->next;
		free(target);
		return;
	}
}

int targets_cgroup(struct targets *t, const struct cgroup_record *rec, const char *path,
		   struct error *err)
{
	int r;

	if (rec->type == RECORD_CGROUP_NEW) {
		r = classify(t, path, rec->cgroup_id, err);
		return r ? (r < 0 ? r : 0) : remember_pending(t, path, rec->cgroup_id, err);
	}

	r = tracer_forget(t->use.tracer, rec->cgroup_id);
	forget_target(t, rec->cgroup_id);
	registry_remove(t->use.registry, rec->cgroup_id);
	return r;
}

static int look_again(struct targets *t, __u64 now_ns, struct error *err)
{
	struct pending **at = &t->pending;

	while (*at) {
		struct pending *p = *at;
		int r = 0;

		if (p->due_ns <= now_ns) {
			r = p->wait_ns > PENDING_LAST_NS ? 1
							 : classify(t, p->path, p->cgroup_id, err);
			p->due_ns = now_ns + p->wait_ns;
			p->wait_ns *= 2;
		}
		if (r < 0)
			return r;
		if (r) {
			*at = p->next;
			free(p);
		} else {
			at = &p->next;
		}
	}
	return 0;
}

/* Gone, or made anew, or a container whose last process has ended. */
static bool has_ended(const struct targets *t, struct target *target)
{
	bool populated;
	__u64 id;

	if (cgroup_id_of(t->use.cgroups, target->path, &id, NULL) < 0 || id != target->cgroup_id)
		return true;
	if (target->by_cgroup ||
	    cgroup_populated(t->use.cgroups, target->path, &populated, NULL) < 0)
		return false;
	if (populated)
		target->populated = true;
	return target->populated && !populated;
}

static void drop_ended(struct targets *t)
{
	struct target **at = &t->live;

	while (*at) {
		struct target *target = *at;

		if (!has_ended(t, target)) {
			at = &target->next;
			continue;
		}
		*at = target->next;
		free(target);
	}
}

int targets_tick(struct targets *t, __u64 now_ns, struct error *err)
{
	if (!t->endless && now_ns >= t->next_check_ns) {
		drop_ended(t);
		t->next_check_ns = now_ns + CHECK_INTERVAL_NS;
	}
	if (t->watch && now_ns >= t->next_sweep_ns) {
		registry_sweep(t->use.registry, NULL, NULL);
		t->next_sweep_ns = now_ns + SWEEP_INTERVAL_NS;
	}
	return t->pending ? look_again(t, now_ns, err) : 0;
}

bool targets_ended(const struct targets *t)
{
	return !t->endless && !t->live;
}

size_t targets_count(const struct targets *t)
{
	size_t n = 0;

	for (const struct target *target = t->live; target; target = target->next)
		n++;
	return n;
}
