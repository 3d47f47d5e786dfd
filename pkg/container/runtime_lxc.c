// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * LXC: <lxcpath>/<name>/config.  A container's cgroup has its name, "lxc.payload.web", but
 * where one of that name is left over from before, LXC takes "lxc.payload.web-1" and so
 * on up to -999 (src/lxc/cgroups/cgfsng.c).  Whether that is a container named "web-1" is
 * all there is to learn here: the rest of what LXC knows is not written down.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <fcntl.h>

#include "base/cleanup.h"
#include "container/runtime_state.h"

static bool has_config(const struct state_root *root, const char *name)
{
	auto_free char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s/config", name) < 0) {
		path = NULL;
		return false;
	}
	return !fstatat(root->fd, path, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode);
}

/* "web" of "web-1"; NULL if it doesn't end like that, or would lead out of the folder ("..-1"). */
static char *without_number(const char *name)
{
	const char *end = name + strlen(name), *at = end;

	while (at > name && isdigit((unsigned char)at[-1]))
		at--;
	if (*name == '.' || at == end || end - at > 3 || *at == '0' || at - name < 2 ||
	    at[-1] != '-')
		return NULL;
	return strndup(name, (size_t)(at - 1 - name));
}

static int emit(const struct state_root *root, const struct state_sink *sink, const char *name,
		const char *cgroup)
{
	struct container *c = state_container(root, name);

	if (!c)
		return -ENOMEM;
	state_set_text(&c->name, name);
	if (asprintf(&c->cgroup_path, "/lxc.payload.%s", cgroup) < 0)
		c->cgroup_path = NULL;
	return sink->found(c, sink->arg);
}

int runtime_lxc_scan(const struct state_root *root, const struct state_sink *sink)
{
	const char *cgroup = sink->query ? sink->query->id : NULL;
	auto_free char *name = cgroup ? without_number(cgroup) : NULL;

	if (!name || has_config(root, cgroup) || !has_config(root, name))
		return 0;
	return emit(root, sink, name, cgroup);
}
