// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "container/runtime.h"

#define HOST       "tests/unit/fixtures/host"
#define X4(s)      s s s s
#define DOCKER_ID  X4(X4("a1")) X4(X4("a1"))
#define CRI_ID     X4(X4("b2")) X4(X4("b2"))
#define SANDBOX_ID X4(X4("c3")) X4(X4("c3"))
#define PODMAN_ID  X4(X4("d4")) X4(X4("d4"))
#define POD_UID    "0a1b2c3d-1111-2222-3333-444455556666"

static const struct runtime_settings recorded = {
	.host_root = HOST,
	.cgroup_mount = "/sys/fs/cgroup/unified",
};

/* All that a scan found, in order. */
struct found {
	struct container *at[32];
	size_t count;
};

static int keep(struct container *c, void *arg)
{
	struct found *found = arg;

	cr_assert_lt(found->count, 32);
	found->at[found->count++] = c;
	return 0;
}

static void found_free(struct found *found)
{
	while (found->count)
		container_free(found->at[--found->count]);
}

#define auto_found __attribute__((cleanup(found_free))) struct found

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Everything a state file can say, NULL and 0 for what it doesn't. */
static const struct container expected[] = {
	{ .id = (char *)DOCKER_ID,
	  .runtime = "docker",
	  .cgroup_path = (char *)"/docker/" DOCKER_ID,
	  .init_pid = 4242 },
	{ .id = (char *)CRI_ID,
	  .runtime = "containerd",
	  .name = (char *)"nginx",
	  .image = (char *)"docker.io/library/nginx:1.27",
	  .k8s_namespace = (char *)"shop",
	  .k8s_pod = (char *)"web-7d4b9",
	  .k8s_pod_uid = (char *)POD_UID,
	  .k8s_container = (char *)"nginx",
	  .cgroup_path = (char *)"/kubepods/besteffort/pod" POD_UID "/" CRI_ID,
	  .init_pid = 5151 },
	{ .id = (char *)"ctr-r1",
	  .runtime = "runc",
	  .cgroup_path = (char *)"/ctr-r1",
	  .init_pid = 11294 },
	{ .id = (char *)"deep",
	  .runtime = "runc",
	  .cgroup_path = (char *)"/ctr-custom/deep/x",
	  .init_pid = 11309 },
	{ .id = (char *)"ctr-c1",
	  .runtime = "crun",
	  .cgroup_path = (char *)"/ctr-c1",
	  .init_pid = 11348 },
	{ .id = (char *)DOCKER_ID,
	  .runtime = "docker",
	  .name = (char *)"web",
	  .image = (char *)"busybox:demo",
	  .init_pid = 4242 },
	{ .id = (char *)CRI_ID,
	  .runtime = "containerd",
	  .name = (char *)"nginx",
	  .image = (char *)"docker.io/library/nginx:1.27",
	  .k8s_namespace = (char *)"shop",
	  .k8s_pod = (char *)"web-7d4b9",
	  .k8s_pod_uid = (char *)POD_UID,
	  .k8s_container = (char *)"nginx",
	  .init_pid = 5151 },
	{ .id = (char *)SANDBOX_ID,
	  .runtime = "containerd",
	  .k8s_namespace = (char *)"shop",
	  .k8s_pod = (char *)"web-7d4b9",
	  .k8s_pod_uid = (char *)POD_UID,
	  .sandbox = true },
	{ .id = (char *)PODMAN_ID,
	  .name = (char *)"pod-less",
	  .image = (char *)"localhost/busybox:demo" },
};

#define EXPECTED (sizeof(expected) / sizeof(*expected))

static bool is_expected(const struct container *c, const struct container *e)
{
	return same(c->id, e->id) && same(c->runtime, e->runtime) && same(c->name, e->name) &&
	       same(c->image, e->image) && same(c->k8s_namespace, e->k8s_namespace) &&
	       same(c->k8s_pod, e->k8s_pod) && same(c->k8s_pod_uid, e->k8s_pod_uid) &&
	       same(c->k8s_container, e->k8s_container) && same(c->cgroup_path, e->cgroup_path) &&
	       c->init_pid == e->init_pid && c->sandbox == e->sandbox;
}

