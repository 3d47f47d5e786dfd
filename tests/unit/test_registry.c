// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A registry, and cgroups that it is only told of; test_registry_real.c makes real ones. */
#include <stdio.h>

#include "container/select.h"
#include "registry_fixture.h"

static void setup(void)
{
	open_registry(HOST);
}

TestSuite(registry, .init = setup, .fini = close_registry);

Test(registry, knows_a_cgroup_from_birth)
{
	static const struct {
		const char *path, *id, *runtime, *name, *image, *pod;
		bool has_state, sandbox;
	} rows[] = {
		{ "/docker/" DOCKER_ID, DOCKER_ID, "docker", "web", "busybox:demo", NULL, true,
		  false },
		{ POD "/" CRI_ID, CRI_ID, "containerd", "nginx", "docker.io/library/nginx:1.27",
		  "web-7d4b9", true, false },
		{ POD "/" SANDBOX_ID, SANDBOX_ID, "containerd", NULL, NULL, "web-7d4b9", true,
		  true },
		{ "/libpod_parent/libpod-" PODMAN_ID, PODMAN_ID, "podman", "pod-less",
		  "localhost/busybox:demo", NULL, true, false },
		{ SLICE "/crio-" CRIO_ID ".scope", CRIO_ID, "crio", "nginx",
		  "docker.io/library/nginx:1.27", "web-7d4b9", true, false },
		{ "/default/" NERDCTL_ID, NERDCTL_ID, "containerd", "proxy", NULL, NULL, true,
		  false },
		{ "/docker/" OTHER_ID, OTHER_ID, "docker", NULL, NULL, NULL, false, false },
		{ "/lxc.payload.web", "web", "lxc", "web", NULL, NULL, true, false },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct container *c = add(rows[i].path, 1ULL << 40 | i);

		cr_assert_not_null(c, "row %zu", i);
		cr_expect_str_eq(c->id, rows[i].id, "row %zu", i);
		cr_expect_str_eq(c->cgroup_path, rows[i].path, "row %zu", i);
		cr_expect(same(c->runtime, rows[i].runtime), "row %zu: %s", i, c->runtime);
		cr_expect(same(c->name, rows[i].name), "row %zu: %s", i, c->name);
		cr_expect(same(c->image, rows[i].image), "row %zu: %s", i, c->image);
		cr_expect(same(c->k8s_pod, rows[i].pod), "row %zu: %s", i, c->k8s_pod);
		cr_expect_eq(c->has_state, rows[i].has_state, "row %zu", i);
		cr_expect_eq(c->sandbox, rows[i].sandbox, "row %zu", i);
		cr_expect_eq(registry_find(reg, 1ULL << 40 | i), c, "row %zu", i);
		cr_expect_null(registry_find(reg, i), "32 bits of an id are no id");
		cr_expect_eq(registry_at(reg, i), c, "row %zu", i);
	}
	cr_expect_eq(registry_count(reg), i);
}

Test(registry, cgroups_that_are_no_containers)
{
	cr_expect_null(add("/", 1));
	cr_expect_null(add("/system.slice", 2));
	cr_expect_null(add("/system.slice/docker.service", 3));
	cr_expect_null(add(POD, 4));
	cr_expect_null(add("/libpod_parent/libpod-conmon-" PODMAN_ID, 5));
	cr_expect_null(registry_find(reg, 2));
	cr_expect_null(registry_find(reg, 5));
}

Test(registry, cgroups_inside_belong_to_their_container)
{
	const struct container *outer = add("/docker/" DOCKER_ID, 10);
	const struct container *inner = add("/docker/" DOCKER_ID "/docker/" OTHER_ID, 11);

	cr_expect_eq(add("/docker/" DOCKER_ID "/init.scope", 12), outer);
	cr_expect_eq(add("/docker/" DOCKER_ID "/docker", 13), outer);
	cr_expect_neq(inner, outer);
	cr_expect_str_eq(inner->id, OTHER_ID);
	cr_expect_eq(add("/docker/" DOCKER_ID "/docker/" OTHER_ID "/x", 14), inner);
	cr_expect_eq(registry_owner(reg, "/docker/" DOCKER_ID "/a/b/c"), outer);
	cr_expect_eq(registry_owner(reg, "/docker/" DOCKER_ID "/docker/" OTHER_ID), inner);
	cr_expect_null(registry_owner(reg, "/docker/" DOCKER_ID "0"));
	cr_expect_null(registry_owner(reg, "/docker"));
	cr_expect_null(registry_owner(reg, "/"));
	cr_expect_null(registry_find(reg, 12));
	cr_expect_eq(registry_count(reg), 2);
}

/* A container names a cgroup of its own after another container. */
Test(registry, a_borrowed_id_gets_no_borrowed_name)
{
	const struct container *web = add("/docker/" DOCKER_ID, 20);
	const struct container *fraud = add("/docker/" OTHER_ID, 21);

	cr_expect_eq(add("/docker/" OTHER_ID "/docker/" DOCKER_ID, 22), fraud);
	cr_expect_null(registry_find(reg, 22));
	cr_expect_null(fraud->name);
	cr_expect_str_eq(web->name, "web");

	/* also of one that the host has state of, but no cgroup now */
	cr_assert_not_null(add("/docker/" OTHER_ID "/docker/" CRI_ID, 23));
	cr_expect_null(registry_find(reg, 23)->name);
	cr_expect_null(registry_find(reg, 23)->k8s_pod);
}

