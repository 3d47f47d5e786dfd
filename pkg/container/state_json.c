// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A state file as JSON.  One that isn't there is nothing to speak of; one that is there
 * and no good is told to whoever wants to know (struct runtime_settings), because then
 * names are missing that somebody will look for.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "container/state_cache.h"

enum {
	STATE_MAX = 4 << 20, /* a runc state with its seccomp rules is about 50 KiB */
	TRIES = 3,
	/*
	 * Parsed, each takes 80 bytes and more, however short its text: 4 MiB of "0," would take
	 * 170.  These take 40 at most.  A container that runs has no more than 233,000 arguments,
	 * since the kernel takes 2 MiB of them, 9 bytes each with its pointer.
	 */
	VALUES_MAX = 1 << 18,
};

/*
 * Not all runtimes write a file aside and rename it, so one that is younger than a
 * second may be half there for good reasons; the container's next look finds it whole.
 */
static bool is_being_written(const struct state_root *root, const char *path)
{
	struct timespec now;
	struct stat st;

	if (fstatat(root->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT;
	clock_gettime(CLOCK_REALTIME, &now);
	return S_ISREG(st.st_mode) && st.st_mtim.tv_sec <= now.tv_sec &&
	       now.tv_sec - st.st_mtim.tv_sec <= 1;
}

static const char *what_is_wrong(int code)
{
	switch (code) {
	case -ELOOP:
		return "is a symlink or lies behind one";
	case -EMEDIUMTYPE:
		return "is not a regular file";
	case -EFBIG:
		return "is too big";
	case -E2BIG:
		return "has too many values";
	case -EBADMSG:
		return "is not the JSON it should be";
	case -EAGAIN:
		return "changes all the time";
	default:
		return strerror(-code);
	}
}

static void complain(const struct state_root *root, const char *path, int code)
{
	const struct runtime_settings *settings = root->settings;
	struct error err;

	if (!settings->unreadable || code == -ENOENT || code == -ENOTDIR)
		return;
	if (is_being_written(root, path))
		return;
	error_say(&err, code, "state file '%s/%s' %s; containers may lack names", root->path, path,
		  what_is_wrong(code));
	settings->unreadable(&err, settings->unreadable_arg);
}

/* cJSON makes \u0000 a NUL byte, where the string then ends: a wrong name.  U+FFFD is none. */
static void replace_nuls(char *text)
{
	char *at = text;

	while ((at = strchr(at, '\\')) && at[1]) {
		if (!strncmp(at, "\\u0000", 6)) {
			at[2] = at[3] = at[4] = 'f';
			at[5] = 'd';
		}
		at += 2;
	}
}

/* Behind the quote that ends the string that begins at text. */
static const char *skip_string(const char *text)
{
	for (text++; *text && *text != '"'; text++)
		if (*text == '\\' && text[1])
			text++;
	return *text ? text + 1 : text;
}

/* No value but the first comes without one of these before it: a short text has not so many. */
static bool has_too_many_values(const char *text, size_t len)
{
	size_t values = 1;

	if (len < VALUES_MAX)
		return false;
	while ((text = strpbrk(text, "\",[{"))) {
		if (*text == '"') {
			text = skip_string(text);
			continue;
		}
		if (++values > VALUES_MAX)
			return true;
		text++;
	}
	return false;
}

static int parse(char *text, size_t len, cJSON **out)
{
	cJSON *json;

	if (strlen(text) != len)
		return -EBADMSG;
	if (has_too_many_values(text, len))
		return -E2BIG;
	replace_nuls(text);
	/* with the NUL: what comes after the value is not overlooked */
	json = cJSON_ParseWithLengthOpts(text, len + 1, NULL, true);
	if (!json)
		return -EBADMSG;
	*out = json;
	return 0;
}

cJSON *state_parse(char *text, size_t len)
{
	cJSON *json = NULL;

	return parse(text, len, &json) < 0 ? NULL : json;
}

/* *st is of the file as soon as it is read, whatever is in it. */
static int read_json(const struct state_root *root, const char *path, int type, cJSON **out,
		     struct stat *st)
{
	auto_free char *text = NULL;
	auto_json cJSON *json = NULL;
	size_t len;
	int r = -EAGAIN, i;

	for (i = 0; i < TRIES && r == -EAGAIN; i++)
		r = file_read_beneath(root->fd, path, STATE_MAX, &text, &len, st);
	if (r >= 0)
		r = parse(text, len, &json);
	if (r < 0)
		return r;
	if (!(json->type & type))
		return -EBADMSG;
	*out = steal_ptr(&json);
	return 0;
}

/* Does it stay so for as long as the file stays as it is? */
static bool is_of_the_file(int r)
{
	return !r || r == -ENOENT || r == -E2BIG || r == -EBADMSG;
}

cJSON *state_json(const struct state_root *root, const char *id, const char *file, int type)
{
	auto_free char *path = NULL;
	cJSON *json = NULL;
	struct stat st = {};
	int r;

	if (asprintf(&path, "%s%s%s", id ? id : "", id ? "/" : "", file) < 0) {
		path = NULL;
		return NULL;
	}
	r = read_json(root, path, type, &json, &st);
	state_cache_note(root, path, is_of_the_file(r) ? &st : NULL);
	if (r < 0)
		complain(root, path, r);
	return json;
}

const cJSON *state_member(const cJSON *json, const char *path)
{
	char key[64];

	while (json && *path) {
		size_t len = strcspn(path, ".");

		if (len >= sizeof(key))
			return NULL;
		memcpy(key, path, len);
		key[len] = '\0';
		json = cJSON_GetObjectItemCaseSensitive(json, key);
		path += len + (path[len] == '.');
	}
	return json;
}
