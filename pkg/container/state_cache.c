// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/state_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/id_map.h"

enum {
	FILES_MAX = 2, /* of one container and runtime */
	/*
	 * A file that is changed twice within the resolution of its times, which is a second at
	 * worst, looks the same after both.
	 */
	YOUNG_SECONDS = 2,
};

/* Of one that is not there all is 0. */
struct stamp {
	__u64 dev, inode, size;
	struct timespec modified, changed;
};

struct noted {
	char *path; /* below the root */
	struct stamp stamp;
};

/* A container by one runtime's files. */
struct known {
	const struct runtime *runtime;
	struct container *said; /* NULL: there was none */
	struct noted files[FILES_MAX];
	size_t count;
	bool there;  /* at least one of them */
	bool unsure; /* may be another the next time, though the files stay the same */
	bool used;   /* since the last sweep */
	char place[];
};

struct state_cache {
	struct id_map *by_place;
	struct known *reading; /* whose files are being read */
};

/* --- one container ---------------------------------------------------------------- */

static struct stamp stamp_of(const struct stat *st)
{
	return (struct stamp){
		.dev = st->st_dev,
		.inode = st->st_ino,
		.size = st->st_size,
		.modified = st->st_mtim,
		.changed = st->st_ctim,
	};
}

static bool is_young(const struct stamp *stamp)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec - stamp->changed.tv_sec <= YOUNG_SECONDS;
}

static bool is_unchanged(const struct state_root *root, const struct known *k)
{
	for (size_t i = 0; i < k->count; i++) {
		struct stat st = {};
		struct stamp now;

		if (fstatat(root->fd, k->files[i].path, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno != ENOENT)
			return false;
		now = stamp_of(&st);
		if (memcmp(&now, &k->files[i].stamp, sizeof(now)) != 0)
			return false;
	}
	return true;
}

static struct known *known_new(const struct runtime *runtime, const char *place)
{
	struct known *k = calloc(1, sizeof(*k) + strlen(place) + 1);

	if (!k)
		return NULL;
	strcpy(k->place, place);
	k->runtime = runtime;
	return k;
}

static void known_free(struct known *k)
{
	if (!k)
		return;
	container_free(k->said);
	while (k->count)
		free(k->files[--k->count].path);
	free(k);
}

/* --- all of them ------------------------------------------------------------------ */

struct state_cache *state_cache_new(void)
{
	struct state_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->by_place = id_map_new();
	if (!cache->by_place) {
		free(cache);
		return NULL;
	}
	return cache;
}

void state_cache_free(struct state_cache *cache)
{
	size_t pos = 0;
	void *value;

	if (!cache)
		return;
	while (id_map_next(cache->by_place, &pos, NULL, &value))
		known_free(value);
	id_map_free(cache->by_place);
	free(cache);
}

static struct known *find(const struct state_cache *cache, const struct runtime *runtime,
			  const char *place)
{
	struct known *k = id_map_get(cache->by_place, id_of_bytes(place, strlen(place)));

	return k && k->runtime == runtime && !strcmp(k->place, place) ? k : NULL;
}

/* Of two places with one hash, and of two runtimes in one folder, the last one is known. */
static void keep(struct state_cache *cache, struct known *k)
{
	__u64 hash = id_of_bytes(k->place, strlen(k->place));

	k->used = true;
	known_free(id_map_remove(cache->by_place, hash));
	if (id_map_put(cache->by_place, hash, k) < 0)
		known_free(k);
}

void state_cache_sweep(struct state_cache *cache)
{
	struct id_map *used = id_map_new();
	size_t pos = 0;
	__u64 hash;
	void *value;

	if (!used)
		return;
	while (id_map_next(cache->by_place, &pos, &hash, &value)) {
		struct known *k = value;

		if (!k->used || id_map_put(used, hash, k) < 0)
			known_free(k);
		else
			k->used = false;
	}
	id_map_free(cache->by_place);
	cache->by_place = used;
}

/* --- reading ---------------------------------------------------------------------- */

void state_cache_note(const struct state_root *root, const char *path, const struct stat *st)
{
	struct known *k = root->settings->cache ? root->settings->cache->reading : NULL;
	struct noted *file;

	if (!k)
		return;
	file = st && k->count < FILES_MAX ? &k->files[k->count] : NULL;
	if (!file || !(file->path = strdup(path))) {
		k->unsure = true;
		return;
	}
	k->count++;
	file->stamp = stamp_of(st);
	k->unsure |= is_young(&file->stamp);
	k->there |= file->stamp.inode != 0;
}

static int read_files(const struct state_root *root, const char *id, struct container **out)
{
	struct container *c = state_container(root, id);

	if (!c)
		return -ENOMEM;
	if (!root->runtime->read(root, id, c)) {
		container_free(c);
		c = NULL;
	}
	*out = c;
	return 0;
}

/* Who makes cgroups has us look for files under any name: what is not there is not kept. */
static int read_and_keep(const struct state_root *root, const char *id, const char *place,
			 struct container **out)
{
	struct state_cache *cache = root->settings->cache;
	struct known *k = known_new(root->runtime, place);
	int r;

	if (!k)
		return -ENOMEM;
	cache->reading = k;
	r = read_files(root, id, out);
	cache->reading = NULL;
	if (!r && k->there && !k->unsure)
		k->said = *out ? container_copy(*out) : NULL;
	if (!r && k->there && !k->unsure && !*out == !k->said)
		keep(cache, k);
	else
		known_free(k);
	return r;
}

int state_cache_read(const struct state_root *root, const char *id, struct container **out)
{
	struct state_cache *cache = root->settings->cache;
	auto_free char *place = NULL;
	struct known *k;

	if (!cache)
		return read_files(root, id, out);
	if (asprintf(&place, "%s/%s", root->path, id) < 0) {
		place = NULL;
		return -ENOMEM;
	}
	k = find(cache, root->runtime, place);
	if (!k || !is_unchanged(root, k))
		return read_and_keep(root, id, place, out);
	k->used = true;
	*out = k->said ? container_copy(k->said) : NULL;
	return !*out == !k->said ? 0 : -ENOMEM;
}
