// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What runtimes leave on disk, file by file: the first byte says which one it is, the
 * rest is its text.  The other files of that container are sound.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container/runtime.h"
#include "fuzz.h"
#include "output/format.h"

#define ID "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"

static const struct state_file {
	const char *runtime, *path;
	const char *beside, *text; /* without which it would not be read */
} files[] = {
	{ "docker", "var/lib/docker/containers/" ID "/config.v2.json", NULL, NULL },
	{ "docker", "run/docker/runtime-runc/moby/" ID "/state.json", NULL, NULL },
	{ "containerd", "run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json",
	  NULL, NULL },
	{ "containerd", "run/containerd/runc/k8s.io/" ID "/state.json", NULL, NULL },
	{ "podman", "var/lib/containers/storage/overlay-containers/containers.json", NULL, NULL },
	{ "podman", "var/lib/containers/storage/overlay-containers/volatile-containers.json", NULL,
	  NULL },
	{ "podman", "var/lib/containers/storage/overlay-containers/" ID "/userdata/config.json",
	  NULL, NULL },
	{ "runc", "run/runc/web/state.json", NULL, NULL },
	{ "crun", "run/crun/web/status", NULL, NULL },
	{ "crun", "run/crun/web/config.json", "run/crun/web/status",
	  "{\"pid\":7,\"cgroup-path\":\"/a/b\"}" },
	{ "lxc", "var/lib/lxc/web/config", NULL, NULL },
};

static char host_root[] = "/dev/shm/ctrace-fuzz-XXXXXX";
static int root_fd;

static void put(const char *path, const void *text, size_t len)
{
	char dir[256];
	int fd;

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
		MUST(!mkdirat(root_fd, dir, 0700) || errno == EEXIST);
	}
	fd = openat(root_fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	MUST(fd >= 0 && write(fd, text, len) == (ssize_t)len);
	close(fd);
}

/* Bottom up; whatever is not empty stays. */
static void clean_up(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char path[256];

		snprintf(path, sizeof(path), "%s", files[i].path);
		for (char *slash; (slash = strrchr(path, '/')); *slash = '\0')
			unlinkat(root_fd, path,
				 slash[1] && !strcmp(path, files[i].path) ? 0 : AT_REMOVEDIR);
		unlinkat(root_fd, path, AT_REMOVEDIR);
	}
	rmdir(host_root);
}

static int found(struct container *c, void *arg)
{
	static struct format_context context;
	static char line[OUTPUT_LINE_BYTES];
	const struct container_event change = { .action = CONTAINER_RUNNING };
	size_t len;

	(void)arg;
	MUST(c->id && *c->id);
	MUST(!c->cgroup_path || *c->cgroup_path == '/' || !strncmp(c->cgroup_path, "v1:/", 4));
	len = json_format.container(&context, line, &change, c);
	MUST(len && line[len - 1] == '\n' && !memchr(line, '\n', len - 1));
	container_free(c);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "team", "tier=front", "io.kubernetes.pod.name" };
	static const struct label_keys labels = { keys, 3, 2 };
	const struct runtime_settings settings = { .host_root = host_root, .labels = &labels };
	struct input in = { data, size };
	struct error err = {};
	const struct state_file *f = &files[take_byte(&in) % (sizeof(files) / sizeof(*files))];
	struct runtime_query query = { .runtime = f->runtime };

	if (!root_fd) {
		MUST(mkdtemp(host_root));
		root_fd = open(host_root, O_PATH | O_DIRECTORY);
		atexit(clean_up);
	}
	if (f->beside)
		put(f->beside, f->text, strlen(f->text));
	put(f->path, in.at, in.len);
	if (!strcmp(f->runtime, "lxc"))
		query.id = "web-1"; /* one that it is asked for */
	MUST(!runtime_scan(&settings, &query, found, NULL, &err));
	unlinkat(root_fd, f->path, 0);
	if (f->beside)
		unlinkat(root_fd, f->beside, 0);
	return 0;
}
