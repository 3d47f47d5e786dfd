// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "container/cgroup.h"
#include "container/cgroup_mount.h"

/* --- text ------------------------------------------------------------------------ */

#define V1      "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
#define V1_CPU  "32 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
#define V1_PIDS "38 30 0:35 / /sys/fs/cgroup/pids rw shared:9 - cgroup cgroup rw,pids\n"
#define V1_HOST "99 90 0:35 /../.. /host/sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n"
#define HYBRID  "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
#define PURE    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define HOST    "99 90 0:26 /../.. /host/sys/fs/cgroup ro - cgroup2 cgroup rw\n"
#define BIND    "77 30 0:26 /a/b /mnt rw - cgroup2 cgroup2 rw\n"
#define ODD     "30 23 0:26 / /sys/fs/cg\\040roup\\134x rw - cgroup2 cgroup2 rw\n"

Test(cgroup_mount, finds_the_best_one)
{
	static const struct {
		const char *mountinfo, *host_root, *point, *root;
	} rows[] = {
		{ V1 HYBRID, NULL, "/sys/fs/cgroup/unified", "/" },
		{ PURE, "", "/sys/fs/cgroup", "/" },
		{ PURE HOST, "/host", "/host/sys/fs/cgroup", "/../.." },
		{ PURE HOST, "/host/", "/host/sys/fs/cgroup", "/../.." },
		{ PURE HOST, NULL, "/host/sys/fs/cgroup", "/../.." },
		{ BIND PURE, NULL, "/sys/fs/cgroup", "/" },
		{ PURE BIND, NULL, "/sys/fs/cgroup", "/" },
		{ BIND, NULL, "/mnt", "/a/b" },
		{ ODD, NULL, "/sys/fs/cg roup\\x", "/" },
		{ PURE, "/", "/sys/fs/cgroup", "/" },
		{ V1, NULL, NULL, NULL },
		{ PURE, "/host", NULL, NULL },
		{ "", NULL, NULL, NULL },
		{ "garbage\n - cgroup2\n\n - cgroup2 x - cgroup2", NULL, "", "" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		static struct cgroup_mount m;
		bool found = cgroup_mount_find(rows[i].mountinfo, NULL, rows[i].host_root, &m);

		if (rows[i].point && !*rows[i].point)
			continue; /* only must not crash */
		cr_assert_eq(found, rows[i].point != NULL, "row %zu", i);
		if (!found)
			continue;
		cr_expect_str_eq(m.point, rows[i].point, "row %zu: '%s'", i, m.point);
		cr_expect_str_eq(m.root, rows[i].root, "row %zu: '%s'", i, m.root);
	}
}

Test(cgroup_mount, finds_the_path_of_a_process)
{
	static const struct {
		const char *text, *controller, *mount_root, *path;
	} rows[] = {
		{ "0::/a/b\n", NULL, "/", "/a/b" },
		{ "9:name=systemd:/x\n1:cpu:/y\n0::/\n", NULL, "/", "/" },
		{ "0::/a (deleted)\n", NULL, "/", "/a" },
		{ "0:: (deleted)\n", NULL, "/", NULL },
		{ "9:name=systemd:/x\n", NULL, "/", NULL },
		{ "", NULL, "/", NULL },
		{ "0::/a/b/c\n", NULL, "/a/b", "/c" },
		{ "0::/a/b\n", NULL, "/a/b", "/" },
		{ "0::/a/bc\n", NULL, "/a/b", NULL },
		{ "0::/../x\n", NULL, "/", NULL },
		{ "0::/../../docker/x\n", NULL, "/../..", "/docker/x" },
		{ "1:x:0::/no\n0::/yes\n", NULL, "/", "/yes" },
		{ "0::/x", NULL, "/", "/x" },
		{ "8:pids:/a\n0::/b\n", "pids", "/", "/a" },
		{ "4:cpu,cpuacct:/a:b\n0::/b\n", "cpuacct", "/", "/a:b" },
		{ "4:cpuacct:/a\n0::/b\n", "cpu", "/", NULL },
		{ "9:name=pids:/a\n0::/pids:/b\n", "pids", "/", NULL },
		{ "8:pids:/docker/x (deleted)\n", "pids", "/docker", "/x" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char path[PATH_MAX] = "";
		bool found = cgroup_mount_path_of(rows[i].text, rows[i].controller,
						  rows[i].mount_root, path);

		cr_expect_eq(found, rows[i].path != NULL, "row %zu", i);
		cr_expect_str_eq(path, rows[i].path ? rows[i].path : "", "row %zu: '%s'", i, path);
	}
}

/* Which directory is the cgroup of a process, by the mounts that it sees? */
Test(cgroup_mount, finds_the_directory_of_a_process)
{
	static const struct {
		const char *cgroup, *controller, *mountinfo, *path;
	} rows[] = {
		{ "0::/a/b\n", NULL, PURE, "/sys/fs/cgroup/a/b" },
		{ "0::/a/b\n", NULL, V1 HYBRID, "/sys/fs/cgroup/unified/a/b" },
		{ "0::/\n", NULL, HOST PURE, "/sys/fs/cgroup/" }, /* in a cgroup namespace */
		{ "0::/\n", NULL, PURE HOST, "/sys/fs/cgroup/" },
		{ "0::/\n", NULL, HOST, NULL },
		{ "0::/a/b/c\n", NULL, BIND, "/mnt/c" },
		{ "0::/a\n", NULL, BIND, NULL },
		{ "0::/a\n", NULL, V1, NULL },
		{ "9:cpu:/a\n", NULL, PURE, NULL },
		{ "", NULL, PURE, NULL },
		{ "0::/a\n", NULL, "", NULL },
		{ "8:pids:/a\n0::/b\n", "pids", PURE V1_PIDS, "/sys/fs/cgroup/pids/a" },
		{ "0::/b\n", "pids", PURE V1_PIDS, NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char path[PATH_MAX] = "";
		bool found = cgroup_mount_dir_of(rows[i].cgroup, rows[i].controller,
						 rows[i].mountinfo, path);

		cr_expect_eq(found, rows[i].path != NULL, "row %zu", i);
		cr_expect(!found || !strcmp(path, rows[i].path), "row %zu: '%s'", i, path);
	}
}

Test(cgroup_mount, finds_a_v1_hierarchy_by_its_controller)
{
	static const struct {
		const char *mountinfo, *host_root, *controller, *point;
	} rows[] = {
		{ V1 V1_CPU V1_PIDS HYBRID, NULL, "pids", "/sys/fs/cgroup/pids" },
		{ V1 V1_CPU V1_PIDS, NULL, "cpuacct", "/sys/fs/cgroup/cpu,cpuacct" },
		{ V1 V1_CPU, NULL, "pids", NULL },
		{ V1 V1_CPU, NULL, "cpuac", NULL },
		{ V1, NULL, "systemd", NULL },
		{ PURE, NULL, "pids", NULL },
		{ V1_PIDS V1_HOST, "/host", "pids", "/host/sys/fs/cgroup/pids" },
		{ V1_PIDS, "/host", "pids", NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		static struct cgroup_mount m;
		bool found = cgroup_mount_find(rows[i].mountinfo, rows[i].controller,
					       rows[i].host_root, &m);

		cr_assert_eq(found, rows[i].point != NULL, "row %zu", i);
		if (found)
			cr_expect_str_eq(m.point, rows[i].point, "row %zu: '%s'", i, m.point);
	}
}

/* --- real cgroups, without changing them ----------------------------------------- */

static struct cgroup_fs *open_fs(void)
{
	struct cgroup_fs *fs;
	struct error err;

	if (cgroup_fs_open(&fs, NULL, &err) < 0)
		cr_skip_test("%s", err.text);
	return fs;
}

Test(cgroup, the_root_is_there)
{
	struct cgroup_fs *fs = open_fs();
	struct error err;
	__u64 id = 0;
	bool populated = false;
	const char *root = *cgroup_fs_roots(fs);

	cr_assert_eq(cgroup_id_of(fs, root, &id, &err), 0, "%s", err.text);
	cr_expect_neq(id, 0);
	cr_assert_eq(cgroup_populated(fs, root, &populated, &err), 0);
	cr_expect(populated);
	cgroup_fs_free(fs);
	cgroup_fs_free(NULL);
}

Test(cgroup, own_path_leads_to_a_cgroup)
{
	struct cgroup_fs *fs = open_fs();
	auto_free char *path = NULL;
	struct error err;
	__u64 id;

	cr_assert_eq(cgroup_of_pid(fs, *cgroup_fs_roots(fs), getpid(), &path, &err), 0, "%s",
		     err.text);
	cr_expect_eq(cgroup_id_of(fs, path, &id, &err), 0, "%s", err.text);
	cgroup_fs_free(fs);
}

Test(cgroup, says_what_is_wrong)
{
	struct cgroup_fs *fs = open_fs(), *none = NULL;
	struct error err = { 0 };
	char *path = NULL;
	__u64 id = 5;

	cr_expect_eq(cgroup_id_of(fs, "/no/such", &id, &err), -ENOENT);
	cr_expect_not_null(strstr(err.text, "'/no/such'"));
	cr_expect_eq(id, 5);
	cr_expect_eq(cgroup_id_of(fs, "/../..", &id, &err), -EXDEV);
	cr_expect_eq(cgroup_resolve(fs, "no/such", &path, &err), -ENOENT);
	cr_expect_eq(cgroup_resolve(fs, "", &path, &err), -EINVAL);
	cr_expect_eq(cgroup_resolve(fs, "a/../b", &path, &err), -EINVAL);
	cr_expect_eq(cgroup_resolve(fs, "..", &path, &err), -EINVAL);
	cr_expect_eq(cgroup_resolve(fs, "/cgroup.procs", &path, &err), -ENOTDIR);
	cr_expect_eq(cgroup_of_pid(fs, "/", 0x3fffffff, &path, &err), -ESRCH);
	cr_expect_null(path);
	cr_expect_eq(cgroup_fs_open(&none, "/no/such/host", &err), -ENODEV);
	cr_expect_not_null(strstr(err.text, "/no/such/host"));
	cr_expect_null(none);
	cgroup_fs_free(fs);
}

/* --- cgroups of our own: needs root ---------------------------------------------- */

static char base[64];
static struct cgroup_fs *own_fs;

static void setup(void)
{
	struct error err;

	if (geteuid())
		cr_skip_test("making cgroups needs root");
	own_fs = open_fs();
	snprintf(base, sizeof(base), "/ctrace-test-%d", getpid());
	if (cgroup_make(own_fs, base, NULL, &err) < 0)
		cr_skip_test("%s", err.text);
}

static void teardown(void)
{
	struct error err;

	if (own_fs) {
		cgroup_kill(own_fs, base, &err);
		while (cgroup_remove(own_fs, base, &err) == -EBUSY)
			usleep(1000);
	}
	cgroup_fs_free(own_fs);
}

TestSuite(cgroup_change, .init = setup, .fini = teardown, .timeout = 30);

static const char *below(const char *name)
{
	static char path[2][256];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s%s", base, name);
	return path[turn];
}

static void make(const char *name)
{
	struct error err;

	cr_assert_eq(cgroup_make(own_fs, below(name), NULL, &err), 0, "%s", err.text);
}

struct seen {
	char text[512];
	size_t len;
	int stop_after;
};

static int note(const char *path, __u64 cgroup_id, void *arg)
{
	struct seen *seen = arg;
	struct error err;
	__u64 id = 0;

	cr_expect_eq(cgroup_id_of(own_fs, path, &id, &err), 0);
	cr_expect_eq(id, cgroup_id);
	seen->len += (size_t)snprintf(seen->text + seen->len, sizeof(seen->text) - seen->len, "%s;",
				      path + strlen(base));
	return seen->stop_after && !--seen->stop_after ? 42 : 0;
}

static int walk(const char *path, struct seen *seen, struct error *err)
{
	const struct cgroup_visitor visitor = { .visit = note, .arg = seen };

	return cgroup_walk(own_fs, path, &visitor, err);
}

Test(cgroup_change, walk_meets_parents_first)
{
	struct seen seen = { 0 };
	struct error err;

	make("/a");
	make("/a/b");
	make("/a/b/c");
	cr_assert_eq(walk(base, &seen, &err), 0, "%s", err.text);
	cr_expect_str_eq(seen.text, ";/a;/a/b;/a/b/c;");
	seen = (struct seen){ .stop_after = 2 };
	cr_expect_eq(walk(base, &seen, &err), 42);
	cr_expect_str_eq(seen.text, ";/a;");
	cr_expect_eq(walk(below("/x"), &seen, &err), -ENOENT);
}

#define NOBODY 65534

static void note_closed(const char *path, void *arg)
{
	struct seen *seen = arg;

	seen->len += (size_t)snprintf(seen->text + seen->len, sizeof(seen->text) - seen->len,
				      "closed %s;", path + strlen(base));
}

Test(cgroup_change, walk_goes_around_what_is_closed)
{
	struct seen seen = { 0 };
	struct cgroup_visitor visitor = { note, note_closed, &seen };
	struct error err;
	char path[512];

	make("/a");
	make("/a/b");
	make("/a/b/c");
	snprintf(path, sizeof(path), "%s%s", cgroup_fs_mount_point(own_fs, base), below("/a/b"));
	cr_assert_eq(chmod(path, 0), 0, "%s", path);
	cr_assert_eq(seteuid(NOBODY), 0);
	cr_expect_eq(cgroup_walk(own_fs, base, &visitor, &err), 0, "%s", err.text);
	cr_expect_str_eq(seen.text, ";/a;/a/b;closed /a/b;");
	visitor.closed = NULL;
	seen.len = 0;
	cr_expect_eq(cgroup_walk(own_fs, base, &visitor, &err), -EACCES);
	cr_expect_neq(strstr(err.text, "/a/b'"), NULL, "%s", err.text);
	cr_assert_eq(seteuid(0), 0);
}

Test(cgroup_change, id_is_that_of_the_inode)
{
	struct error err;
	struct stat st;
	char path[512];
	__u64 id = 0, again = 0;

	snprintf(path, sizeof(path), "%s%s/a", cgroup_fs_mount_point(own_fs, base), base);
	cr_assert_eq(cgroup_make(own_fs, below("/a"), &id, &err), 0);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(id, st.st_ino, "%llu %llu", (unsigned long long)id,
		     (unsigned long long)st.st_ino);
	cr_expect_eq(cgroup_make(own_fs, below("/a"), NULL, &err), -EEXIST);
	cr_assert_eq(cgroup_remove(own_fs, below("/a"), &err), 0);
	cr_assert_eq(cgroup_make(own_fs, below("/a"), &again, &err), 0);
	cr_expect_neq(id, again);
}

Test(cgroup_change, an_id_leads_back_to_its_path)
{
	struct error err;
	char *path = NULL;
	__u64 id = 0;

	cr_assert_eq(cgroup_make(own_fs, below("/a"), &id, &err), 0);
	cr_assert_eq(cgroup_path_of_id(own_fs, id, &path, &err), 0, "%s", err.text);
	cr_expect_str_eq(path, below("/a"));
	free(path);
	cr_assert_eq(cgroup_remove(own_fs, below("/a"), &err), 0);
	cr_expect_eq(cgroup_path_of_id(own_fs, id, &path, &err), -ENOENT);
}

Test(cgroup_change, what_a_person_types)
{
	static const char *const forms[] = { "%s%s/a", "%s%s/a/", "%.0s%s/a", "%s/%s//a/." };
	struct error err;
	size_t i;

	make("/a");
	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		auto_free char *path = NULL, *typed = NULL;

		cr_assert(asprintf(&typed, forms[i], cgroup_fs_mount_point(own_fs, base), base) >
			  0);
		cr_assert_eq(cgroup_resolve(own_fs, typed, &path, &err), 0, "%s", err.text);
		cr_expect_str_eq(path, below("/a"), "'%s': '%s'", typed, path);
	}
}

static pid_t start_sleeper(void)
{
	pid_t pid = fork();

	cr_assert(pid >= 0);
	if (!pid) {
		while (1)
			pause();
	}
	return pid;
}

static bool is_populated(const char *path)
{
	struct error err;
	bool populated = false;

	cr_assert_eq(cgroup_populated(own_fs, path, &populated, &err), 0, "%s", err.text);
	return populated;
}

Test(cgroup_change, processes_move_and_die)
{
	auto_free char *path = NULL;
	struct error err;
	pid_t pids[3];
	int i, status;

	make("/from");
	make("/from/deep");
	make("/to");
	for (i = 0; i < 3; i++) {
		pids[i] = start_sleeper();
		cr_assert_eq(cgroup_move(own_fs, below(i ? "/from/deep" : "/from"), pids[i], &err),
			     0, "%s", err.text);
	}
	cr_expect(is_populated(below("/from")));
	cr_expect_not(is_populated(below("/to")));
	cr_expect_eq(cgroup_remove(own_fs, below("/from"), &err), -EBUSY);

	cr_assert_eq(cgroup_move_all(own_fs, below("/from"), below("/to"), &err), 0, "%s",
		     err.text);
	cr_expect_not(is_populated(below("/from")));
	cr_assert_eq(cgroup_of_pid(own_fs, base, pids[2], &path, &err), 0);
	cr_expect_str_eq(path, below("/to"));
	cr_expect_eq(cgroup_remove(own_fs, below("/from"), &err), 0, "%s", err.text);
	cr_expect_eq(cgroup_remove(own_fs, below("/from"), &err), 0);

	cr_expect_eq(cgroup_signal(own_fs, below("/to"), SIGCONT, &err), 3);
	cr_assert_eq(cgroup_kill(own_fs, below("/to"), &err), 0, "%s", err.text);
	for (i = 0; i < 3; i++) {
		cr_assert_eq(waitpid(pids[i], &status, 0), pids[i]);
		cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	cr_expect_not(is_populated(below("/to")));
	cr_expect_eq(cgroup_move_all(own_fs, "/", below("/to"), &err), -EINVAL);
}

/* --- the same in a v1 hierarchy, where there is one ------------------------------- */

static void setup_v1(void)
{
	struct error err;

	if (geteuid())
		cr_skip_test("making cgroups needs root");
	own_fs = open_fs();
	if (!cgroup_fs_mount_point(own_fs, CGROUP_V1_PREFIX))
		cr_skip_test("no v1 hierarchy is mounted here");
	snprintf(base, sizeof(base), CGROUP_V1_PREFIX "/ctrace-test-%d", getpid());
	cr_assert_eq(cgroup_make(own_fs, base, NULL, &err), 0, "%s", err.text);
}

TestSuite(cgroup_v1, .init = setup_v1, .fini = teardown, .timeout = 30);

Test(cgroup_v1, walk_and_ids)
{
	struct seen seen = { 0 };
	struct error err;
	struct stat st;
	char path[512];
	__u64 id = 0;

	make("/a");
	make("/a/b");
	cr_assert_eq(walk(base, &seen, &err), 0, "%s", err.text);
	cr_expect_str_eq(seen.text, ";/a;/a/b;");

	snprintf(path, sizeof(path), "%s%s", cgroup_fs_mount_point(own_fs, base),
		 cgroup_path_below_mount(below("/a")));
	cr_assert_eq(stat(path, &st), 0, "%s", path);
	cr_assert_eq(cgroup_id_of(own_fs, below("/a"), &id, &err), 0, "%s", err.text);
	cr_expect_eq(id, st.st_ino | CGROUP_ID_V1);
	cr_expect_eq(cgroup_remove(own_fs, below("/a"), &err), 0, "%s", err.text);
}

Test(cgroup_v1, what_a_person_types)
{
	auto_free char *path = NULL, *typed = NULL;
	struct error err;

	cr_assert(asprintf(&typed, "%s%s/", cgroup_fs_mount_point(own_fs, base),
			   cgroup_path_below_mount(base)) > 0);
	cr_assert_eq(cgroup_resolve(own_fs, typed, &path, &err), 0, "%s", err.text);
	cr_expect_str_eq(path, base);
}

Test(cgroup_v1, processes_move_and_die)
{
	auto_free char *path = NULL;
	struct error err;
	pid_t pid = start_sleeper();

	make("/a");
	cr_expect_not(is_populated(base));
	cr_assert_eq(cgroup_move(own_fs, below("/a"), pid, &err), 0, "%s", err.text);
	cr_expect(is_populated(base), "a process below counts");
	cr_assert_eq(cgroup_of_pid(own_fs, base, pid, &path, &err), 0, "%s", err.text);
	cr_expect_str_eq(path, below("/a"));
	cr_expect_eq(cgroup_remove(own_fs, base, &err), -EBUSY);
	cr_expect_eq(cgroup_kill(own_fs, base, &err), 0, "%s", err.text);
	waitpid(pid, NULL, 0);
	cr_expect_not(is_populated(base));
}