Test(registry, a_restarted_container_is_another_cgroup)
{
	const struct container *first = add("/docker/" DOCKER_ID, 30);
	const struct container *second = add("/docker/" DOCKER_ID, 31), *c;
	struct error err;

	cr_expect_neq(first, second);
	cr_expect_str_eq(second->name, "web");
	cr_expect_eq(registry_find(reg, 30), first, "its last events may be on the way");
	cr_expect_eq(registry_owner(reg, "/docker/" DOCKER_ID "/x"), second);
	cr_assert_eq(select_container(reg, "web", &c, &err), 0, "%s", err.text);
	cr_expect_eq(c, second);

	cr_expect(registry_remove(reg, 30));
	cr_expect_not(registry_remove(reg, 30));
	cr_expect_null(registry_find(reg, 30));
	cr_expect_eq(registry_owner(reg, "/docker/" DOCKER_ID), second);
	cr_expect(registry_remove(reg, 31));
	cr_expect_null(registry_owner(reg, "/docker/" DOCKER_ID));
	cr_expect_eq(registry_count(reg), 0);
}

/* Ids are 64 bits and may come again, and the record of an end may be lost. */
Test(registry, a_cgroup_id_that_comes_again_is_another_container)
{
	static const struct {
		const char *path, *id; /* NULL: no container */
	} rows[] = {
		{ "/docker/" DOCKER_ID, DOCKER_ID },    { POD "/" CRI_ID, CRI_ID },
		{ "/system.slice/cron.service", NULL }, { "/lxc.payload.web", "web" },
		{ "/lxc.payload.web2", "web2" },        { "/lxc.payload.web2/x", "web2-outer" },
		{ "/docker/" DOCKER_ID, DOCKER_ID },
	};
	const __u64 id = 1ULL << 63 | 7;
	size_t i;

	add("/docker/" OTHER_ID, 7); /* the same in its low 32 bits */
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct container *c;

		add(rows[i].path, id);
		c = registry_find(reg, id);
		if (!rows[i].id || strstr(rows[i].id, "outer")) {
			cr_expect_null(c, "row %zu: %s", i, c ? c->id : "");
			continue;
		}
		cr_assert_not_null(c, "row %zu", i);
		cr_expect_str_eq(c->id, rows[i].id, "row %zu: '%s'", i, c->id);
		cr_expect_str_eq(c->cgroup_path, rows[i].path, "row %zu", i);
		cr_expect_str_eq(registry_find(reg, 7)->id, OTHER_ID);
	}
	cr_expect_eq(registry_count(reg), 2);
}

static int refuse(const struct container *c, void *arg)
{
	*(__u64 *)arg = c->cgroup_id;
	return -EPIPE;
}

Test(registry, sweep_asks_before_it_takes_out)
{
	__u64 asked = 0;

	add("/docker/" DOCKER_ID, 44);
	cr_expect_eq(registry_sweep(reg, refuse, &asked), -EPIPE);
	cr_expect_eq(asked, 44);
	cr_expect_not_null(registry_find(reg, 44));
}

Test(registry, sweep_takes_out_what_is_gone)
{
	add("/docker/" DOCKER_ID, 40);
	add("/docker/" OTHER_ID, 41);
	add("/lxc.payload.web", 42);
	cr_expect_eq(registry_sweep(reg, NULL, NULL), 3);
	cr_expect_eq(registry_count(reg), 0);
	cr_expect_null(registry_find(reg, 40));
	cr_expect_not_null(add("/docker/" DOCKER_ID, 43));
}

Test(registry, dead_containers_are_not_listed)
{
	struct error err;
	size_t i;

	cr_assert_eq(registry_scan(reg, NULL, NULL, &err), 0, "%s", err.text);
	for (i = 0; i < registry_count(reg); i++)
		cr_expect_str_neq(registry_at(reg, i)->id, DOCKER_ID);
}

Test(registry, a_bad_root_is_refused)
{
	static const char *const roots[] = { "runc=relative", NULL };
	struct registry_settings settings = { .cgroups = fs, .runtimes.extra_roots = roots };
	struct registry *none = NULL;
	struct error err;

	cr_expect_eq(registry_open(&none, &settings, &err), -EINVAL);
	cr_expect_null(none);
}

Test(registry, thousands_come_and_go)
{
	enum { MANY = 3000 };
	char path[128];
	__u64 i;

	for (i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "/docker/%064llx", (unsigned long long)i);
		cr_assert_not_null(add(path, i + 100));
	}
	for (i = 0; i < MANY; i += 2)
		cr_assert(registry_remove(reg, i + 100));
	for (i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "/docker/%064llx/x", (unsigned long long)i);
		cr_expect_eq(registry_owner(reg, path) != NULL, i & 1);
		cr_expect_eq(registry_find(reg, i + 100) != NULL, i & 1);
	}
	cr_expect_eq(registry_count(reg), MANY / 2);
}
