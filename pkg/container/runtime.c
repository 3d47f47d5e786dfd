// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include <linux/openat2.h>

#include "base/cleanup.h"
#include "container/runtime_state.h"

/*
 * To add a runtime, add a row; and a reader, unless one of those here fits.
 *
 * Rows that give names come before those that give cgroups: they are smaller, and
 * most containers are known by their cgroup's path already, so that nothing is left
 * to look up.  A root given by hand stands in for each of the roots of a row of that name.
 */
static const struct runtime runtimes[] = {
	{
		.name = "docker",
		.roots = { "/var/lib/docker" },
		.below = "containers",
		.scan = state_scan_dirs,
		.read = runtime_docker_read,
	},
	{
		.name = "containerd",
		.roots = { "/run/containerd" },
		.below = "io.containerd.runtime.v2.task/*",
		.scan = state_scan_dirs,
		.read = runtime_containerd_read,
	},
	{
		.name = "podman",
		.roots = { "/var/lib/containers/storage", "/run/containers/storage" },
		.below = "*-containers",
		.scan = runtime_podman_scan,
	},
	{
		.name = "podman", /* and CRI-O */
		.roots = { "/var/lib/containers/storage", "/run/containers/storage" },
		.below = "*-containers",
		.scan = state_scan_dirs,
		.read = runtime_podman_read,
	},
	{
		.name = "lxc",
		.roots = { "/var/lib/lxc" },
		.below = "",
		.scan = runtime_lxc_scan,
	},
	{
		.name = "docker",
		.roots = { "/run/docker" },
		.below = "runtime-runc/moby",
		.names_cgroup = true,
		.scan = state_scan_dirs,
		.read = runtime_runc_read,
	},
	{
		.name = "docker", /* one that uses the host's containerd */
		.roots = { "/run/containerd" },
		.below = "runc/moby",
		.names_cgroup = true,
		.scan = state_scan_dirs,
		.read = runtime_runc_read,
	},
	{
		.name = "containerd",
		.roots = { "/run/containerd" },
		.below = "runc/*",
		.names_cgroup = true,
		.scan = state_scan_dirs,
		.read = runtime_runc_read,
	},
	{
		.name = "runc",
		.roots = { "/run/runc" },
		.below = "",
		.names_cgroup = true,
		.scan = state_scan_dirs,
		.read = runtime_runc_read,
	},
	{
		.name = "crun",
		.roots = { "/run/crun" },
		.below = "",
		.names_cgroup = true,
		.scan = state_scan_dirs,
		.read = runtime_crun_read,
	},
};

#define RUNTIMES (sizeof(runtimes) / sizeof(*runtimes))

static const char *const names[] = {
	"docker", "containerd", "podman", "lxc", "runc", "crun", NULL
};

const char *const *runtime_names(void)
{
	return names;
}

/* DIR of "RUNTIME=DIR" if it is for this runtime, else NULL. */
static const char *dir_for(const char *spec, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(spec, name, len) && spec[len] == '=' ? spec + len + 1 : NULL;
}

int runtime_root_check(const char *spec, struct error *err)
{
	const char *dir = NULL;
	size_t i;

	for (i = 0; names[i] && !dir; i++)
		dir = dir_for(spec, names[i]);

	if (!dir)
		return error_say(err, -EINVAL,
				 "'%s' is not RUNTIME=DIR; RUNTIME is one of: docker, containerd, "
				 "podman, lxc, runc, crun",
				 spec);
	if (*dir != '/')
		return error_say(err, -EINVAL,
				 "'%s' does not name an absolute path such as /srv/docker", spec);
	return 0;
}

/* --- opening what a row means ---------------------------------------------------- */

/* One scan, of all rows. */
struct scan {
	int host_fd; /* host_root, or "/" */
	const struct runtime_settings *settings;
	const struct label_keys *labels;
	struct state_sink sink;
	runtime_folder_found *found; /* of runtime_folders() */
};

/* A root may well be a symlink (to a bigger disk, say), but only within host_root. */
static int open_in_host(const struct scan *scan, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT,
	};

	return (int)syscall(SYS_openat2, scan->host_fd, path, &how, sizeof(how));
}

static int scan_dir(const struct scan *scan, const struct runtime *runtime, int fd,
		    const char *path)
{
	struct state_root root = {
		.fd = fd,
		.path = path,
		.runtime = runtime,
		.settings = scan->settings,
		.labels = scan->labels,
	};

	return runtime->scan(&root, &scan->sink);
}

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len >= end_len && !strcmp(name + len - end_len, end);
}

static int scan_sub_dir(const struct scan *scan, const struct runtime *runtime, int parent,
			const char *path, const char *name)
{
	auto_close int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_free char *full = NULL;

	if (fd < 0)
		return 0;
	if (asprintf(&full, "%s/%s", path, name) < 0) {
		full = NULL;
		return -ENOMEM;
	}
	return scan_dir(scan, runtime, fd, full);
}

