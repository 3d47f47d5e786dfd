// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/runtime_state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "container/state_cache.h"

enum {
	FIELD_MAX = 512,   /* an image's name: registry, path of 255, tag of 128 */
	PID_MAX = 1 << 22, /* PID_MAX_LIMIT, include/linux/threads.h */
};

bool state_wanted(const struct state_sink *sink, const char *id)
{
	const struct runtime_query *q = sink->query;

	if (!q)
		return true;
	if (q->id && strcmp(q->id, id) != 0)
		return false;
	return !q->unwanted || !q->unwanted(id, q->arg);
}

struct container *state_container(const struct state_root *root, const char *id)
{
	struct container *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->id = strdup(id);
	if (!c->id) {
		free(c);
		return NULL;
	}
	c->runtime = root->runtime->name;
	c->label_keys = root->labels;
	return c;
}

/* Runtimes whose state names a cgroup make its directory first, the state file last. */
static void note_begun(const struct state_root *root, const struct state_sink *sink, const char *id)
{
	struct stat st;

	if (!sink->query || !sink->query->begun || !root->runtime->names_cgroup)
		return;
	if (!fstatat(root->fd, id, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode))
		*sink->query->begun = root->runtime->name;
}

static int emit_dir(const struct state_root *root, const struct state_sink *sink, const char *id)
{
	struct container *c;
	int r;

	if (!state_wanted(sink, id))
		return 0;

	r = state_cache_read(root, id, &c);
	if (r < 0)
		return r;
	if (!c) {
		note_begun(root, sink, id);
		return 0;
	}
	return sink->found(c, sink->arg);
}

int state_scan_dirs(const struct state_root *root, const struct state_sink *sink)
{
	auto_close int fd = -1;
	auto_dir DIR *dir = NULL;
	struct dirent *entry;

	if (sink->query && sink->query->id)
		return emit_dir(root, sink, sink->query->id);

	fd = openat(root->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return 0;
	steal_fd(&fd);

	while ((entry = readdir(dir))) {
		int r;

		/* Not every file system fills in d_type; a wrong guess finds no state file. */
		if (entry->d_name[0] == '.' || entry->d_type == DT_REG || entry->d_type == DT_LNK)
			continue;
		r = emit_dir(root, sink, entry->d_name);
		if (r)
			return r;
	}
	return 0;
}

/* A name that is cut short is a wrong name, so one that is too long is left out. */
void state_set_text(char **field, const char *text)
{
	if (*field || !text || !*text || strnlen(text, FIELD_MAX + 1) > FIELD_MAX)
		return;
	*field = strdup(text);
}

void state_set(char **field, const cJSON *json)
{
	state_set_text(field, cJSON_GetStringValue(json));
}

void state_set_pid(int *field, const cJSON *json)
{
	if (cJSON_IsNumber(json) && json->valuedouble >= 1 && json->valuedouble <= PID_MAX)
		*field = json->valueint;
}