static size_t times_found(const struct found *found, const struct container *e)
{
	size_t i, n = 0;

	for (i = 0; i < found->count; i++)
		n += is_expected(found->at[i], e);
	return n;
}

Test(runtime, reads_what_each_runtime_writes)
{
	auto_found found = { 0 };
	struct error err;
	size_t i;

	cr_assert_eq(runtime_scan(&recorded, NULL, keep, &found, &err), 0, "%s", err.text);
	for (i = 0; i < EXPECTED; i++)
		cr_expect_eq(times_found(&found, &expected[i]), 1, "row %zu, id '%s', runtime %s",
			     i, expected[i].id, expected[i].runtime);
	cr_expect_eq(found.count, EXPECTED, "%zu found", found.count);
}

static bool is_ctr(const char *id, void *arg)
{
	(void)arg;
	return !strncmp(id, "ctr-", 4);
}

Test(runtime, looks_only_where_it_is_told)
{
	static const struct {
		struct runtime_query query;
		size_t found;
	} rows[] = {
		{ { .id = DOCKER_ID }, 2 },
		{ { .id = DOCKER_ID, .kind = RUNTIME_WITH_CGROUP }, 1 },
		{ { .id = "ctr-c1" }, 1 },
		{ { .id = PODMAN_ID }, 1 },
		{ { .id = "nobody" }, 0 },
		{ { .id = "" }, 0 },
		{ { .id = "." }, 0 },
		{ { .id = ".." }, 0 },
		{ { .id = "../runc/ctr-r1" }, 0 },
		{ { .kind = RUNTIME_WITH_CGROUP }, 5 },
		{ { .kind = RUNTIME_WITHOUT_CGROUP }, 4 },
		{ { .unwanted = is_ctr }, EXPECTED - 2 },
		{ { .id = "ctr-r1", .unwanted = is_ctr }, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_found found = { 0 };
		struct error err;

		cr_assert_eq(runtime_scan(&recorded, &rows[i].query, keep, &found, &err), 0);
		cr_expect_eq(found.count, rows[i].found, "row %zu: %zu", i, found.count);
	}
}

Test(runtime, keeps_the_labels_that_are_asked_for)
{
	static const char *const asked[] = { "com.example.team", "org.example.a=b", "nobody" };
	static const struct label_keys keys = { asked, 3, 1 };
	struct runtime_settings settings = recorded;
	auto_found found = { 0 };
	struct error err;
	size_t i, team = 0, a = 0;

	settings.labels = &keys;
	cr_assert_eq(runtime_scan(&settings, NULL, keep, &found, &err), 0, "%s", err.text);
	for (i = 0; i < found.count; i++) {
		const char *value = container_label(found.at[i], "com.example.team");

		team += value && !strcmp(value, "shop") && !strcmp(found.at[i]->id, DOCKER_ID);
		value = container_label(found.at[i], "org.example.a");
		a += value && !strcmp(value, "b");
		cr_expect_null(container_label(found.at[i], "nobody"));
	}
	cr_expect_eq(team, 1, "from Docker's labels: %zu", team);
	cr_expect_geq(a, 1, "from an OCI bundle's annotations: %zu", a);
}

static int stop(struct container *c, void *arg)
{
	container_free(c);
	++*(int *)arg;
	return -ECANCELED;
}

Test(runtime, stops_when_told)
{
	struct error err;
	int calls = 0;

	cr_expect_eq(runtime_scan(&recorded, NULL, stop, &calls, &err), -ECANCELED);
	cr_expect_eq(calls, 1);
}

Test(runtime, checks_roots_given_by_hand)
{
	static const struct {
		const char *spec;
		int ret;
	} rows[] = {
		{ "runc=/a", 0 },      { "docker=/data/docker", 0 },
		{ "containerd=/", 0 }, { "podman=/x", 0 },
		{ "crun=/x", 0 },      { "runc=a", -EINVAL },
		{ "runc=", -EINVAL },  { "runc", -EINVAL },
		{ "", -EINVAL },       { "rkt=/a", -EINVAL },
		{ "=/a", -EINVAL },    { "runcx=/a", -EINVAL },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct error err = { 0 };

		cr_expect_eq(runtime_root_check(rows[i].spec, &err), rows[i].ret, "'%s'",
			     rows[i].spec);
		cr_expect(!rows[i].ret || strstr(err.text, rows[i].spec), "'%s'", err.text);
	}
}

/* --- hostile and broken files ---------------------------------------------------- */

static char host[] = "/tmp/ctrace-test-runtime.XXXXXX";
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

TestSuite(runtime_hostile, .init = setup, .fini = teardown, .timeout = 20);

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

static void scan_host(struct found *found, const char *const *extra_roots)
{
	struct runtime_settings settings = { .host_root = host, .extra_roots = extra_roots };
	struct error err;

	cr_assert_eq(runtime_scan(&settings, NULL, keep, found, &err), 0, "%s", err.text);
}

/* Each is runc's state.json; what comes out may have fewer fields, but never a wrong one. */
Test(runtime_hostile, malformed_state)
{
	static const struct {
		const char *text;
		bool any;
		const char *cgroup_path;
		int pid;
	} rows[] = {
		{ "", false, NULL, 0 },
		{ "{", false, NULL, 0 },
		{ "{\"init_process_pid\": 12", false, NULL, 0 }, /* half written */
		{ "\xff\xfe", false, NULL, 0 },
		{ "[]", true, NULL, 0 },
		{ "null", true, NULL, 0 },
		{ "\"text\"", true, NULL, 0 },
		{ "{}", true, NULL, 0 },
		{ "{\"init_process_pid\": \"12\"}", true, NULL, 0 },
		{ "{\"init_process_pid\": -1}", true, NULL, 0 },
		{ "{\"init_process_pid\": 1e300}", true, NULL, 0 },
		{ "{\"init_process_pid\": 12, \"cgroup_paths\": 5}", true, NULL, 12 },
		{ "{\"cgroup_paths\": []}", true, NULL, 0 },
		{ "{\"cgroup_paths\": {\"\": 5}}", true, NULL, 0 },
		{ "{\"cgroup_paths\": {\"\": \"/etc\"}}", true, NULL, 0 },
		{ "{\"cgroup_paths\": {\"\": \"/sys/fs/cgroupx/a\"}}", true, NULL, 0 },
		{ "{\"cgroup_paths\": {\"\": \"/sys/fs/cgroup/a\"}}", true, "/a", 0 },
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

Test(runtime_hostile, files_of_other_kinds)
{
	auto_found found = { 0 };

	put("elsewhere/state.json", "{}");
	make_parents("run/runc/fifo/x");
	make_parents("run/runc/link/x");
	make_parents("run/runc/dir/state.json/x");
	cr_assert_eq(mkfifoat(host_fd, "run/runc/fifo/state.json", 0600), 0);
	cr_assert_eq(
		symlinkat("../../../elsewhere/state.json", host_fd, "run/runc/link/state.json"), 0);
	cr_assert_eq(symlinkat("../../elsewhere", host_fd, "run/runc/linked"), 0);
	put("run/runc/plain", "{}");

	scan_host(&found, NULL);
	cr_expect_eq(found.count, 0, "%zu, '%s'", found.count, found.count ? found.at[0]->id : "");
}

Test(runtime_hostile, huge_files_and_deep_nesting)
{
	enum { HUGE_FILE = 5 << 20, DEEP = 1 << 20 };
	auto_free char *text = malloc(HUGE_FILE + 1);
	auto_found found = { 0 };

	memset(text, ' ', HUGE_FILE);
	memcpy(text, "{}", 2);
	text[HUGE_FILE] = '\0';
	put("run/runc/huge/state.json", text);

	memset(text, '[', DEEP);
	text[DEEP] = '\0';
	put("run/runc/deep/state.json", text);

	scan_host(&found, NULL);
	cr_expect_eq(found.count, 0);
}

Test(runtime_hostile, names_that_are_too_long_are_left_out)
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

Test(runtime_hostile, names_of_any_bytes_come_as_they_are)
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
Test(runtime_hostile, roots_given_by_hand_stay_below_the_host_root)
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

Test(runtime_hostile, crun_scope_is_the_container)
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
Test(runtime_hostile, kubernetes_by_other_roads)
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
Test(runtime_hostile, an_images_labels_make_no_pod)
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
