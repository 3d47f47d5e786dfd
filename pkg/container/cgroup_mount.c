// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "container/cgroup_mount.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Copy up to a space, undoing the kernel's \ooo (mangle_path() in fs/seq_file.c). */
static void copy_field(const char *from, char to[static PATH_MAX])
{
	size_t used = 0;

	while (*from && *from != ' ' && *from != '\n') {
		unsigned int code;

		if (from[0] == '\\' && sscanf(from + 1, "%3o", &code) == 1 && code < 256 &&
		    strspn(from + 1, "01234567") >= 3) {
			from += 4;
		} else {
			code = (unsigned char)*from++;
		}
		if (used < PATH_MAX - 1)
			to[used++] = (char)code;
	}
	to[used] = '\0';
}

static const char *skip_fields(const char *line, int n)
{
	while (n--) {
		line += strcspn(line, " \n");
		line += *line == ' ';
	}
	return line;
}

static bool field_is(const char *field, const char *text)
{
	size_t len = strlen(text);

	return !strncmp(field, text, len) && (field[len] == ' ' || field[len] == '\n');
}

/* "36 35 98:0 /root /point opts shared:1 - fstype source superopts" */
static const char *fstype_of(const char *line)
{
	const char *end = strchr(line, '\n');
	const char *dash = strstr(line, " - ");

	return dash && (!end || dash < end) ? dash + 3 : NULL;
}

static bool is_below(const char *path, const char *dir)
{
	size_t len = dir ? strlen(dir) : 0;

	while (len && dir[len - 1] == '/')
		len--;
	return !len || (!strncmp(path, dir, len) && path[len] == '/');
}

/* How far above the reader's own cgroup namespace a mount starts: "/../.." is 2. */
static int ups(const char *root)
{
	int n = 0;

	for (; !strncmp(root, "/..", 3) && (!root[3] || root[3] == '/'); root += 3)
		n++;
	return n;
}

static bool is_better(const struct cgroup_mount *a, const struct cgroup_mount *b)
{
	if (ups(a->root) != ups(b->root))
		return ups(a->root) > ups(b->root);
	if (strlen(a->root) != strlen(b->root))
		return strlen(a->root) < strlen(b->root);
	return strlen(a->point) < strlen(b->point);
}

/* The next cgroup2 mount of a mountinfo text; *hybrid once one of v1 was met.  *line is NULL behind
 * the last. */
static bool next_mount(const char **line, struct cgroup_mount *mount, bool *hybrid)
{
	while (*line && **line) {
		const char *fstype = fstype_of(*line), *this = *line, *end = strchr(*line, '\n');

		*line = end ? end + 1 : NULL;
		if (fstype && field_is(fstype, "cgroup"))
			*hybrid = true;
		if (!fstype || !field_is(fstype, "cgroup2"))
			continue;
		copy_field(skip_fields(this, 3), mount->root);
		copy_field(skip_fields(this, 4), mount->point);
		return true;
	}
	return false;
}

bool cgroup_mount_find(const char *mountinfo, const char *host_root, struct cgroup_mount *out)
{
	struct cgroup_mount best = { 0 }, mount = { 0 };
	bool found = false, hybrid = false;

	while (next_mount(&mountinfo, &mount, &hybrid)) {
		if (!is_below(mount.point, host_root) || (found && !is_better(&mount, &best)))
			continue;
		best = mount;
		found = true;
	}

	if (!found)
		return false;
	best.hybrid = hybrid;
	*out = best;
	return true;
}

/* Both are as seen from our own cgroup namespace, so what they share may be cut off. */
static const char *below_mount(const char *path, const char *mount_root)
{
	size_t len = strlen(mount_root);

	if (!strcmp(mount_root, "/"))
		return strncmp(path, "/..", 3) != 0 ? path : NULL;
	if (strncmp(path, mount_root, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path[len] ? path + len : "/";
}

static const char *v2_line(const char *text)
{
	while (text && strncmp(text, "0::/", 4) != 0) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text ? text + 3 : NULL;
}

bool cgroup_mount_path_of(const char *proc_cgroup, const char *mount_root,
			  char path[static PATH_MAX])
{
	static const char deleted[] = " (deleted)";
	const char *line = v2_line(proc_cgroup), *below;
	char copy[PATH_MAX];
	size_t len;

	if (!line)
		return false;

	len = strcspn(line, "\n");
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, line, len);
	copy[len] = '\0';

	if (len >= sizeof(deleted) && !strcmp(copy + len - (sizeof(deleted) - 1), deleted))
		copy[len - (sizeof(deleted) - 1)] = '\0';

	below = below_mount(copy, mount_root);
	if (!below)
		return false;
	snprintf(path, PATH_MAX, "%s", below);
	return true;
}

bool cgroup_mount_dir_of(const char *proc_cgroup, const char *mountinfo, char path[static PATH_MAX])
{
	struct cgroup_mount mount = { 0 };
	char below[PATH_MAX];
	bool hybrid;
	int len;

	while (next_mount(&mountinfo, &mount, &hybrid)) {
		if (!cgroup_mount_path_of(proc_cgroup, mount.root, below))
			continue;
		len = snprintf(path, PATH_MAX, "%s%s", mount.point, below);
		if (len < PATH_MAX)
			return true;
	}
	return false;
}
