// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * State files that are broken, hostile or on the move: fewer fields, one message, never
 * a hang, a crash or a name that nobody wrote.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "container/runtime.h"
#include "found_containers.h"

static char host[] = "/tmp/ctrace-test-state.XXXXXX";
static int host_fd;

static void setup(void)
{
	cr_assert_not_null(mkdtemp(host));
	host_fd = open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void teardown(void)
{
	char *command;

	cr_assert(asprintf(&command, "rm -r '%s'", host) > 0);
	cr_expect_eq(system(command), 0);
	free(command);
	close(host_fd);
}

TestSuite(state_files, .init = setup, .fini = teardown, .timeout = 20);

/* Make all directories of "a/b/c" but the last component. */
static void make_parents(const char *path)
{
	auto_free char *copy = strdup(path);
	char *slash;

	for (slash = copy; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdirat(host_fd, copy, 0755);
		*slash = '/';
	}
}

static void put(const char *path, const char *text)
{
	auto_close int fd = -1;

	make_parents(path);
	fd = openat(host_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", path);
}

/* What the scans so far had to say. */
struct told {
	unsigned int count;
	struct error last;
};

static void hear(const struct error *err, void *arg)
{
	struct told *told = arg;

	told->count++;
	told->last = *err;
}

static const struct runtime_cgroups cgroups = {
	.v2 = "/sys/fs/cgroup",
	.v1 = "/sys/fs/cgroup/cpu,cpuacct",
	.v1_controller = "cpu",
};

static void scan_and_hear(struct found *found, struct told *told)
{
	struct runtime_settings settings = {
		.host_root = host, .cgroups = cgroups, .unreadable = hear, .unreadable_arg = told
	};
	struct error err;

	cr_assert_eq(runtime_scan(&settings, NULL, keep, found, &err), 0, "%s", err.text);
}

static void scan_host(struct found *found, const char *const *extra_roots)
{
	struct runtime_settings settings = { .host_root = host,
					     .cgroups = cgroups,
					     .extra_roots = extra_roots };
	struct error err;

	cr_assert_eq(runtime_scan(&settings, NULL, keep, found, &err), 0, "%s", err.text);
}

/* --- every reader, every form ---------------------------------------------------- */

#define BUNDLES "run/containerd/io.containerd.runtime.v2.task/ns/x/"
#define STORAGE "var/lib/containers/storage/overlay-containers/"

static const struct reader {
	const char *file, *good; /* gives container "x" a name, a cgroup or a process id */
	const char *beside;      /* without this one it isn't read */
} readers[] = {
	{ "var/lib/docker/containers/x/config.v2.json", "{\"Name\":\"/n\"}", NULL },
	{ BUNDLES "config.json", "{\"annotations\":{\"nerdctl/name\":\"n\"}}", NULL },
	{ BUNDLES "init.pid", "12", BUNDLES "config.json" },
	{ STORAGE "containers.json", "[{\"id\":\"x\",\"names\":[\"n\"]}]", NULL },
	{ STORAGE "volatile-containers.json", "[{\"id\":\"x\",\"names\":[\"n\"]}]", NULL },
	{ STORAGE "x/userdata/config.json",
	  "{\"annotations\":{\"io.kubernetes.container.name\":\"n\"}}", NULL },
	{ "run/docker/runtime-runc/moby/x/state.json",
	  "{\"cgroup_paths\":{\"\":\"/sys/fs/cgroup/n\"}}", NULL },
	{ "run/containerd/runc/ns/x/state.json", "{\"config\":{\"labels\":[\"nerdctl/name=n\"]}}",
	  NULL },
	{ "run/runc/x/state.json", "{\"init_process_pid\":12}", NULL },
	{ "run/crun/x/status", "{\"cgroup-path\":\"/n\"}", NULL },
	{ "run/crun/x/config.json", "{\"annotations\":{\"nerdctl/name\":\"n\"}}",
	  "run/crun/x/status" },
};

enum form {
	GOOD,
	MISSING,
	EMPTY,
	HALF,
	NO_JSON,
	OTHER_JSON,
	MORE_BEHIND,
	HUGE_FILE,
	DEEP,
	SYMLINK,
	FIFO,
	DIRECTORY,
	SOCKET,
	FORMS
};

static const char *const form_names[] = { "good",  "missing",     "empty", "half", "no JSON",
					  "other", "more behind", "huge",  "deep", "symlink",
					  "FIFO",  "directory",   "socket" };

static char *repeat(char c, size_t n)
{
	char *text = malloc(n + 1);

	memset(text, c, n);
	text[n] = '\0';
	return text;
}

static void put_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	auto_close int dir = -1;
	auto_free char *parent = strndup(path, (size_t)(strrchr(path, '/') - path));

	dir = openat(host_fd, parent, O_PATH | O_CLOEXEC);
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir,
		 strrchr(path, '/') + 1);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0, "%m");
}

