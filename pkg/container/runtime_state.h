/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the runtime_*.c files are made of: one row of the table in runtime.c each,
 * and what they need to read a state file.  Nothing else includes this.
 */
#ifndef CTRACE_RUNTIME_STATE_H
#define CTRACE_RUNTIME_STATE_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "container/container.h"
#include "container/runtime.h"

/* A directory that holds the state of containers, opened. */
struct state_root {
	int fd;
	const char *path; /* for messages */
	const struct runtime *runtime;
	const struct runtime_settings *settings;
	const struct label_keys *labels;
};

/* Where a scan sends what it finds. */
struct state_sink {
	const struct runtime_query *query;
	runtime_found *found;
	void *arg;
};

/* A row of the table: one kind of state that one runtime leaves. */
struct runtime {
	const char *name;     /* as --runtime-root has it */
	const char *roots[3]; /* NULL-terminated; host_root goes before each */
	/* From a root to the directory of containers; "*END" last: each one whose name ends so. */
	const char *below;
	bool names_cgroup; /* the files say which cgroup the container has */
	/* Emit what root holds: state_scan_dirs(), unless all containers share one file. */
	int (*scan)(const struct state_root *root, const struct state_sink *sink);
	/* Fill in what the files of container id (c->id is set) say; false if there are none. */
	bool (*read)(const struct state_root *root, const char *id, struct container *c);
};

/* For runtimes with one directory per container, named by its id. */
int state_scan_dirs(const struct state_root *root, const struct state_sink *sink);

/* Does the sink want this container? */
bool state_wanted(const struct state_sink *sink, const char *id);

/* A new container with an id of the root's runtime; NULL without memory. */
struct container *state_container(const struct state_root *root, const char *id);

/*
 * <root>/<id>/<file> as JSON of this type (cJSON_Object, ...), NULL if it can't be had;
 * id may be NULL.  See auto_json.
 */
cJSON *state_json(const struct state_root *root, const char *id, const char *file, int type);

/* JSON that a state file holds in a string: all of it, or NULL.  Writes to text. */
cJSON *state_parse(char *text, size_t len);

/* The member at "a.b.c" (no key has a dot in it), or NULL. */
const cJSON *state_member(const cJSON *json, const char *path);

/*
 * Set a field that is still NULL to a non-empty string of sensible length; any
 * other JSON, or none, leaves it as it is.
 */
void state_set(char **field, const cJSON *json);
void state_set_text(char **field, const char *text);

/* The same for a process id. */
void state_set_pid(int *field, const cJSON *json);

/*
 * Labels or annotations, an object of them (NULL is fine): what Kubernetes' runtimes, or
 * nerdctl, say there about the container, and those that somebody asked for.
 */
void state_annotations(struct container *c, const cJSON *object);

/* Those that somebody asked for only: where they may come from an image. */
void state_labels(struct container *c, const cJSON *object);

/* "podman" or "crio" if the annotations say that one of these made it, else NULL. */
const char *state_manager(const cJSON *annotations);

static inline void cleanup_json(cJSON **json)
{
	cJSON_Delete(*json);
}

#define auto_json __attribute__((cleanup(cleanup_json)))

/* Readers, one small file each. */
bool runtime_docker_read(const struct state_root *root, const char *id, struct container *c);
bool runtime_runc_read(const struct state_root *root, const char *id, struct container *c);
bool runtime_crun_read(const struct state_root *root, const char *id, struct container *c);
bool runtime_containerd_read(const struct state_root *root, const char *id, struct container *c);
bool runtime_podman_read(const struct state_root *root, const char *id, struct container *c);
int runtime_podman_scan(const struct state_root *root, const struct state_sink *sink);
int runtime_lxc_scan(const struct state_root *root, const struct state_sink *sink);

#endif
