// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "container/cgroup_path.h"

#define A          "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define B          "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define UID        "0a1b2c3d-1111-2222-3333-444455556666"
#define UID_       "0a1b2c3d_1111_2222_3333_444455556666"
#define STATIC_UID "0123456789abcdef0123456789abcdef"

struct row {
	const char *root; /* the container's root cgroup */
	const char *rest; /* below it */
	const char *runtime, *id, *pod_uid;
	bool nested;
};

static const struct row containers[] = {
	/* Docker */
	{ "/docker/" A, "", "docker", A, "", false },
	{ "/docker/" A, "/init.scope", "docker", A, "", false },
	{ "/system.slice/docker-" A ".scope", "", "docker", A, "", false },
	{ "/shop.slice/docker-" A ".scope", "/a/b", "docker", A, "", false },
	{ "/kubepods.slice/kubepods-pod" UID_ ".slice/docker-" A ".scope", "", "docker", A, UID,
	  false },
	{ "/system.slice:docker:" A, "", "docker", A, "", false },
	/* containerd; whose a bare id in any other place is, its path doesn't say */
	{ "/default/" A, "", "containerd", A, "", false },
	{ "/k8s.io/" A, "", "containerd", A, "", false },
	{ "/my-namespace/" A, "", NULL, A, "", false },
	{ "/ecs/0123/" A, "", NULL, A, "", false },
	{ "/" A, "", NULL, A, "", false },
	{ "/system.slice/nerdctl-" A ".scope", "", "containerd", A, "", false },
	/* kubelet's layouts */
	{ "/kubepods/burstable/pod" UID "/" A, "", "containerd", A, UID, false },
	{ "/kubepods/besteffort/pod" UID "/" A, "/x", "containerd", A, UID, false },
	{ "/kubepods/pod" UID "/web-1", "", "containerd", "web-1", UID, false },
	{ "/kubepods/burstable/pod" STATIC_UID "/" A, "", "containerd", A, STATIC_UID, false },
	{ "/k3s/kubepods/pod" UID "/" A, "", "containerd", A, UID, false },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_
	  ".slice/cri-containerd-" A ".scope",
	  "", "containerd", A, UID, false },
	{ "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_
	  ".slice/cri-containerd-" A ".scope",
	  "", "containerd", A, UID, false },
	{ "/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" A ".scope", "/container", "crio", A,
	  UID, false },
	{ "/kubepods/burstable/pod" UID "/crio-" A, "", "crio", A, UID, false },
	/* a driver mismatch */
	{ "/kubepods-besteffort-pod" UID_ ".slice:cri-containerd:" A, "", "containerd", A, UID,
	  false },
	{ "/system.slice/containerd.service/kubepods-pod" UID_ ".slice:cri-containerd:" A, "/x",
	  "containerd", A, UID, false },
	{ "/:cri-containerd:" A, "", "containerd", A, "", false },
	/* Podman */
	{ "/machine.slice/libpod-" A ".scope", "/container", "podman", A, "", false },
	{ "/libpod_parent/libpod-" A, "", "podman", A, "", false },
	{ "/libpod_parent/" A "/libpod-" B, "", "podman", B, "", false }, /* in a pod */
	{ "/machine.slice/machine-libpod_pod_" A ".slice/libpod-" B ".scope", "", "podman", B, "",
	  false },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" A ".scope", "",
	  "podman", A, "", false },
	{ "/system.slice/web.service/libpod-payload-" A, "", "podman", A, "", false },
	/* LXC, systemd-nspawn: by name */
	{ "/lxc.payload.web", "/init.scope", "lxc", "web", "", false },
	{ "/lxc.payload.my.web-1", "", "lxc", "my.web-1", "", false },
	{ "/machine.slice/machine-web.scope", "/payload", "systemd-nspawn", "web", "", false },
	{ "/machine.slice/machine-my\\x2dweb.scope", "", "systemd-nspawn", "my-web", "", false },
	{ "/machine.slice/systemd-nspawn@my\\x2dweb.service", "/payload", "systemd-nspawn",
	  "my-web", "", false },
	/* containers in containers */
	{ "/docker/" A "/docker/" B, "/x", "docker", B, "", true },
	{ "/docker/" A "/kubelet/kubepods/besteffort/pod" UID "/" B, "", "containerd", B, UID,
	  true },
	{ "/lxc.payload.web/docker/" A, "", "docker", A, "", true },
	{ "/kubepods/burstable/pod" UID "/" A "/libpod_parent/libpod-" B, "", "podman", B, "",
	  true },
	{ "/docker/" A, "/sub/web-1", "docker", A, "", false },
};

