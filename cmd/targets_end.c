// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* How what is traced ends: seen from outside, or told by the kernel side. */
#include "targets_parts.h"

#include <stdlib.h>

static struct target *unlink_at(struct targets *t, struct target **at)
{
	struct target *target = *at;

	*at = target->next;
	id_map_remove(t->by_id, target->cgroup_id);
	return target;
}

static void forget_in(struct targets *t, struct target **at, __u64 cgroup_id)
{
	while (*at && (*at)->cgroup_id != cgroup_id)
		at = &(*at)->next;
	if (*at)
		free(unlink_at(t, at));
}

static void forget_target(struct targets *t, __u64 cgroup_id)
{
	if (targets_has(t, cgroup_id))
		forget_in(t, &t->live, cgroup_id);
	else
		forget_in(t, &t->ended, cgroup_id);
}

int targets_forget(struct targets *t, __u64 cgroup_id)
{
	const struct container *c = registry_find(t->use.registry, cgroup_id);
	int r = c ? census_end(t->census, c) : 0;

	tracer_untrace(t->use.tracer, cgroup_id);
	forget_target(t, cgroup_id);
	return r;
}

static bool was_removed(const struct targets *t, const struct target *target)
{
	return cgroup_is_gone(t->use.cgroups, target->path, target->cgroup_id);
}

static size_t count(const struct target *list)
{
	size_t n = 0;

	for (; list; list = list->next)
		n++;
	return n;
}

size_t targets_known(const struct targets *t)
{
	return count(t->live) + count(t->ended);
}

static size_t removed_of(const struct targets *t, const struct target *list, __u64 *ids)
{
	size_t n = 0;

	for (; list; list = list->next)
		if (was_removed(t, list))
			ids[n++] = list->cgroup_id;
	return n;
}

size_t targets_removed(const struct targets *t, __u64 *ids)
{
	size_t n = removed_of(t, t->live, ids);

	return n + removed_of(t, t->ended, ids + n);
}

/* Removed, or a container whose last process has ended. */
static bool has_ended(const struct targets *t, struct target *target)
{
	bool populated;

	if (was_removed(t, target))
		return true;
	if (target->by_cgroup ||
	    cgroup_populated(t->use.cgroups, target->path, &populated, NULL) < 0)
		return false;
	if (populated)
		target->populated = true;
	return target->populated && !populated;
}

void targets_drop_ended(struct targets *t)
{
	struct target **at = &t->live;

	while (*at) {
		struct target *target = *at;

		if (!has_ended(t, target)) {
			at = &target->next;
			continue;
		}
		unlink_at(t, at);
		target->next = t->ended;
		t->ended = target;
	}
}

int targets_finish(struct targets *t)
{
	for (const struct target *target = t->ended; target; target = target->next) {
		const struct container *c = registry_find(t->use.registry, target->cgroup_id);
		int r = c ? census_end(t->census, c) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

int targets_fd(const struct targets *t)
{
	return cgroup_ends_fd(t->ends);
}

bool targets_ended(const struct targets *t)
{
	return !t->endless && !t->live;
}
