/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the state files of each container said, so that those which have not changed since are
 * not read again: what is in them may take 40 ms a container, and a scan comes every minute.
 */
#ifndef CTRACE_STATE_CACHE_H
#define CTRACE_STATE_CACHE_H

#include <sys/stat.h>

#include "container/runtime_state.h"

/* NULL when there is no memory. */
struct state_cache *state_cache_new(void);

/* NULL is fine. */
void state_cache_free(struct state_cache *cache);

/*
 * root->runtime->read() for container id of the root, or what that said of the same files.
 * 0 and *out: a new container, or NULL if the files tell of none.  -ENOMEM.
 * The cache is root's settings' own; all are read if that is NULL.
 */
int state_cache_read(const struct state_root *root, const char *id, struct container **out);

/*
 * For state_json(): what was, or was not, in the file at path below the root was taken from the
 * file that *st is of, all 0 if there was none.  NULL: that may be another the next time, though
 * the file stays as it is.
 */
void state_cache_note(const struct state_root *root, const char *path, const struct stat *st);

/* Forget all that nobody has asked for since this was called last. */
void state_cache_sweep(struct state_cache *cache);

#endif
