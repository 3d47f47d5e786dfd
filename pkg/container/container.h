/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What ctrace knows of one container.  Unknown fields are NULL: nothing is invented. */
#ifndef CTRACE_CONTAINER_H
#define CTRACE_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

enum container_bytes {
	CONTAINER_LABELS_MAX = 16,       /* as many can be shown */
	CONTAINER_LABEL_KEY_MAX = 320,   /* Kubernetes: 253 of a prefix, '/', 63 of a name */
	CONTAINER_LABEL_VALUE_MAX = 1024 /* the rest of a longer one is not kept */
};

/* Which labels and annotations are kept of every container: only those that somebody asked for. */
struct label_keys {
	const char *const *at; /* "KEY", or "KEY=..." of which only the key counts here */
	size_t count;
	size_t shown; /* the first so many go into records, the others only select */
};

#define CONTAINER_RUNTIMES "docker, containerd, podman, crio, runc, crun, lxc, systemd-nspawn"

struct container {
	char *id;
	char *name;
	char *image;
	const char *runtime; /* static: one of CONTAINER_RUNTIMES */
	char *k8s_namespace;
	char *k8s_pod;
	char *k8s_pod_uid;
	char *k8s_container;
	const struct label_keys *label_keys; /* borrowed; NULL: none is kept */
	char **labels;  /* one a key, NULL where it has none such; NULL while it has none at all */
	bool sandbox;   /* the pod's pause container */
	bool has_state; /* its runtime's files were found: more names are not to be expected */
	int init_pid;   /* 0 if not known */
	char *cgroup_path; /* below the mount, starts with '/', or "v1:/" for v1; see cgroup.h */
	__u64 cgroup_id;   /* the full 64-bit id of that cgroup; 0 if it has none now */
};

/* Frees all of it; NULL is fine. */
void container_free(struct container *c);

/* NULL without memory. */
struct container *container_copy(const struct container *c);

/* What it is called, and its labels, are not known any more. */
void container_forget_names(struct container *c);

/* Is it one of CONTAINER_RUNTIMES? */
bool container_runtime_known(const char *runtime);

/* Keep a label if its key was asked for; without memory it stays unknown. */
void container_set_label(struct container *c, const char *key, const char *value);

/* Its value of "KEY" or "KEY=...", NULL if it has none (or nobody asked for it). */
const char *container_label(const struct container *c, const char *asked);

/* Hand over all labels that `from` has; the others of `to` stay. */
void container_take_labels(struct container *to, struct container *from);

#endif
