// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "scan.h"

#include "progress.h"

static void show(size_t containers, void *arg)
{
	struct progress *progress = arg;

	if (progress_due(progress))
		progress_show(progress, "looking for containers: %zu", containers);
}

int scan_containers(struct registry *reg, struct error *err)
{
	struct progress progress;
	int r;

	progress_start(&progress);
	r = registry_scan(reg, show, &progress, err);
	progress_clear(&progress);
	return r;
}
