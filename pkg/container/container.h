/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What ctrace knows of one container.  Unknown fields are NULL: nothing is invented. */
#ifndef CTRACE_CONTAINER_H
#define CTRACE_CONTAINER_H

#include <stdbool.h>

#include <linux/types.h>

struct container {
	char *id;
	char *name;
	char *image;
	/* Static: "docker", "containerd", "podman", "crio", "runc", "crun", "lxc",
	 * "systemd-nspawn". */
	const char *runtime;
	char *k8s_namespace;
	char *k8s_pod;
	char *k8s_pod_uid;
	char *k8s_container;
	bool sandbox;      /* the pod's pause container */
	bool has_state;    /* its runtime's files were found: more names are not to be expected */
	int init_pid;      /* 0 if not known */
	char *cgroup_path; /* below the cgroup v2 mount, starts with '/' */
	__u64 cgroup_id;   /* the full 64-bit id of that cgroup; 0 if it has none now */
};

/* Frees all of it; NULL is fine. */
void container_free(struct container *c);

#endif
