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

/* Is word in "rw,cpu,cpuacct"? */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (;; list++) {
		size_t n = strcspn(list, ", :\n");

		if (n == len && !strncmp(list, word, len))
			return true;
		list += n;
		if (*list != ',')
			return false;
	}
}

/* From there on: "cgroup cgroup rw,cpu,cpuacct". */
static bool is_hierarchy(const char *fstype, const char *controller)
{
	if (!controller)
		return field_is(fstype, "cgroup2");
	return field_is(fstype, "cgroup") && has_word(skip_fields(fstype, 2), controller);
}

/* The next mount of the hierarchy in a mountinfo text.  *line is NULL behind the last. */
static bool next_mount(const char **line, const char *controller, struct cgroup_mount *mount)
{
	while (*line && **line) {
		const char *fstype = fstype_of(*line), *this = *line, *end = strchr(*line, '\n');

		*line = end ? end + 1 : NULL;
		if (!fstype || !is_hierarchy(fstype, controller))
			continue;
		copy_field(skip_fields(this, 3), mount->root);
		copy_field(skip_fields(this, 4), mount->point);
		return true;
	}
	return false;
}

bool cgroup_mount_find(const char *mountinfo, const char *controller, const char *host_root,
		       struct cgroup_mount *out)
{
	struct cgroup_mount best = { 0 }, mount = { 0 };
	bool found = false;

	while (next_mount(&mountinfo, controller, &mount)) {
		if (!is_below(mount.point, host_root) || (found && !is_better(&mount, &best)))
			continue;
		best = mount;
		found = true;
	}

	if (found)
		*out = best;
	return found;
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

/* In one line: "0::/a", "4:cpu,cpuacct:/a".  NULL if it is another hierarchy's. */
static const char *path_in_line(const char *line, const char *controller)
{
	const char *end = strchrnul(line, '\n');
	const char *names = memchr(line, ':', end - line);
	const char *path = names ? memchr(names + 1, ':', end - names - 1) : NULL;

	if (!path || path[1] != '/')
		return NULL;
	if (controller ? !has_word(names + 1, controller) : strncmp(line, "0::", 3) != 0)
		return NULL;
	return path + 1;
}

static const char *find_path(const char *text, const char *controller)
{
	const char *path = NULL;

	while (text && *text && !(path = path_in_line(text, controller))) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return path;
}

bool cgroup_mount_path_of(const char *proc_cgroup, const char *controller, const char *mount_root,
			  char path[static PATH_MAX])
{
	static const char deleted[] = " (deleted)";
	const char *line = find_path(proc_cgroup, controller), *below;
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

bool cgroup_mount_dir_of(const char *proc_cgroup, const char *controller, const char *mountinfo,
			 char path[static PATH_MAX])
{
	struct cgroup_mount mount = { 0 };
	char below[PATH_MAX];
	int len;

	while (next_mount(&mountinfo, controller, &mount)) {
		if (!cgroup_mount_path_of(proc_cgroup, controller, mount.root, below))
			continue;
		len = snprintf(path, PATH_MAX, "%s%s", mount.point, below);
		if (len < PATH_MAX)
			return true;
	}
	return false;
}