/* Long ago, so that it isn't taken for a file that is being written. */
static void make_old(const char *path)
{
	struct timespec times[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };

	cr_assert_eq(utimensat(host_fd, path, times, AT_SYMLINK_NOFOLLOW), 0, "%s", path);
}

static void put_text_form(const struct reader *reader, enum form form)
{
	size_t len = strlen(reader->good);
	auto_free char *more = NULL, *text = NULL;

	if (form == HUGE_FILE)
		more = repeat(' ', 5 << 20);
	if (form == DEEP)
		more = repeat('[', 1 << 20);

	cr_assert(asprintf(&text, "%.*s%s%s%s",
			   form == GOOD || form == MORE_BEHIND || form == HUGE_FILE ? (int)len
			   : form == HALF                                           ? (int)len / 2
										    : 0,
			   reader->good, form == NO_JSON ? "\xff\xfe{" : "",
			   form == OTHER_JSON    ? "\"text\""
			   : form == MORE_BEHIND ? "}"
						 : "",
			   more ? more : "") >= 0);
	put(reader->file, text);
	make_old(reader->file);
}

static void put_form(const struct reader *reader, enum form form)
{
	make_parents(reader->file);
	switch (form) {
	case MISSING:
		break;
	case SYMLINK:
		put("elsewhere", reader->good);
		cr_assert_eq(symlinkat("/elsewhere", host_fd, reader->file), 0);
		break;
	case FIFO:
		cr_assert_eq(mkfifoat(host_fd, reader->file, 0600), 0);
		break;
	case DIRECTORY:
		cr_assert_eq(mkdirat(host_fd, reader->file, 0700), 0);
		break;
	case SOCKET:
		put_socket(reader->file);
		break;
	default:
		put_text_form(reader, form);
	}
}

static bool says_something(const struct found *found)
{
	size_t i;

	for (i = 0; i < found->count; i++) {
		const struct container *c = found->at[i];

		cr_expect_str_eq(c->id, "x");
		if (c->name || c->cgroup_path || c->init_pid)
			return true;
	}
	return false;
}

static void check(const struct reader *reader, enum form form)
{
	auto_found found = { 0 };
	struct told told = { 0 };
	unsigned int expected = form == GOOD || form == MISSING ? 0 : 1;

	scan_and_hear(&found, &told);
	cr_expect_eq(says_something(&found), form == GOOD, "%s, %s", reader->file,
		     form_names[form]);
	cr_expect_eq(told.count, expected, "%s, %s: %u messages, the last: %s", reader->file,
		     form_names[form], told.count, told.last.text);
	cr_expect(!told.count || strstr(told.last.text, reader->file), "%s", told.last.text);
}

Test(state_files, every_reader_bears_every_form)
{
	size_t i, form;

	for (i = 0; i < sizeof(readers) / sizeof(*readers); i++) {
		if (readers[i].beside) {
			put(readers[i].beside, "{}");
			make_old(readers[i].beside);
		}
		for (form = 0; form < FORMS; form++) {
			/* half of a number is a number; but runc renames a whole file into place */
			if (form == HALF && readers[i].good[0] == '1')
				continue;
			put_form(&readers[i], form);
			check(&readers[i], form);
			unlinkat(host_fd, readers[i].file, form == DIRECTORY ? AT_REMOVEDIR : 0);
		}
		if (readers[i].beside)
			unlinkat(host_fd, readers[i].beside, 0);
	}
}

