// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "container/runtime.h"
#include "found_containers.h"
#include "recorded_host.h"

static const struct runtime_settings recorded = {
	.host_root = HOST,
	.cgroups.v2 = "/sys/fs/cgroup/unified",
};

/* Everything a state file can say, NULL and 0 for what it doesn't. */
static const struct container expected[] = {
	{ .id = (char *)DOCKER_ID,
	  .runtime = "docker",
	  .cgroup_path = (char *)"/docker/" DOCKER_ID,
	  .init_pid = 4242 },
	{ .id = (char *)CRI_ID,
	  .runtime = "containerd",
	  .name = (char *)"nginx",
	  .image = (char *)"docker.io/library/nginx:1.27",
	  .k8s_namespace = (char *)"shop",
	  .k8s_pod = (char *)"web-7d4b9",
	  .k8s_pod_uid = (char *)POD_UID,
	  .k8s_container = (char *)"nginx",
	  .cgroup_path = (char *)"/kubepods/besteffort/pod" POD_UID "/" CRI_ID,
	  .init_pid = 5151 },
	{ .id = (char *)"ctr-r1",
	  .runtime = "runc",
	  .cgroup_path = (char *)"/ctr-r1",
	  .init_pid = 11294 },
	{ .id = (char *)"deep",
	  .runtime = "runc",
	  .cgroup_path = (char *)"/ctr-custom/deep/x",
	  .init_pid = 11309 },
	{ .id = (char *)"ctr-c1",
	  .runtime = "crun",
	  .cgroup_path = (char *)"/ctr-c1",
	  .init_pid = 11348 },
	{ .id = (char *)DOCKER_ID,
	  .runtime = "docker",
	  .name = (char *)"web",
	  .image = (char *)"busybox:demo",
	  .init_pid = 4242 },
	{ .id = (char *)CRI_ID,
	  .runtime = "containerd",
	  .name = (char *)"nginx",
	  .image = (char *)"docker.io/library/nginx:1.27",
	  .k8s_namespace = (char *)"shop",
	  .k8s_pod = (char *)"web-7d4b9",
	  .k8s_pod_uid = (char *)POD_UID,
	  .k8s_container = (char *)"nginx",
	  .init_pid = 5151 },
	{ .id = (char *)SANDBOX_ID,
	  .runtime = "containerd",
	  .k8s_namespace = (char *)"shop",
	  .k8s_pod = (char *)"web-7d4b9",
	  .k8s_pod_uid = (char *)POD_UID,
	  .sandbox = true },
	{ .id = (char *)PODMAN_ID,
	  .name = (char *)"pod-less",
	  .image = (char *)"localhost/busybox:demo" },
	{ .id = (char *)PODMAN_ID, .runtime = "podman" },
	{ .id = (char *)VFS_ID,
	  .name = (char *)"on-vfs",
	  .image = (char *)"localhost/busybox:demo" },
	{ .id = (char *)CRIO_ID,
	  .runtime = "crio",
	  .name = (char *)"nginx",
	  .image = (char *)"docker.io/library/nginx:1.27",
	  .k8s_namespace = (char *)"shop",
	  .k8s_pod = (char *)"web-7d4b9",
	  .k8s_pod_uid = (char *)POD_UID,
	  .k8s_container = (char *)"nginx" },
	{ .id = (char *)CRIO_POD,
	  .runtime = "crio",
	  .k8s_namespace = (char *)"shop",
	  .k8s_pod = (char *)"web-7d4b9",
	  .k8s_pod_uid = (char *)POD_UID,
	  .sandbox = true },
	{ .id = (char *)NERDCTL_ID, .runtime = "containerd", .name = (char *)"proxy" },
};

#define EXPECTED (sizeof(expected) / sizeof(*expected))

static bool is_expected(const struct container *c, const struct container *e)
{
	return same(c->id, e->id) && same(c->runtime, e->runtime) && same(c->name, e->name) &&
	       same(c->image, e->image) && same(c->k8s_namespace, e->k8s_namespace) &&
	       same(c->k8s_pod, e->k8s_pod) && same(c->k8s_pod_uid, e->k8s_pod_uid) &&
	       same(c->k8s_container, e->k8s_container) && same(c->cgroup_path, e->cgroup_path) &&
	       c->init_pid == e->init_pid && c->sandbox == e->sandbox;
}

static size_t times_found(const struct found *found, const struct container *e)
{
	size_t i, n = 0;

	for (i = 0; i < found->count; i++)
		n += is_expected(found->at[i], e);
	return n;
}

