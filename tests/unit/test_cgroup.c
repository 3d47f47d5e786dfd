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

#define V1     "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
#define HYBRID "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
#define PURE   "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define HOST   "99 90 0:26 /../.. /host/sys/fs/cgroup ro - cgroup2 cgroup rw\n"
#define BIND   "77 30 0:26 /a/b /mnt rw - cgroup2 cgroup2 rw\n"
#define ODD    "30 23 0:26 / /sys/fs/cg\\040roup\\134x rw - cgroup2 cgroup2 rw\n"

Test(cgroup_mount, finds_the_best_one)
{
	static const struct {
		const char *mountinfo, *host_root, *point, *root;
		bool hybrid;
	} rows[] = {
		{ V1 HYBRID, NULL, "/sys/fs/cgroup/unified", "/", true },
		{ PURE, "", "/sys/fs/cgroup", "/", false },
		{ PURE HOST, "/host", "/host/sys/fs/cgroup", "/../..", false },
		{ PURE HOST, "/host/", "/host/sys/fs/cgroup", "/../..", false },
		{ PURE HOST, NULL, "/host/sys/fs/cgroup", "/../..", false },
		{ BIND PURE, NULL, "/sys/fs/cgroup", "/", false },
		{ PURE BIND, NULL, "/sys/fs/cgroup", "/", false },
		{ BIND, NULL, "/mnt", "/a/b", false },
		{ ODD, NULL, "/sys/fs/cg roup\\x", "/", false },
		{ PURE, "/", "/sys/fs/cgroup", "/", false },
		{ V1, NULL, NULL, NULL, false },
		{ PURE, "/host", NULL, NULL, false },
		{ "", NULL, NULL, NULL, false },
		{ "garbage\n - cgroup2\n\n - cgroup2 x - cgroup2", NULL, "", "", false },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		static struct cgroup_mount m;
		bool found = cgroup_mount_find(rows[i].mountinfo, rows[i].host_root, &m);

		if (rows[i].point && !*rows[i].point)
			continue; /* only must not crash */
		cr_assert_eq(found, rows[i].point != NULL, "row %zu", i);
		if (!found)
			continue;
		cr_expect_str_eq(m.point, rows[i].point, "row %zu: '%s'", i, m.point);
		cr_expect_str_eq(m.root, rows[i].root, "row %zu: '%s'", i, m.root);
		cr_expect_eq(m.hybrid, rows[i].hybrid, "row %zu", i);
	}
}

Test(cgroup_mount, finds_the_path_of_a_process)
{
	static const struct {
		const char *text, *mount_root, *path;
	} rows[] = {
		{ "0::/a/b\n", "/", "/a/b" },
		{ "9:name=systemd:/x\n1:cpu:/y\n0::/\n", "/", "/" },
		{ "0::/a (deleted)\n", "/", "/a" },
		{ "0:: (deleted)\n", "/", NULL },
		{ "9:name=systemd:/x\n", "/", NULL },
		{ "", "/", NULL },
		{ "0::/a/b/c\n", "/a/b", "/c" },
		{ "0::/a/b\n", "/a/b", "/" },
		{ "0::/a/bc\n", "/a/b", NULL },
		{ "0::/../x\n", "/", NULL },
		{ "0::/../../docker/x\n", "/../..", "/docker/x" },
		{ "1:x:0::/no\n0::/yes\n", "/", "/yes" },
		{ "0::/x", "/", "/x" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char path[PATH_MAX] = "";
		bool found = cgroup_mount_path_of(rows[i].text, rows[i].mount_root, path);

		cr_expect_eq(found, rows[i].path != NULL, "row %zu", i);
		cr_expect_str_eq(path, rows[i].path ? rows[i].path : "", "row %zu: '%s'", i, path);
	}
}

/* Which directory is the cgroup of a process, by the mounts that it sees? */
Test(cgroup_mount, finds_the_directory_of_a_process)
{
	static const struct {
		const char *cgroup, *mountinfo, *path;
	} rows[] = {
		{ "0::/a/b\n", PURE, "/sys/fs/cgroup/a/b" },
		{ "0::/a/b\n", V1 HYBRID, "/sys/fs/cgroup/unified/a/b" },
		{ "0::/\n", HOST PURE, "/sys/fs/cgroup/" }, /* in a cgroup namespace */
		{ "0::/\n", PURE HOST, "/sys/fs/cgroup/" },
		{ "0::/\n", HOST, NULL },
		{ "0::/a/b/c\n", BIND, "/mnt/c" },
		{ "0::/a\n", BIND, NULL },
		{ "0::/a\n", V1, NULL },
		{ "9:cpu:/a\n", PURE, NULL },
		{ "", PURE, NULL },
		{ "0::/a\n", "", NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char path[PATH_MAX] = "";
		bool found = cgroup_mount_dir_of(rows[i].cgroup, rows[i].mountinfo, path);

		cr_expect_eq(found, rows[i].path != NULL, "row %zu", i);
		cr_expect(!found || !strcmp(path, rows[i].path), "row %zu: '%s'", i, path);
	}
}

/* --- a real cgroup v2, without changing it --------------------------------------- */

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

	cr_assert_eq(cgroup_id_of(fs, "/", &id, &err), 0, "%s", err.text);
	cr_expect_neq(id, 0);
	cr_assert_eq(cgroup_populated(fs, "/", &populated, &err), 0);
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

	cr_assert_eq(cgroup_of_pid(fs, getpid(), &path, &err), 0, "%s", err.text);
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
	cr_expect_eq(cgroup_of_pid(fs, 0x3fffffff, &path, &err), -ESRCH);
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

Test(cgroup_change, walk_meets_parents_first)
{
	struct seen seen = { 0 };
	struct error err;

	make("/a");
	make("/a/b");
	make("/a/b/c");
	cr_assert_eq(cgroup_walk(own_fs, base, note, &seen, &err), 0, "%s", err.text);
	cr_expect_str_eq(seen.text, ";/a;/a/b;/a/b/c;");
	seen = (struct seen){ .stop_after = 2 };
	cr_expect_eq(cgroup_walk(own_fs, base, note, &seen, &err), 42);
	cr_expect_str_eq(seen.text, ";/a;");
	cr_expect_eq(cgroup_walk(own_fs, below("/x"), note, &seen, &err), -ENOENT);
}

Test(cgroup_change, id_is_that_of_the_inode)
{
	struct error err;
	struct stat st;
	char path[512];
	__u64 id = 0, again = 0;

	snprintf(path, sizeof(path), "%s%s/a", cgroup_fs_mount_point(own_fs), base);
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

		cr_assert(asprintf(&typed, forms[i], cgroup_fs_mount_point(own_fs), base) > 0);
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
	cr_assert_eq(cgroup_of_pid(own_fs, pids[2], &path, &err), 0);
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