/* It is met again when its container's cgroup is made, or made ready. */
Test(state_files, no_message_about_a_file_that_is_being_written)
{
	auto_found found = { 0 };
	struct told told = { 0 };

	put("run/runc/x/state.json", "{\"init_process_pid\": 1");
	scan_and_hear(&found, &told);
	cr_expect_eq(told.count, 0, "%s", told.last.text);
	cr_expect_eq(found.count, 0);
}

static volatile bool stop_writing;

static void *write_in_turn(void *arg)
{
	const char *const *texts = arg;
	size_t i;

	for (i = 0; !stop_writing; i++)
		put("var/lib/docker/containers/x/config.v2.json", texts[i % 2]);
	return NULL;
}

/* Truncated and written again all the time: either text, or nothing, never a bit of both. */
Test(state_files, a_file_that_changes_while_it_is_read)
{
	auto_free char *a = repeat('a', 400), *b = repeat('b', 100);
	auto_free char *first = NULL, *second = NULL;
	const char *texts[2];
	pthread_t writer;
	unsigned int i, seen = 0;

	cr_assert(asprintf(&first, "{\"Name\":\"%s\",\"Config\":{\"Image\":\"%s\"}}", a, a) > 0);
	cr_assert(asprintf(&second, "{\"Name\":\"%s\",\"Config\":{\"Image\":\"%s\"}}", b, b) > 0);
	texts[0] = first;
	texts[1] = second;
	put("var/lib/docker/containers/x/config.v2.json", first);
	cr_assert_eq(pthread_create(&writer, NULL, write_in_turn, texts), 0);

	for (i = 0; i < 2000; i++) {
		auto_found found = { 0 };
		const char *name, *image;

		scan_host(&found, NULL);
		if (!found.count)
			continue;
		name = found.at[0]->name;
		image = found.at[0]->image;
		seen++;
		cr_assert(name && image && !strcmp(name, image), "'%s', '%s'", name, image);
		cr_assert(!strcmp(name, a) || !strcmp(name, b), "'%s'", name);
	}
	stop_writing = true;
	pthread_join(writer, NULL);
	cr_expect_gt(seen, 0);
}

/* --- what is in them ------------------------------------------------------------- */

