// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "commands.h"
#include "container/registry.h"
#include "output/container_list.h"
#include "session.h"

static int list(const struct options *o, struct error *err)
{
	struct registry_settings settings = {
		.runtimes = { .host_root = o->host_root, .extra_roots = o->runtime_roots.at },
	};
	const struct container **all = NULL;
	struct registry *reg = NULL;
	struct cgroup_fs *fs = NULL;
	size_t n = 0;
	int r;

	r = cgroup_fs_open(&fs, o->host_root, err);
	settings.cgroups = fs;
	if (!r)
		r = registry_open(&reg, &settings, err);
	if (!r)
		r = registry_scan(reg, err);
	if (!r) {
		n = registry_count(reg);
		all = calloc(n + 1, sizeof(*all));
		for (size_t i = 0; all && i < n; i++)
			all[i] = registry_at(reg, i);
		r = all ? container_list_write(stdout, o->format_set ? o->format : OUTPUT_TABLE,
					       all, n, err)
			: error_set(err, -ENOMEM, "list the containers");
	}
	free(all);
	registry_free(reg);
	cgroup_fs_free(fs);
	return r;
}

int ps_main(const struct options *o)
{
	struct error err = {};

	signal(SIGPIPE, SIG_IGN);
	if (list(o, &err) == 0 || err.code == -EPIPE)
		return EXIT_OK;
	say("%s", err.text);
	return EXIT_FAILED;
}
