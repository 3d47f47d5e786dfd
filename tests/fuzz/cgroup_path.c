// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The path of a cgroup, as a container that may make cgroups can choose it. */
#include "container/cgroup_path.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cgroup_path out = {};
	char *path = strndup((const char *)data, size), *root;

	MUST(path);
	if (cgroup_path_parse(path, &out)) {
		MUST(out.root_len <= strlen(path));
		MUST(memchr(out.id, 0, sizeof(out.id)) && out.id[0]);
		MUST(memchr(out.pod_uid, 0, sizeof(out.pod_uid)));
		MUST(!strchr(out.id, '/') && !strchr(out.pod_uid, '/'));
		/* the root by itself is the same container's */
		root = strndup(path, out.root_len);
		struct cgroup_path again = {};

		MUST(cgroup_path_parse(root, &again));
		MUST(again.root_len == out.root_len && !strcmp(again.id, out.id));
		free(root);
	}
	free(path);
	return 0;
}
