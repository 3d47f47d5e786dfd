// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "census.h"

#include <stdlib.h>

#include "base/id_map.h"

struct census {
	struct id_map *told; /* cgroup id -> the census, for a map holds no NULL */
	census_tell *tell;
	void *arg;
};

struct census *census_new(census_tell *tell, void *arg)
{
	struct census *census = calloc(1, sizeof(*census));

	if (!census)
		return NULL;
	census->tell = tell;
	census->arg = arg;
	census->told = id_map_new();
	if (!census->told) {
		free(census);
		return NULL;
	}
	return census;
}

void census_free(struct census *census)
{
	if (!census)
		return;
	id_map_free(census->told);
	free(census);
}

bool census_has(const struct census *census, const struct container *c)
{
	return id_map_get(census->told, c->cgroup_id);
}

int census_add(struct census *census, enum container_action action, const struct container *c)
{
	int r;

	if (census_has(census, c))
		return 0;
	r = id_map_put(census->told, c->cgroup_id, census);
	return r < 0 ? r : census->tell(action, c, census->arg);
}

int census_end(struct census *census, const struct container *c)
{
	if (!id_map_remove(census->told, c->cgroup_id))
		return 0;
	return census->tell(CONTAINER_STOPPED, c, census->arg);
}