/* containerd keeps a root per namespace, containers/storage one per driver. */
static int scan_each_dir(const struct scan *scan, const struct runtime *runtime, int parent,
			 const char *path, const char *end)
{
	auto_close int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return 0;
	steal_fd(&fd);

	while ((entry = readdir(dir))) {
		int r;

		if (entry->d_name[0] == '.' || !ends_with(entry->d_name, end))
			continue;
		r = scan_sub_dir(scan, runtime, parent, path, entry->d_name);
		if (r)
			return r;
	}
	return 0;
}

/*
 * The directory of containers in a root, or the one that holds such directories; *star is
 * then where in `below` the end of their names is.
 */
static char *folder_in(const struct runtime *runtime, const char *root, const char **star)
{
	size_t len = strcspn(runtime->below, "*");
	char *path;

	*star = runtime->below[len] ? runtime->below + len : NULL;
	if (*star && len)
		len--; /* the '/' */
	if (asprintf(&path, "%s%s%.*s", root, len ? "/" : "", (int)len, runtime->below) < 0)
		return NULL;
	return path;
}

static int scan_root(const struct scan *scan, const struct runtime *runtime, const char *root)
{
	const char *star;
	auto_free char *path = folder_in(runtime, root, &star);
	auto_close int fd = -1;

	if (!path)
		return -ENOMEM;
	fd = open_in_host(scan, path);
	if (fd < 0)
		return 0;
	return star ? scan_each_dir(scan, runtime, fd, path, star + 1)
		    : scan_dir(scan, runtime, fd, path);
}

/* What is done with each root of a row. */
typedef int root_visit(const struct scan *scan, const struct runtime *runtime, const char *root);

static int visit_roots(const struct scan *scan, const struct runtime *runtime,
		       const char *const *extra_roots, root_visit *visit)
{
	size_t i;
	int r = 0;

	for (i = 0; runtime->roots[i] && !r; i++)
		r = visit(scan, runtime, runtime->roots[i]);

	for (i = 0; extra_roots && extra_roots[i] && !r; i++) {
		const char *dir = dir_for(extra_roots[i], runtime->name);

		if (dir)
			r = visit(scan, runtime, dir);
	}
	return r;
}

/* An id becomes part of a path below a root. */
static bool is_file_name(const char *id)
{
	return *id && !strchr(id, '/') && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

static bool is_of_kind(const struct runtime *runtime, const struct runtime_query *query)
{
	if (!query)
		return true;
	if (query->runtime && strcmp(query->runtime, runtime->name) != 0)
		return false;
	return query->kind == RUNTIME_ALL ||
	       runtime->names_cgroup == (query->kind == RUNTIME_WITH_CGROUP);
}

static int check_roots(const char *const *extra_roots, struct error *err)
{
	for (; extra_roots && *extra_roots; extra_roots++) {
		int r = runtime_root_check(*extra_roots, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int open_host(const struct runtime_settings *settings, struct error *err)
{
	const char *host = settings->host_root && *settings->host_root ? settings->host_root : "/";
	int fd = open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? error_set(err, -errno, "open the host's root '%s'", host) : fd;
}

const char *runtime_of_comm(const char *comm)
{
	size_t i;

	for (i = 0; i < RUNTIMES; i++)
		if (runtimes[i].names_cgroup && !*runtimes[i].below &&
		    !strcmp(comm, runtimes[i].name))
			return runtimes[i].name;
	return NULL;
}

int runtime_scan(const struct runtime_settings *settings, const struct runtime_query *query,
		 runtime_found *found, void *arg, struct error *err)
{
	auto_close int host_fd = -1;
	struct scan scan = {
		.settings = settings,
		.labels = settings->labels,
		.sink = { query, found, arg },
	};
	size_t i;
	int r = check_roots(settings->extra_roots, err);

	if (r < 0)
		return r;
	if (query && query->id && !is_file_name(query->id))
		return 0;

	host_fd = open_host(settings, err);
	if (host_fd < 0)
		return host_fd;
	scan.host_fd = host_fd;

	for (i = 0; i < RUNTIMES && !r; i++) {
		if (!is_of_kind(&runtimes[i], query))
			continue;
		r = visit_roots(&scan, &runtimes[i], settings->extra_roots, scan_root);
	}
	if (r == -ENOMEM)
		return error_set(err, r, "read the state files of container runtimes");
	return r;
}

/* --- where it would look --------------------------------------------------------- */

static int show_root(const struct scan *scan, const struct runtime *runtime, const char *root)
{
	const char *star;
	auto_free char *path = folder_in(runtime, root, &star);
	auto_close int fd = -1;

	if (!path)
		return -ENOMEM;
	fd = open_in_host(scan, path);
	if (fd < 0 && errno != EACCES)
		return 0;
	return scan->found(runtime->name, path, fd, scan->sink.arg);
}

int runtime_folders(const struct runtime_settings *settings, runtime_folder_found *found, void *arg,
		    struct error *err)
{
	auto_close int host_fd = open_host(settings, err);
	struct scan scan = { .host_fd = host_fd, .sink.arg = arg, .found = found };
	int r = 0;

	if (host_fd < 0)
		return host_fd;
	for (size_t i = 0; i < RUNTIMES && !r; i++)
		r = visit_roots(&scan, &runtimes[i], settings->extra_roots, show_root);
	return r == -ENOMEM ? error_set(err, r, "look for the runtimes' folders") : r;
}
