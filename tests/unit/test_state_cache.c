// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* State files that stay as they are: not read again, and all that is known stays known. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "container/state_cache.h"
#include "found_containers.h"

#define DOCKER "var/lib/docker/containers/x"
#define CRUN   "run/crun/y"

static char host[] = "/tmp/ctrace-test-cache.XXXXXX";
static int host_fd, opened_fd;
static const char *const asked[] = { "team", "tier" };
static const struct label_keys labels = { asked, 2, 2 };
static struct runtime_settings settings = { .host_root = host, .labels = &labels };

/* A file below host; its directory is watched for files that are opened. */
static void put(const char *dir, const char *name, const char *text)
{
	auto_free char *path = NULL, *command = NULL;
	auto_close int fd = -1;

	cr_assert(asprintf(&path, "%s/%s/%s", host, dir, name) > 0);
	cr_assert(asprintf(&command, "mkdir -p %s/%s", host, dir) > 0);
	cr_assert_eq(system(command), 0);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	*strrchr(path, '/') = '\0';
	cr_assert_geq(inotify_add_watch(opened_fd, path, IN_OPEN), 0);
}

static void drop(const char *path)
{
	cr_assert_eq(unlinkat(host_fd, path, 0), 0);
}

static void setup(void)
{
	cr_assert_not_null(mkdtemp(host));
	host_fd = open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);
	opened_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	settings.cache = state_cache_new();
	cr_assert(host_fd >= 0 && opened_fd >= 0 && settings.cache);
}

static void teardown(void)
{
	auto_free char *command = NULL;

	cr_assert(asprintf(&command, "rm -r '%s'", host) > 0);
	cr_expect_eq(system(command), 0);
	state_cache_free(settings.cache);
	close(host_fd);
	close(opened_fd);
}

TestSuite(state_cache, .init = setup, .fini = teardown, .timeout = 30);

/* How many files were opened since it was asked last; directories are no files. */
static int count_opened(void)
{
	_Alignas(struct inotify_event) char events[16384];
	ssize_t len = read(opened_fd, events, sizeof(events));
	int count = 0;

	for (ssize_t at = 0; at < len;) {
		const struct inotify_event *event = (const void *)(events + at);

		count += !(event->mask & IN_ISDIR);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	return count;
}

/* How many files a scan reads. */
static int scan(struct found *found)
{
	struct error err;

	count_opened();
	cr_assert_eq(runtime_scan(&settings, NULL, keep, found, &err), 0, "%s", err.text);
	return count_opened();
}

static int scan_only(void)
{
	auto_found found = { 0 };

	return scan(&found);
}

static void put_all(void)
{
	put(DOCKER, "config.v2.json",
	    "{\"Name\":\"/web\",\"State\":{\"Pid\":9},\"Config\":{\"Image\":\"nginx\","
	    "\"Labels\":{\"team\":\"blue\"}}}");
	put("var/lib/docker/containers/broken", "config.v2.json", "{");
	put(CRUN, "status", "{\"pid\":8,\"cgroup-path\":\"/y\"}");
	put(CRUN, "config.json",
	    "{\"annotations\":{\"tier\":\"front\",\"io.kubernetes.pod.name\":\"web-1\","
	    "\"io.kubernetes.pod.namespace\":\"shop\"}}");
}

static void grow_old(void)
{
	sleep(3);
}

Test(state_cache, files_that_stay_are_read_once)
{
	put_all();
	cr_expect_eq(scan_only(), 4);
	cr_expect_eq(scan_only(), 4, "too young to be sure");
	grow_old();
	cr_expect_eq(scan_only(), 4);
	for (int i = 0; i < 2; i++) {
		auto_found found = { 0 };

		cr_expect_eq(scan(&found), 0);
		cr_assert_eq(found.count, 2);
		cr_expect_str_eq(found.at[0]->id, "x");
		cr_expect_str_eq(found.at[0]->runtime, "docker");
		cr_expect_str_eq(found.at[0]->name, "web");
		cr_expect_str_eq(found.at[0]->image, "nginx");
		cr_expect_eq(found.at[0]->init_pid, 9);
		cr_expect_null(found.at[0]->cgroup_path);
		cr_expect(same(container_label(found.at[0], "team"), "blue"));
		cr_expect(same(container_label(found.at[0], "tier"), NULL));
		cr_expect_str_eq(found.at[1]->cgroup_path, "/y");
		cr_expect_str_eq(found.at[1]->k8s_pod, "web-1");
		cr_expect_str_eq(found.at[1]->k8s_namespace, "shop");
		cr_expect(same(container_label(found.at[1], "tier"), "front"));
	}
}

Test(state_cache, files_that_change_are_read_again)
{
	auto_found found = { 0 }, later = { 0 };

	put_all();
	drop(CRUN "/config.json");
	grow_old();
	cr_expect_eq(scan_only(), 3);
	cr_expect_eq(scan_only(), 0);

	put(DOCKER, "config.v2.json",
	    "{\"Name\":\"/new\",\"State\":{\"Pid\":9},\"Config\":{\"Image\":\"nginx\","
	    "\"Labels\":{\"team\":\"blue\"}}}");
	put(CRUN, "config.json", "{\"annotations\":{\"tier\":\"back\"}}");
	cr_expect_eq(scan(&found), 3);
	cr_assert_eq(found.count, 2);
	cr_expect_str_eq(found.at[0]->name, "new");
	cr_expect(same(container_label(found.at[1], "tier"), "back"));

	drop(CRUN "/status");
	cr_expect_eq(scan(&later), 1, "Docker's, which is young");
	cr_expect_eq(later.count, 1);
}

/* With the times of the old one, which a copy may have. */
Test(state_cache, another_file_in_its_place_is_read)
{
	auto_free char *command = NULL;

	put_all();
	grow_old();
	cr_expect_eq(scan_only(), 4);
	cr_assert(asprintf(&command, "cd %s/" CRUN " && cp -p status copy && mv copy status",
			   host) > 0);
	cr_assert_eq(system(command), 0);
	cr_expect_eq(scan_only(), 2);
}

Test(state_cache, who_nobody_asks_for_is_forgotten)
{
	put_all();
	grow_old();
	cr_expect_eq(scan_only(), 4);
	state_cache_sweep(settings.cache);
	cr_expect_eq(scan_only(), 0);
	state_cache_sweep(settings.cache);
	state_cache_sweep(settings.cache);
	cr_expect_eq(scan_only(), 4);
}

/* Two runtimes may be told to look in one folder. */
Test(state_cache, each_runtime_has_its_own_word)
{
	static const char *const roots[] = { "runc=/run/crun", NULL };

	settings.extra_roots = roots;
	put_all();
	put(CRUN, "state.json", "{\"init_process_pid\":7}");
	grow_old();
	for (int i = 0; i < 3; i++) {
		auto_found found = { 0 };

		scan(&found);
		cr_assert_eq(found.count, 3);
		cr_expect_str_eq(found.at[1]->runtime, "runc");
		cr_expect_eq(found.at[1]->init_pid, 7);
		cr_expect_eq(found.at[2]->init_pid, 8);
	}
}
