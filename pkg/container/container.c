// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/container.h"

#include <stdlib.h>

void container_free(struct container *c)
{
	if (!c)
		return;
	free(c->id);
	free(c->name);
	free(c->image);
	free(c->k8s_namespace);
	free(c->k8s_pod);
	free(c->k8s_pod_uid);
	free(c->k8s_container);
	free(c->cgroup_path);
	free(c);
}