Test(cgroup_path, finds_the_container)
{
	size_t i;

	for (i = 0; i < sizeof(containers) / sizeof(*containers); i++) {
		const struct row *row = &containers[i];
		struct cgroup_path p;
		char path[2048];

		snprintf(path, sizeof(path), "%s%s", row->root, row->rest);
		cr_assert(cgroup_path_parse(path, &p), "'%s'", path);
		cr_expect_str_eq(p.id, row->id, "'%s': id '%s'", path, p.id);
		cr_expect_str_eq(p.pod_uid, row->pod_uid, "'%s': pod '%s'", path, p.pod_uid);
		cr_expect_eq(p.root_len, strlen(row->root), "'%s': %zu", path, p.root_len);
		cr_expect_eq(p.nested, row->nested, "'%s': nested", path);
		snprintf(path, sizeof(path), "v1:%s%s", row->root, row->rest);
		cr_assert(cgroup_path_parse(path, &p), "'%s'", path);
		cr_expect_str_eq(p.id, row->id, "'%s': id '%s'", path, p.id);
		cr_expect_eq(p.root_len, 3 + strlen(row->root), "'%s': %zu", path, p.root_len);
		cr_expect(row->runtime ? p.runtime && !strcmp(p.runtime, row->runtime) : !p.runtime,
			  "'%s': runtime %s", path, p.runtime ? p.runtime : "unknown");
		cr_expect_eq(p.by_name,
			     strstr("lxc systemd-nspawn", row->runtime ? row->runtime : "?") !=
				     NULL,
			     "'%s': by name", path);
	}
}

static const char *const not_containers[] = {
	"",
	"/",
	"docker/" A,
	"v1:",
	"v1:docker/" A,
	"v2:/docker/" A,
	"/init.scope",
	"/docker",
	"/system.slice/docker.service",
	"/system.slice/containerd.service",
	"/system.slice/docker-0123.scope",
	"/system.slice/docker-" A "0.scope",
	"/docker/" A "0",
	"/docker/ABCDEF6789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	"/docker-" A, /* only a scope is called so */
	"/docker/buildkit/w2f8zjhs5n8x",
	"/user.slice/user-1000.slice/session-2.scope",
	"/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope",
	/* monitors, in a pod and out of it */
	"/system.slice/crio-conmon-" A ".scope",
	"/kubepods.slice/kubepods-pod" UID_ ".slice/crio-conmon-" A ".scope",
	"/kubepods/burstable/pod" UID "/crio-conmon-" A,
	"/machine.slice/libpod-conmon-" A ".scope",
	"/libpod_parent/libpod-conmon-" A,
	"/lxc.monitor.web",
	"/libpod_parent/conmon",
	/* the pod's own cgroup, or what is none */
	"/libpod_parent/" A,
	"/machine.slice/machine-libpod_pod_" A ".slice",
	"/kubepods",
	"/kubepods/burstable/pod" UID,
	"/kubepods.slice/kubepods-burstable-pod" UID_ ".slice",
	"/kubepods.slice/kubepods-burstable-pod" UID_ ".slice/other.scope",
	"/kubepods/burstable/podium/web",
	"/pod" UID "/web", /* outside of kubepods */
	"/kubepods/burstable/pod" UID "/.hidden",
	"/default/web", /* "ctr run" with a name: runc's state file knows it */
	"/lxc.payload.",
	"/machine.slice/machine-.scope",
	"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", /* libvirt's */
	"/machine.slice/machine-a\\x2f..\\x2fb.scope",    /* a name with '/' in it */
	"/machine.slice/machine-a\\x00b.scope",
	"/machine-web.scope",
	"/:cri-containerd:",
	"/:cri-containerd:..",
};

Test(cgroup_path, leaves_others_alone)
{
	size_t i;

	for (i = 0; i < sizeof(not_containers) / sizeof(*not_containers); i++) {
		struct cgroup_path p = { .root_len = 77 };

		cr_expect_not(cgroup_path_parse(not_containers[i], &p), "'%s': id '%s'",
			      not_containers[i], p.id);
		cr_expect_eq(p.root_len, 77, "'%s': output touched", not_containers[i]);
	}
}

Test(cgroup_path, bears_names_of_any_length)
{
	static char path[5000];
	struct cgroup_path p;
	size_t len;

	for (len = 1; len < 300; len++) {
		int used = snprintf(path, sizeof(path), "/lxc.payload.");

		memset(path + used, 'x', len);
		path[used + (int)len] = '\0';
		cr_expect_eq(cgroup_path_parse(path, &p), used - 1 + (int)len <= 255, "%zu", len);
	}
	memset(path, '/', sizeof(path) - 1);
	cr_expect_not(cgroup_path_parse(path, &p));
}