/* Each is runc's state.json; what comes out may have fewer fields, but never a wrong one. */
Test(state_files, malformed_state)
{
	static const struct {
		const char *text;
		bool any;
		const char *cgroup_path;
		int pid;
	} rows[] = {
		{ "[]", false, NULL, 0 },
		{ "null", false, NULL, 0 },
		{ "{}", true, NULL, 0 },
		{ "{} \n", true, NULL, 0 },
		{ "{\"init_process_pid\": \"12\"}", true, NULL, 0 },
		{ "{\"init_process_pid\": -1}", true, NULL, 0 },
		{ "{\"init_process_pid\": 1e300}", true, NULL, 0 },
		{ "{\"init_process_pid\": 12, \"cgroup_paths\": 5}", true, NULL, 12 },
		{ "{\"cgroup_paths\": []}", true, NULL, 0 },
		{ "{\"cgroup_paths\": {\"\": 5}}", true, NULL, 0 },
		{ "{\"cgroup_paths\": {\"\": \"/etc\"}}", true, NULL, 0 },
		{ "{\"cgroup_paths\": {\"\": \"/sys/fs/cgroupx/a\"}}", true, NULL, 0 },
		{ "{\"cgroup_paths\": {\"\": \"/sys/fs/cgroup/a\"}}", true, "/a", 0 },
		{ "{\"cgroup_paths\": {\"cpu\": \"/sys/fs/cgroup/cpu,cpuacct/a\"}}", true, "v1:/a",
		  0 },
		{ "{\"cgroup_paths\": {\"cpu\": \"/sys/fs/cgroup/cpu,cpuacct/a\", "
		  "\"\": \"/sys/fs/cgroup/b\"}}",
		  true, "/b", 0 },
		{ "{\"cgroup_paths\": {\"pids\": \"/sys/fs/cgroup/pids/a\"}}", true, NULL, 0 },
		{ "{\"cgroup_paths\": {\"cpu\": \"/sys/fs/cgroup/cpu/a\"}}", true, NULL, 0 },
		{ "{\"config\": {\"labels\": 5}}", true, NULL, 0 },
		{ "{\"config\": {\"labels\": [5, null, \"\", \"=\", \"a\", {}]}}", true, NULL, 0 },
		{ "{\"config\": {\"labels\": {\"a\": \"b\"}}}", true, NULL, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_found found = { 0 };

		put("run/runc/x/state.json", rows[i].text);
		scan_host(&found, NULL);
		cr_assert_eq(found.count, rows[i].any, "row %zu: %zu", i, found.count);
		if (!found.count)
			continue;
		cr_expect_str_eq(found.at[0]->id, "x");
		cr_expect(same(found.at[0]->cgroup_path, rows[i].cgroup_path), "row %zu", i);
		cr_expect_eq(found.at[0]->init_pid, rows[i].pid, "row %zu", i);
	}
}

/* Nor are directories entered through a symlink. */
Test(state_files, containers_behind_symlinks)
{
	auto_found found = { 0 };

	put("elsewhere/state.json", "{}");
	make_parents("run/runc/x");
	cr_assert_eq(symlinkat("../../elsewhere", host_fd, "run/runc/linked"), 0);
	put("run/runc/plain", "{}");
	scan_host(&found, NULL);
	cr_expect_eq(found.count, 0, "%zu, '%s'", found.count, found.count ? found.at[0]->id : "");
}

Test(state_files, names_that_are_too_long_are_left_out)
{
	char text[2000];
	auto_found found = { 0 };

	snprintf(text, sizeof(text), "{\"Name\":\"/%0*d\",\"Config\":{\"Image\":\"ok\"}}", 600, 0);
	put("var/lib/docker/containers/x/config.v2.json", text);
	scan_host(&found, NULL);
	cr_assert_eq(found.count, 1);
	cr_expect_null(found.at[0]->name);
	cr_expect_str_eq(found.at[0]->image, "ok");
}

/* Parsed, "0," would take forty times as much memory; what stands in a string takes no more than
 * there. */
Test(state_files, values_are_counted)
{
	static const struct {
		const char *before, *part, *after;
		size_t parts;
		bool too_many;
	} rows[] = {
		{ ",\"a\":[", "0,", "0]}", 200000, false },
		{ ",\"a\":[", "0,", "0]}", 300000, true },
		{ ",\"a\":[", "[],", "0]}", 150000, true },
		{ ",\"a\":[", "{},", "0]}", 150000, true },
		{ ",\"Config\":{\"Labels\":{", "\"k\":\"v\",", "\"\":\"\"}}}", 300000, true },
		{ ",\"a\":\"", "[{,\\\"", "\"}", 300000, false },
		{ ",\"a\":\"\\\\\",\"b\":[", "0,", "\"]\"]}", 300000, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t len = strlen(rows[i].part);
		auto_free char *parts = calloc(rows[i].parts * len + 1, 1), *text = NULL;
		auto_found found = { 0 };
		struct told told = { 0 };

		for (size_t n = 0; n < rows[i].parts; n++)
			memcpy(parts + n * len, rows[i].part, len);
		cr_assert(asprintf(&text, "{\"Name\":\"/web\"%s%s%s", rows[i].before, parts,
				   rows[i].after) > 0);
		put("var/lib/docker/containers/x/config.v2.json", text);
		make_old("var/lib/docker/containers/x/config.v2.json");
		scan_and_hear(&found, &told);
		cr_expect_eq(found.count, !rows[i].too_many, "row %zu", i);
		cr_expect_eq(told.count, rows[i].too_many, "row %zu: %s", i, told.last.text);
		cr_expect(!told.count || strstr(told.last.text, "has too many values"),
			  "row %zu: %s", i, told.last.text);
	}
}

/* A NUL would end the name there: that is another name, maybe another container's. */
Test(state_files, nul_characters_do_not_cut_names)
{
	auto_found found = { 0 };

	put("var/lib/docker/containers/x/config.v2.json",
	    "{\"Name\":\"/web\\u0000x\",\"Config\":{\"Image\":\"a\\\\u0000\"}}");
	put(STORAGE "containers.json",
	    "[{\"id\":\"y\",\"metadata\":\"{\\\"name\\\":\\\"web\\\\u0000x\\\"}\"}]");
	scan_host(&found, NULL);
	cr_assert_eq(found.count, 2);
	cr_expect_str_eq(found.at[0]->name, "web\xef\xbf\xbdx");
	cr_expect_str_eq(found.at[0]->image, "a\\u0000");
	cr_expect_str_eq(found.at[1]->name, "web\xef\xbf\xbdx");
}

Test(state_files, names_of_any_bytes_come_as_they_are)
{
	auto_found found = { 0 };

	put("var/lib/docker/containers/x/config.v2.json",
	    "{\"Name\":\"/a\\n\\u001b[31m\\\"\xff\",\"State\":{\"Pid\":0}}");
	scan_host(&found, NULL);
	cr_assert_eq(found.count, 1);
	cr_expect_str_eq(found.at[0]->name, "a\n\033[31m\"\xff");
	cr_expect_eq(found.at[0]->init_pid, 0);
}

/* A root may be a symlink, but below --host-root it leads nowhere else. */
Test(state_files, roots_given_by_hand_stay_below_the_host_root)
{
	static const char *const roots[] = { "docker=/data", "runc=/link", "crun=/../../../..",
					     NULL };
	auto_found found = { 0 };

	put("data/containers/x/config.v2.json", "{\"Name\":\"/x\"}");
	put("real/y/state.json", "{}");
	cr_assert_eq(symlinkat("/real", host_fd, "link"), 0);
	scan_host(&found, roots);
	cr_assert_eq(found.count, 2, "%zu", found.count);
	cr_expect_str_eq(found.at[0]->id, "x");
	cr_expect_str_eq(found.at[1]->id, "y");
}

Test(state_files, crun_scope_is_the_container)
{
	static const struct {
		const char *status, *cgroup_path;
	} rows[] = {
		{ "{\"cgroup-path\":\"/a.slice/crun-x.scope/"
		  "container\",\"scope\":\"crun-x.scope\"}",
		  "/a.slice/crun-x.scope" },
		{ "{\"cgroup-path\":\"/a.slice/crun-x.scope\",\"scope\":\"crun-x.scope\"}",
		  "/a.slice/crun-x.scope" },
		{ "{\"cgroup-path\":\"/a/b\",\"scope\":\"\"}", "/a/b" },
		{ "{\"cgroup-path\":\"a/b\"}", "/a/b" },
		{ "{\"cgroup-path\":\"\"}", NULL },
		{ "{\"cgroup-path\":7,\"scope\":[]}", NULL },
		{ "{}", NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_found found = { 0 };

		put("run/crun/x/status", rows[i].status);
		scan_host(&found, NULL);
		cr_assert_eq(found.count, 1);
		cr_expect(same(found.at[0]->cgroup_path, rows[i].cgroup_path), "row %zu: '%s'", i,
			  found.at[0]->cgroup_path);
	}
}

/* What kubelet's labels look like through each runtime that hands them on. */
Test(state_files, kubernetes_by_other_roads)
{
	auto_found found = { 0 };

	put("run/crun/a/status", "{\"pid\":5}");
	put("run/crun/a/config.json",
	    "{\"annotations\":{\"io.kubernetes.pod.name\":\"p\",\"io.kubernetes.pod.namespace\":"
	    "\"n\","
	    "\"io.kubernetes.container.name\":\"c\",\"io.kubernetes.cri-o.ImageName\":\"i\","
	    "\"io.kubernetes.cri-o.ContainerType\":\"container\",\"io.kubernetes.pod.uid\":5}}");
	put("var/lib/docker/containers/b/config.v2.json",
	    "{\"Name\":\"/"
	    "k8s_POD_p\",\"Config\":{\"Labels\":{\"io.kubernetes.docker.type\":\"podsandbox\","
	    "\"io.kubernetes.container.name\":\"POD\",\"io.kubernetes.pod.name\":\"p\"}}}");
	scan_host(&found, NULL);

	cr_assert_eq(found.count, 2);
	cr_expect(same(found.at[1]->k8s_pod, "p") && same(found.at[1]->k8s_namespace, "n") &&
		  same(found.at[1]->k8s_container, "c") && same(found.at[1]->image, "i") &&
		  same(found.at[1]->name, "c") && !found.at[1]->sandbox &&
		  !found.at[1]->k8s_pod_uid);
	cr_expect(same(found.at[0]->name, "k8s_POD_p") && same(found.at[0]->k8s_pod, "p") &&
		  found.at[0]->sandbox && !found.at[0]->k8s_container);
}

/* LABEL in a Dockerfile: an image does not choose the pod that its opens are shown under. */
Test(state_files, an_images_labels_make_no_pod)
{
	static const char *const keys[] = { "io.kubernetes.pod.name" };
	static const struct label_keys asked = { keys, 1, 1 };
	const struct runtime_settings settings = { .host_root = host, .labels = &asked };
	auto_found found = { 0 };
	struct error err;

	put("var/lib/docker/containers/x/config.v2.json",
	    "{\"Name\":\"/web\",\"Config\":{\"Labels\":{\"io.kubernetes.pod.name\":\"victim\","
	    "\"io.kubernetes.pod.namespace\":\"bank\",\"io.kubernetes.docker.type\":"
	    "\"podsandbox\",\"nerdctl/name\":\"other\"}}}");
	put("var/lib/docker/containers/y/config.v2.json",
	    "{\"Name\":\"/y\",\"Config\":{\"Labels\":[\"io.kubernetes.pod.name\"]}}");
	cr_assert_eq(runtime_scan(&settings, NULL, keep, &found, &err), 0, "%s", err.text);
	cr_assert_eq(found.count, 2);
	for (size_t i = 0; i < found.count; i++) {
		const struct container *c = found.at[i];
		const char *label = container_label(c, keys[0]);

		cr_expect(!c->k8s_pod && !c->k8s_namespace && !c->sandbox, "%s", c->id);
		cr_expect_str_eq(c->name, strcmp(c->id, "x") ? "y" : "web");
		cr_expect(same(label, strcmp(c->id, "x") ? NULL : "victim"), "shown as what it is");
	}
}

/* podman build --annotation: the same. */
Test(state_files, an_images_annotations_make_no_pod)
{
	static const char *const files[] = {
		STORAGE "x/userdata/config.json",
		"run/crun/x/config.json",
		"run/runc/x/state.json",
	};
	auto_found found = { 0 };
	size_t i;

	for (i = 0; i < 2; i++)
		put(files[i], "{\"annotations\":{\"io.container.manager\":\"libpod\","
			      "\"io.kubernetes.pod.name\":\"victim\",\"nerdctl/name\":\"other\"}}");
	put(files[2], "{\"config\":{\"labels\":[\"io.kubernetes.pod.name=victim\","
		      "\"nerdctl/name=other\",\"io.container.manager=libpod\"]}}");
	put("run/crun/x/status", "{\"pid\":5}");
	scan_host(&found, NULL);
	cr_assert_eq(found.count, 3, "%zu", found.count);
	for (i = 0; i < found.count; i++)
		cr_expect(!found.at[i]->k8s_pod && !found.at[i]->name, "%zu", i);
}

/* A pod's annotations are among CRI-O's: what kubelet labelled it with counts. */
Test(state_files, a_pods_annotations_make_no_other_pod)
{
	auto_found found = { 0 };

	put(STORAGE "x/userdata/config.json",
	    "{\"annotations\":{\"io.container.manager\":\"cri-o\",\"io.kubernetes.pod.name\":"
	    "\"victim\","
	    "\"io.kubernetes.cri-o.Labels\":\"{\\\"io.kubernetes.pod.name\\\":\\\"mine\\\"}\"}}");
	scan_host(&found, NULL);
	cr_assert_eq(found.count, 1);
	cr_expect(same(found.at[0]->k8s_pod, "mine"), "%s", found.at[0]->k8s_pod);
}
