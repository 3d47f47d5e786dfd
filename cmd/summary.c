// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "summary.h"

#include <errno.h>
#include <stdlib.h>

#include "base/id_map.h"

/* What has been told of a container, and what is to be added. */
struct told {
	struct volume_counts volume;
	__u64 lost; /* since the last record */
};

struct summary {
	struct summary_settings use;
	struct id_map *told; /* root id -> struct told, ours */
	__u64 next_ns;
	__u64 suppressed;
};

struct summary *summary_new(const struct summary_settings *settings)
{
	struct summary *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->use = *settings;
	s->told = id_map_new();
	if (s->told)
		return s;
	free(s);
	return NULL;
}

void summary_free(struct summary *s)
{
	void *told;
	size_t pos = 0;

	if (!s)
		return;
	while (id_map_next(s->told, &pos, NULL, &told))
		free(told);
	id_map_free(s->told);
	free(s);
}

int summary_lost(struct summary *s, __u64 root_id, enum loss_reason reason, __u64 count)
{
	struct told *told;

	/* Others were no opens, or not seen. */
	if (!s->use.interval_ns || (reason != LOSS_RING_FULL && reason != LOSS_HELD_FULL))
		return 0;
	told = id_map_get_or_new(s->told, root_id, sizeof(*told));
	if (!told)
		return -ENOMEM;
	told->lost += count;
	return 0;
}

int summary_volume(struct summary *s, const struct container *c, __u64 root_id,
		   const struct volume_counts *total)
{
	struct told *told;
	struct summary_event ev;

	if (!total->opens)
		return 0;
	told = id_map_get_or_new(s->told, root_id, sizeof(*told));
	if (!told)
		return -ENOMEM;
	ev = (struct summary_event){
		.cgroup_id = root_id,
		.opens = total->opens - told->volume.opens,
		.failures = total->failures - told->volume.failures,
		.writes = total->writes - told->volume.writes,
		.repeated = total->repeated - told->volume.repeated,
		.over_rate = total->over_rate - told->volume.over_rate,
		.lost = told->lost,
	};
	told->volume = *total;
	told->lost = 0;
	s->suppressed += ev.repeated + ev.over_rate;
	if (!ev.opens && !ev.lost && !ev.repeated && !ev.over_rate)
		return 0;
	return output_summary(s->use.output, c, &ev);
}

void summary_forget(struct summary *s, __u64 root_id)
{
	free(id_map_remove(s->told, root_id));
}

int summary_tick(struct summary *s, __u64 now_ns)
{
	bool first = !s->next_ns;

	if (!s->use.interval_ns || now_ns < s->next_ns)
		return 0;
	s->next_ns = now_ns + s->use.interval_ns;
	return first ? 0 : tracer_volumes(s->use.tracer);
}

int summary_finish(struct summary *s)
{
	return s->use.interval_ns ? tracer_volumes(s->use.tracer) : 0;
}

__u64 summary_suppressed(const struct summary *s)
{
	return s->suppressed;
}
