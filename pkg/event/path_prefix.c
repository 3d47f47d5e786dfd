// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "event/path_prefix.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* The next component at or behind *at, which moves behind it; its length, 0 at the end. */
static size_t next_component(const char **at, const char **component)
{
	*component = *at + strspn(*at, "/");
	*at = *component + strcspn(*component, "/");
	return *at - *component;
}

static bool is_dots(const char *component, size_t len)
{
	return len <= 2 && !memcmp(component, "..", len);
}

int path_prefix_parse(struct path_prefix *out, const char *path, struct error *err)
{
	struct path_prefix p = {};
	const char *at = path, *component;
	size_t len;

	if (*path != '/')
		return error_say(err, -EINVAL, "'%s' is not an absolute path such as /etc", path);
	while ((len = next_component(&at, &component))) {
		char *leaf_first = p.text, *root_first = p.text + PATH_PREFIX_BYTES;

		if (is_dots(component, len))
			return error_say(err, -EINVAL,
					 "'%s' has '.' or '..' in it; give the path without", path);
		if (p.len + len + 1 > PATH_PREFIX_BYTES)
			return error_say(err, -EINVAL, "'%s' is longer than %d bytes", path,
					 PATH_PREFIX_BYTES);
		memmove(leaf_first + len + 1, leaf_first, p.len);
		memcpy(leaf_first, component, len);
		leaf_first[len] = '/';
		memcpy(root_first + p.len, component, len);
		root_first[p.len + len] = '/';
		p.len += len + 1;
	}
	*out = p;
	return 0;
}
