// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* ctrace doctor: will tracing work here, and if not, what is to be done? */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "commands.h"
#include "container/registry.h"
#include "output/checkup.h"
#include "sandbox/sandbox.h"
#include "say.h"
#include "tracer/backend.h"
#include "tracer/features.h"
#include "tracer/probe.h"

#ifndef CTRACE_VERSION
#error "the Makefile gives CTRACE_VERSION"
#endif

struct doctor {
	const struct options *options;
	struct cgroup_fs *cgroups; /* NULL: no v2 mount */
	__u64 own_cgroup_id;       /* 0: not known */
	struct checkup result;
};

static struct finding *add(struct doctor *d, const char *name)
{
	static struct finding surplus;
	struct finding *f = &surplus;

	if (d->result.finding_count < CHECKUP_FINDINGS)
		f = &d->result.findings[d->result.finding_count++];
	f->name = name;
	return f;
}

static bool has_failed(const struct doctor *d)
{
	for (size_t i = 0; i < d->result.finding_count; i++)
		if (d->result.findings[i].health == HEALTH_FAIL)
			return true;
	return false;
}

static void look_at_features(struct doctor *d)
{
	for (size_t i = 0; i < features_count(); i++) {
		struct finding *f = add(d, "");

		feature_look(i, f);
	}
}

/* --- cgroups ---------------------------------------------------------------------- */

/* The root of the whole hierarchy is the one cgroup without this file, or with that. */
static bool sees_whole_tree(const char *mount, bool v1)
{
	auto_free char *file = NULL;
	bool there;

	if (asprintf(&file, "%s/%s", mount, v1 ? "release_agent" : "cgroup.events") < 0) {
		file = NULL;
		return true;
	}
	there = access(file, F_OK) == 0;
	return there == v1;
}

static const char *mode_of(const struct cgroup_fs *fs)
{
	const char *const *roots = cgroup_fs_roots(fs);

	if (cgroup_path_is_v1(roots[0]))
		return "v1";
	return roots[1] ? "hybrid" : "v2";
}

static void look_up_own_cgroup(struct doctor *d, const char *root)
{
	auto_free char *path = NULL;
	struct error ignored;

	if (cgroup_own(d->cgroups, root, &path, &ignored) == 0)
		cgroup_id_of(d->cgroups, path, &d->own_cgroup_id, &ignored);
}

static void tell_mounts(const struct doctor *d, struct finding *f)
{
	const char *second = cgroup_fs_roots(d->cgroups)[1];

	if (second)
		finding_set(f, HEALTH_OK, "hybrid, v2 at %s, v1 at %s", d->result.cgroup_mount,
			    cgroup_fs_mount_point(d->cgroups, second));
	else
		finding_set(f, HEALTH_OK, "%s at %s", d->result.cgroup_mode,
			    d->result.cgroup_mount);
}

static void look_at_cgroups(struct doctor *d)
{
	struct finding *f = add(d, "cgroups");
	const char *root;
	struct error err;

	d->result.cgroup_mode = "none";
	if (cgroup_fs_open(&d->cgroups, d->options->host_root, &err) < 0) {
		finding_set(f, HEALTH_FAIL, "%s", err.text);
		return;
	}
	root = *cgroup_fs_roots(d->cgroups);
	look_up_own_cgroup(d, root);
	d->result.cgroup_mode = mode_of(d->cgroups);
	d->result.cgroup_mount = cgroup_fs_mount_point(d->cgroups, root);
	if (sees_whole_tree(d->result.cgroup_mount, cgroup_path_is_v1(root))) {
		tell_mounts(d, f);
		return;
	}
	finding_set(f, HEALTH_WARN, "%s shows a part of the host's cgroups only",
		    d->result.cgroup_mount);
	finding_remedy(f, "run the container with --cgroupns host, and the host's /sys/fs/cgroup "
			  "mounted into it");
}

/* --- backends ----------------------------------------------------------------------- */

static const char *const backend_titles[BACKEND_COUNT] = {
	[BACKEND_FEXIT] = "backend fexit",
	[BACKEND_TRACEPOINT] = "backend tracepoint",
	[BACKEND_KPROBE] = "backend kprobe",
};

static void look_at_backend(struct doctor *d, enum backend backend)
{
	struct checkup_backend *b = &d->result.backends[d->result.backend_count++];
	struct finding *f = add(d, backend_titles[backend]);

	b->name = backend_name(backend);
	b->works = backend_probe(b->name, d->own_cgroup_id, cgroup_fs_v1_controller(d->cgroups),
				 &b->why) == 0;
	if (!b->works)
		finding_set(f, HEALTH_WARN, "does not work here: %s", b->why.text);
	else if (backend_fits(backend, &b->why) < 0)
		finding_set(f, HEALTH_WARN, "works, but is not chosen: %s", b->why.text);
	else if (d->result.backend)
		finding_set(f, HEALTH_OK, "works");
	else {
		d->result.backend = b->name;
		finding_set(f, HEALTH_OK, "works, and is the one that is chosen");
	}
}

/* Nothing is tried where something is known to stand in the way. */
static void look_at_backends(struct doctor *d)
{
	struct finding *f;

	if (has_failed(d)) {
		f = add(d, "backends");
		finding_set(f, HEALTH_FAIL, "not tried, because of what failed above");
		return;
	}
	for (int i = 0; i < BACKEND_COUNT; i++)
		if (!i || !backend_has_name(i, backend_name(i - 1)))
			look_at_backend(d, i);
	if (d->result.backend)
		return;
	f = add(d, "backends");
	finding_set(f, HEALTH_FAIL, "none works here");
	finding_remedy(f, "ctrace run --backend tracepoint --verbose -- true shows all that the "
			  "kernel says; a container needs --privileged");
}

