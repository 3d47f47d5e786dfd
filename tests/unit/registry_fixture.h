/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A registry over the cgroups of this host. */
#ifndef CTRACE_REGISTRY_FIXTURE_H
#define CTRACE_REGISTRY_FIXTURE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "container/registry.h"
#include "found_containers.h"
#include "recorded_host.h"

#define SLICE                                        \
	"/kubepods.slice/kubepods-besteffort.slice/" \
	"kubepods-besteffort-pod0a1b2c3d_1111_2222_3333_444455556666.slice"
#define POD "/kubepods/besteffort/pod" POD_UID

static struct cgroup_fs *fs;
static struct registry *reg;

/*
 * Tests run side by side, other checkouts' too, and a scan finds the containers of all of
 * them, which have the same few ids: one at a time.  Given back when the test's process ends.
 */
static inline void wait_for_turn(void)
{
	int fd = open(cgroup_fs_mount_point(fs, *cgroup_fs_roots(fs)), O_RDONLY | O_CLOEXEC);

	cr_assert(fd >= 0 && !flock(fd, LOCK_EX), "%s", strerror(errno));
}

static inline void open_registry(const char *host_root)
{
	struct registry_settings settings = { .runtimes.host_root = host_root };
	struct error err;

	if (!fs) {
		if (cgroup_fs_open(&fs, NULL, &err) < 0)
			cr_skip_test("%s", err.text);
		wait_for_turn();
	}
	settings.cgroups = fs;
	cr_assert_eq(registry_open(&reg, &settings, &err), 0, "%s", err.text);
}

static inline void close_registry(void)
{
	registry_free(reg);
	cgroup_fs_free(fs);
	registry_free(NULL);
}

static inline const struct container *add(const char *path, __u64 cgroup_id)
{
	const struct container *c = NULL;
	struct error err;
	int r = registry_add_cgroup(reg, path, cgroup_id, &c, &err);

	cr_assert_geq(r, 0, "%s", err.text);
	cr_expect_eq(r, c != NULL, "'%s'", path);
	return c;
}

#endif