Test(runtime, reads_what_each_runtime_writes)
{
	auto_found found = { 0 };
	struct error err;
	size_t i;

	cr_assert_eq(runtime_scan(&recorded, NULL, keep, &found, &err), 0, "%s", err.text);
	for (i = 0; i < EXPECTED; i++)
		cr_expect_eq(times_found(&found, &expected[i]), 1, "row %zu, id '%s', runtime %s",
			     i, expected[i].id, expected[i].runtime);
	cr_expect_eq(found.count, EXPECTED, "%zu found", found.count);
}

static bool is_ctr(const char *id, void *arg)
{
	(void)arg;
	return !strncmp(id, "ctr-", 4);
}

Test(runtime, looks_only_where_it_is_told)
{
	static const struct {
		struct runtime_query query;
		size_t found;
	} rows[] = {
		{ { .id = DOCKER_ID }, 2 },
		{ { .id = DOCKER_ID, .kind = RUNTIME_WITH_CGROUP }, 1 },
		{ { .id = "ctr-c1" }, 1 },
		{ { .id = PODMAN_ID }, 2 },
		{ { .id = PODMAN_ID, .runtime = "podman" }, 2 },
		{ { .id = PODMAN_ID, .runtime = "docker" }, 0 },
		{ { .runtime = "docker" }, 2 },
		{ { .id = "web-1", .runtime = "lxc" }, 1 },
		{ { .id = "nobody" }, 0 },
		{ { .id = "" }, 0 },
		{ { .id = "." }, 0 },
		{ { .id = ".." }, 0 },
		{ { .id = "../runc/ctr-r1" }, 0 },
		{ { .kind = RUNTIME_WITH_CGROUP }, 5 },
		{ { .kind = RUNTIME_WITHOUT_CGROUP }, 9 },
		{ { .unwanted = is_ctr }, EXPECTED - 2 },
		{ { .id = "ctr-r1", .unwanted = is_ctr }, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_found found = { 0 };
		struct error err;

		cr_assert_eq(runtime_scan(&recorded, &rows[i].query, keep, &found, &err), 0);
		cr_expect_eq(found.count, rows[i].found, "row %zu: %zu", i, found.count);
	}
}

Test(runtime, keeps_the_labels_that_are_asked_for)
{
	static const char *const asked[] = { "com.example.team", "org.example.a=b", "nobody" };
	static const struct label_keys keys = { asked, 3, 1 };
	struct runtime_settings settings = recorded;
	auto_found found = { 0 };
	struct error err;
	size_t i, team = 0, a = 0;

	settings.labels = &keys;
	cr_assert_eq(runtime_scan(&settings, NULL, keep, &found, &err), 0, "%s", err.text);
	for (i = 0; i < found.count; i++) {
		const char *value = container_label(found.at[i], "com.example.team");

		team += value && !strcmp(value, "shop") && !strcmp(found.at[i]->id, DOCKER_ID);
		value = container_label(found.at[i], "org.example.a");
		a += value && !strcmp(value, "b");
		cr_expect_null(container_label(found.at[i], "nobody"));
	}
	cr_expect_eq(team, 1, "from Docker's labels: %zu", team);
	cr_expect_geq(a, 1, "from an OCI bundle's annotations: %zu", a);
}

static int stop(struct container *c, void *arg)
{
	container_free(c);
	++*(int *)arg;
	return -ECANCELED;
}

Test(runtime, stops_when_told)
{
	struct error err;
	int calls = 0;

	cr_expect_eq(runtime_scan(&recorded, NULL, stop, &calls, &err), -ECANCELED);
	cr_expect_eq(calls, 1);
}

struct folders {
	char text[1024]; /* "RUNTIME=PATH\n", in order */
	int closed;
};

static int list_folder(const char *runtime, const char *path, int fd, void *arg)
{
	struct folders *folders = arg;
	size_t used = strlen(folders->text);

	snprintf(folders->text + used, sizeof(folders->text) - used, "%s=%s\n", runtime, path);
	folders->closed += fd < 0;
	return 0;
}

Test(runtime, shows_the_folders_it_reads)
{
	const char *const roots[] = { "runc=/run/crun", "docker=/no/such", NULL };
	struct runtime_settings settings = recorded;
	struct folders folders = {};
	struct error err;

	settings.extra_roots = roots;
	cr_assert_eq(runtime_folders(&settings, list_folder, &folders, &err), 0);
	cr_expect_str_eq(folders.text, "docker=/var/lib/docker/containers\n"
				       "containerd=/run/containerd/io.containerd.runtime.v2.task\n"
				       "podman=/var/lib/containers/storage\n"
				       "podman=/var/lib/containers/storage\n"
				       "lxc=/var/lib/lxc\n"
				       "docker=/run/docker/runtime-runc/moby\n"
				       "containerd=/run/containerd/runc\n"
				       "runc=/run/runc\n"
				       "runc=/run/crun\n"
				       "crun=/run/crun\n");
	cr_expect_eq(folders.closed, 0);
}

Test(runtime, checks_roots_given_by_hand)
{
	static const struct {
		const char *spec;
		int ret;
	} rows[] = {
		{ "runc=/a", 0 },       { "docker=/data/docker", 0 },
		{ "containerd=/", 0 },  { "podman=/x", 0 },
		{ "crun=/x", 0 },       { "lxc=/x", 0 },
		{ "crio=/x", -EINVAL }, { "runc=a", -EINVAL },
		{ "runc=", -EINVAL },   { "runc", -EINVAL },
		{ "", -EINVAL },        { "rkt=/a", -EINVAL },
		{ "=/a", -EINVAL },     { "runcx=/a", -EINVAL },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct error err = { 0 };

		cr_expect_eq(runtime_root_check(rows[i].spec, &err), rows[i].ret, "'%s'",
			     rows[i].spec);
		cr_expect(!rows[i].ret || strstr(err.text, rows[i].spec), "'%s'", err.text);
	}
}

/* Those of a pod are CRI-O's: JSON in an annotation of the sandbox. */
Test(runtime, labels_within_an_annotation)
{
	static const char *const keys[] = { "app", "io.container.manager", "tier" };
	static const struct label_keys asked = { .at = keys, .count = 3, .shown = 3 };
	struct runtime_settings settings = recorded;
	struct runtime_query query = { .id = CRIO_POD };
	auto_found found = { 0 };
	struct error err;

	settings.labels = &asked;
	cr_assert_eq(runtime_scan(&settings, &query, keep, &found, &err), 0);
	cr_assert_eq(found.count, 1);
	cr_expect(same(container_label(found.at[0], "app"), "web"));
	cr_expect(same(container_label(found.at[0], "io.container.manager"), "cri-o"));
	cr_expect(same(container_label(found.at[0], "tier"), NULL));
}

/* LXC's cgroup of container "web" is "lxc.payload.web-1" if a "lxc.payload.web" was left over. */
Test(runtime, lxc_tells_a_number_from_a_name)
{
	static const struct {
		const char *cgroup, *name; /* NULL: as the cgroup has it, or not to be known */
	} rows[] = {
		{ "web", NULL },         { "web-1", "web" },   { "web-999", "web" },
		{ "web-1000", NULL },    { "web-01", NULL },   { "web-0", NULL },
		{ "web-", NULL },        { "web-x", NULL },    { "web1", NULL },
		{ "db-2", NULL },        { "db-2-1", "db-2" }, { "db-3", NULL },
		{ "elsewhere-1", NULL }, { "-1", NULL },       { "1", NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct runtime_query query = { .id = rows[i].cgroup, .runtime = "lxc" };
		auto_found found = { 0 };
		struct error err;

		cr_assert_eq(runtime_scan(&recorded, &query, keep, &found, &err), 0);
		cr_assert_eq(found.count, rows[i].name != NULL, "'%s'", rows[i].cgroup);
		if (!found.count)
			continue;
		cr_expect_str_eq(found.at[0]->id, rows[i].name);
		cr_expect_str_eq(found.at[0]->name, rows[i].name);
		cr_expect_str_eq(found.at[0]->cgroup_path + strlen("/lxc.payload."),
				 rows[i].cgroup);
	}
}

/* Who may make cgroups may call one "lxc.payload...-1". */
Test(runtime, lxc_looks_into_no_folder_but_a_containers)
{
	const struct runtime_settings settings = {
		.host_root = HOST,
		.extra_roots = (const char *const[]){ "lxc=/var/lib/lxc/web", NULL },
	};
	struct runtime_query query = { .id = ".-1", .runtime = "lxc" };
	auto_found found = { 0 };
	struct error err;

	cr_assert_eq(runtime_scan(&settings, &query, keep, &found, &err), 0);
	cr_expect_eq(found.count, 0);
}
