// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What a person, or a runtime, wrote down for a cgroup. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "container/cgroup_fs.h"

static bool has_dotdot(const char *path)
{
	const char *at;

	for (at = path; (at = strstr(at, "..")); at += 2) {
		if ((at == path || at[-1] == '/') && (!at[2] || at[2] == '/'))
			return true;
	}
	return false;
}

/* What follows the mount point, if typed lies within; else NULL. */
static const char *below_point(const struct cgroup_hierarchy *h, const char *typed)
{
	size_t len = strlen(h->mount.point);

	if (h->root_fd < 0 || strncmp(typed, h->mount.point, len) != 0)
		return NULL;
	return !typed[len] || typed[len] == '/' ? typed + len : NULL;
}

char *cgroup_path_tidy(const char *prefix, const char *path)
{
	char *out = malloc(strlen(prefix) + strlen(path) + 2), *start, *to;

	if (!out)
		return NULL;

	start = to = stpcpy(out, prefix);
	while (*path) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len && !(len == 1 && *path == '.')) {
			*to++ = '/';
			to = mempcpy(to, path, len);
		}
		path += len;
	}
	if (to == start)
		*to++ = '/';
	*to = '\0';
	return out;
}

/* What is below neither mount point is meant to be in v2, or in v1 where there is no other. */
static char *tidy_typed(const struct cgroup_fs *fs, const char *typed)
{
	const char *in_v1 = below_point(&fs->v1, typed), *in_v2 = below_point(&fs->v2, typed);

	if (!in_v1 && (cgroup_path_is_v1(typed) || fs->v2.root_fd < 0))
		in_v1 = cgroup_path_below_mount(typed);
	return in_v1 ? cgroup_path_tidy(CGROUP_V1_PREFIX, in_v1)
		     : cgroup_path_tidy("", in_v2 ? in_v2 : typed);
}

static int say_not_there(const struct cgroup_fs *fs, const char *path, int r, struct error *err)
{
	const char *point = cgroup_fs_mount_point(fs, path), *below = cgroup_path_below_mount(path);
	const char *version = cgroup_path_is_v1(path) ? "v1" : "v2";

	if (!point)
		return error_say(err, r, "no cgroup '%s': cgroup %s is not mounted", below,
				 version);
	if (r == -ENOENT)
		return error_say(err, r,
				 "no cgroup '%s' below '%s' (cgroup %s); 'ctrace ps' lists "
				 "those of containers",
				 below, point, version);
	if (r == -ENOTDIR)
		return error_say(err, r, "'%s' below '%s' is a file, not a cgroup", below, point);
	return error_set(err, r, "open cgroup '%s'", path);
}

int cgroup_check_typed(const char *typed, struct error *err)
{
	if (!*typed)
		return error_say(err, -EINVAL, "'' is empty");
	if (has_dotdot(typed))
		return error_say(err, -EINVAL, "'%s' has '..' in it; give the path without", typed);
	return 0;
}

int cgroup_resolve(const struct cgroup_fs *fs, const char *typed, char **path, struct error *err)
{
	auto_free char *clean = NULL;
	auto_close int fd = -1;
	int r = cgroup_check_typed(typed, err);

	if (r < 0)
		return r;
	clean = tidy_typed(fs, typed);
	if (!clean)
		return error_set(err, -ENOMEM, "find cgroup '%s'", typed);

	fd = cgroup_open(fs, clean, O_PATH);
	if (fd < 0)
		return say_not_there(fs, clean, fd, err);

	*path = steal_ptr(&clean);
	return 0;
}