/* --- runtimes ------------------------------------------------------------------------ */

static struct checkup_runtime *runtime_named(struct doctor *d, const char *name)
{
	struct checkup *c = &d->result;

	for (size_t i = 0; i < c->runtime_count; i++)
		if (!strcmp(c->runtimes[i].name, name))
			return &c->runtimes[i];
	if (c->runtime_count == CHECKUP_RUNTIMES)
		return NULL;
	c->runtimes[c->runtime_count].name = name;
	c->runtimes[c->runtime_count].readable = true;
	return &c->runtimes[c->runtime_count++];
}

static int found_folder(const char *name, const char *path, int fd, void *arg)
{
	struct doctor *d = arg;
	struct checkup_runtime *runtime = runtime_named(d, name);
	auto_close int listable = fd < 0 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!runtime)
		return 0;
	runtime->readable &= listable >= 0;
	/* Several kinds of state may lie in one folder. */
	if (runtime->folder_count && !strcmp(runtime->folders[runtime->folder_count - 1], path))
		return 0;
	if (runtime->folder_count < CHECKUP_FOLDERS)
		snprintf(runtime->folders[runtime->folder_count++], CHECKUP_PATH, "%s", path);
	return 0;
}

static void count_containers(struct doctor *d, const struct runtime_settings *runtimes)
{
	struct registry_settings settings = { .cgroups = d->cgroups, .runtimes = *runtimes };
	struct registry *reg = NULL;
	struct error ignored;

	if (!d->cgroups || registry_open(&reg, &settings, &ignored) < 0)
		return;
	if (registry_scan(reg, NULL, NULL, &ignored) == 0)
		for (size_t i = 0; i < registry_count(reg); i++) {
			const char *name = registry_at(reg, i)->runtime;
			struct checkup_runtime *runtime = runtime_named(d, name ? name : "unknown");

			if (runtime)
				runtime->containers++;
		}
	registry_free(reg);
}

static void tell_runtime(struct doctor *d, const struct checkup_runtime *runtime)
{
	struct finding *f = add(d, runtime->name);
	char folders[sizeof(f->text)] = "";
	size_t used = 0;

	for (size_t i = 0; i < runtime->folder_count && used < sizeof(folders); i++)
		used += snprintf(folders + used, sizeof(folders) - used, "%s%s", i ? ", " : "",
				 runtime->folders[i]);
	finding_set(f, runtime->readable ? HEALTH_OK : HEALTH_WARN, "%zu container%s; %s%s",
		    runtime->containers, runtime->containers == 1 ? "" : "s",
		    *folders ? folders : "known by cgroup alone",
		    runtime->readable ? "" : " (not readable for this user)");
	if (!runtime->readable)
		finding_remedy(f, "run as root, or with CAP_DAC_READ_SEARCH: containers have no "
				  "names otherwise");
}

/* A --runtime-root that leads to no folder with containers is a mistake, or a moved folder. */
static bool leads_somewhere(const struct doctor *d, const char *root)
{
	const char *dir = strchr(root, '=') + 1;

	for (size_t i = 0; i < d->result.runtime_count; i++)
		for (size_t k = 0; k < d->result.runtimes[i].folder_count; k++)
			if (!strncmp(d->result.runtimes[i].folders[k], dir, strlen(dir)))
				return true;
	return false;
}

static void look_at_extra_roots(struct doctor *d)
{
	const char **root = d->options->runtime_roots.at;

	for (; root && *root; root++) {
		struct finding *f;

		if (leads_somewhere(d, *root))
			continue;
		f = add(d, "runtime root");
		finding_set(f, HEALTH_WARN, "'%s' leads to no container's state", *root);
		finding_remedy(f, "give the runtime's own root, as its --root, --data-root or "
				  "--exec-root has it");
	}
}

static void look_at_runtimes(struct doctor *d)
{
	const struct runtime_settings settings = {
		.host_root = d->options->host_root,
		.extra_roots = d->options->runtime_roots.at,
	};
	struct finding *f;
	struct error err;

	if (runtime_folders(&settings, found_folder, d, &err) < 0) {
		finding_set(add(d, "runtimes"), HEALTH_WARN, "%s", err.text);
		return;
	}
	count_containers(d, &settings);
	for (size_t i = 0; i < d->result.runtime_count; i++)
		tell_runtime(d, &d->result.runtimes[i]);
	look_at_extra_roots(d);
	if (d->result.runtime_count)
		return;
	f = add(d, "runtimes");
	finding_set(f, HEALTH_WARN, "no container runtime has left anything here");
	finding_remedy(f, "if there is one, name its folder: --runtime-root docker=/srv/docker");
}

/* --- all of it ------------------------------------------------------------------------ */

static int examine(struct doctor *d, struct error *err)
{
	enum output_format format = d->options->format_set ? d->options->format : OUTPUT_TABLE;
	struct utsname uts = {};

	uname(&uts);
	d->result.version = CTRACE_VERSION;
	d->result.kernel = uts.release;
	d->result.machine = uts.machine;
	look_at_features(d);
	sandbox_look(add(d, "sandbox"));
	look_at_cgroups(d);
	look_at_runtimes(d);
	look_at_backends(d);
	return checkup_write(stdout, format, &d->result, err);
}

int doctor_main(const struct options *o)
{
	static struct doctor d;
	struct error err = {};
	int r;

	d.options = o;
	r = examine(&d, &err);
	cgroup_fs_free(d.cgroups);
	if (r < 0)
		say("%s", err.text);
	return !r && d.result.backend ? EXIT_OK : EXIT_FAILED;
}
