// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "container/runtime.h"
#include "sandbox/sandbox.h"
#include "say.h"

struct readable {
	int fds[64];
	size_t count;
};

/* Takes fd over; what can't be opened now can't be read later either. */
static void add(struct readable *readable, int fd)
{
	if (fd < 0)
		return;
	if (readable->count == sizeof(readable->fds) / sizeof(readable->fds[0]))
		close(fd);
	else
		readable->fds[readable->count++] = fd;
}

static void add_path(struct readable *readable, const char *host_root, const char *path)
{
	char full[4096];

	if (snprintf(full, sizeof(full), "%s%s", host_root ? host_root : "", path) <
	    (int)sizeof(full))
		add(readable, open(full, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Runtimes make their folders below /run when they start, which may be after us. */
static int add_folder(const char *runtime, const char *path, int fd, void *arg)
{
	(void)runtime;
	if (fd >= 0 && strncmp(path, "/run/", 5) != 0)
		add(arg, fcntl(fd, F_DUPFD_CLOEXEC, 3));
	return 0;
}

static int find_readable(struct readable *readable, const struct options *o,
			 const struct cgroup_fs *cgroups, struct error *err)
{
	const struct runtime_settings runtimes = {
		.host_root = o->host_root,
		.extra_roots = o->runtime_roots.at,
	};

	for (const char *const *root = cgroup_fs_roots(cgroups); *root; root++)
		add_path(readable, NULL, cgroup_fs_mount_point(cgroups, *root));
	add_path(readable, NULL, "/proc");
	if (o->host_root)
		add_path(readable, o->host_root, "/proc");
	add_path(readable, o->host_root, "/run");
	return runtime_folders(&runtimes, add_folder, readable, err);
}

static bool maps_work(void *arg)
{
	return tracer_maps_work(arg);
}

static void tell(const struct sandbox_report *report)
{
	if (report->landlock_abi)
		say("sandbox: seccomp, Landlock (version %d); capabilities left: %s",
		    report->landlock_abi, report->capabilities);
	else
		say("sandbox: seccomp, no Landlock in this kernel; capabilities left: %s",
		    report->capabilities);
}

int confine(const struct options *o, const struct cgroup_fs *cgroups, struct tracer *tracer,
	    pid_t child, struct error *err)
{
	struct readable readable = {};
	struct sandbox_report report;
	int r;

	if (o->no_sandbox)
		return 0;
	tzset(); /* reads /etc/localtime, for the table */
	r = find_readable(&readable, o, cgroups, err);
	if (!r) {
		const struct sandbox_settings settings = {
			.readable = readable.fds,
			.readable_count = readable.count,
			.screen = o->screen,
			.child = child,
			.maps_work = maps_work,
			.arg = tracer,
		};

		r = sandbox_enter(&settings, &report, err);
	}
	while (readable.count)
		close(readable.fds[--readable.count]);
	if (!r && o->verbose)
		tell(&report);
	return r;
}
