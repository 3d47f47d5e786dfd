/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From the ring's record to an open_event.
 *
 *   record.data   conf.d/x nginx/etc/            name "conf.d/x", directory leaf first
 *   path          /etc/nginx/conf.d/x            not resolved: directory, '/', name
 *
 * A name that was not resolved is joined and then left alone: what '..' or a
 * symbolic link in it would have led to is not known, so it is not guessed.
 */
#include <errno.h>
#include <string.h>

#include "event/open_event.h"

size_t path_from_leaf_first(char *out, const char *leaf_first, size_t len)
{
	/* A last component without its '/' is taken as if it had one. */
	size_t out_len = len && leaf_first[len - 1] != '/' ? len + 1 : len;
	const char *in = leaf_first, *end = leaf_first + len;
	char *to = out + out_len;

	if (!len) {
		out[0] = '/';
		return 1;
	}

	while (in < end) {
		const char *slash = memchr(in, '/', end - in);
		size_t n = (slash ? slash : end) - in;

		to -= n;
		memcpy(to, in, n);
		*--to = '/';
		in += n + 1;
	}
	return out_len;
}

/* Leave out a topmost component that was cut, and the '/' that would claim to be the root's. */
static size_t path_of_tail(char *out, const char *leaf_first, size_t len)
{
	size_t n;

	while (len && leaf_first[len - 1] != '/')
		len--;
	if (!len)
		return 0;

	n = path_from_leaf_first(out, leaf_first, len);
	memmove(out, out + 1, n - 1);
	return n - 1;
}

static size_t put_number(char *out, __u64 number)
{
	char digits[20];
	size_t n = 0;

	do {
		digits[sizeof(digits) - ++n] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	memcpy(out, digits + sizeof(digits) - n, n);
	return n;
}

/* What /proc/PID/fd says of such a file: "pipe:[4711]". */
static size_t put_nameless(char *out, const char *fs, size_t len, __u64 inode)
{
	static const char pipefs[] = "pipefs";
	char *to = out;

	/* The one file system here whose files are opened every day calls them something else. */
	if (len == sizeof(pipefs) - 1 && !memcmp(fs, pipefs, len))
		len = strlen("pipe");

	memcpy(to, fs, len);
	to += len;
	if (inode) {
		*to++ = ':';
		*to++ = '[';
		to += put_number(to, inode);
		*to++ = ']';
	}
	return to - out;
}

static size_t put_path(char *out, const struct open_record *r)
{
	const char *data = r->data + r->name_len;

	if (r->bits & OPEN_FILE_NAMELESS)
		return put_nameless(out, data, r->path_len, r->inode);
	if (r->bits & OPEN_PATH_TRUNCATED)
		return path_of_tail(out, data, r->path_len);
	return path_from_leaf_first(out, data, r->path_len);
}

/* Returns the length of the directory at out with the name added to it. */
static size_t join_name(char *out, size_t dir_len, struct bytes name)
{
	size_t len = dir_len;

	if (!name.len)
		return dir_len;

	if (len == 1 && out[0] == '/')
		len = 0;
	if (name.at[0] != '/' && (len || dir_len))
		out[len++] = '/';
	memcpy(out + len, name.at, name.len);
	return len + name.len;
}

/* Nothing is known above the name: a '/' in front would claim that it starts at the root. */
static struct bytes without_root(struct bytes path)
{
	while (path.len && *path.at == '/') {
		path.at++;
		path.len--;
	}
	return path;
}

#define INODE_TEXT_BYTES 23 /* ":[", 20 digits, "]" */

static bool is_sound(const struct open_record *r, size_t len)
{
	size_t path_max = EVENT_PATH_BYTES;

	if (len < sizeof(*r))
		return false;
	if (r->bits & OPEN_FILE_NAMELESS)
		path_max -= INODE_TEXT_BYTES;
	return r->type == RECORD_OPEN && r->call < CALL_COUNT && r->name_len <= EVENT_NAME_BYTES &&
	       r->path_len <= path_max && (size_t)r->name_len + r->path_len <= len - sizeof(*r);
}

static bool has_name(const struct open_record *r)
{
	if (r->bits & OPEN_NAME_UNREADABLE)
		return false;
	return r->name_len || r->call != CALL_OPEN_BY_HANDLE_AT;
}

int open_event_decode(struct open_event *out, const void *data, size_t len,
		      char path_buffer[static OPEN_EVENT_PATH_BYTES])
{
	const struct open_record *r = data;
	struct open_event ev = { .record = r };

	if (!is_sound(r, len))
		return -EBADMSG;

	ev.resolved = r->bits & OPEN_RESOLVED;
	ev.deleted = r->bits & OPEN_DELETED;
	if (has_name(r))
		ev.name = (struct bytes){ r->data, r->name_len };

	if (ev.resolved || (ev.name.at && r->bits & OPEN_HAS_BASE)) {
		ev.path = (struct bytes){ path_buffer, put_path(path_buffer, r) };
		if (!ev.resolved)
			ev.path.len = join_name(path_buffer, ev.path.len, ev.name);
		if (r->bits & OPEN_PATH_TRUNCATED)
			ev.path = without_root(ev.path);
		if (!ev.path.len)
			ev.path.at = NULL;
	}
	ev.path_truncated = ev.path.at && (r->bits & OPEN_PATH_TRUNCATED);

	*out = ev;
	return 0;
}
