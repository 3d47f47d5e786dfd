// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A registry, real cgroups, and state files that go with them: needs root. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "registry_fixture.h"

static char host[] = "/tmp/ctrace-test-registry.XXXXXX";
static char base[64], v1_base[sizeof(base) + 3];
static int host_fd = -1;

static void setup_real(void)
{
	struct error err;

	if (geteuid())
		cr_skip_test("making cgroups needs root");
	cr_assert_not_null(mkdtemp(host));
	host_fd = open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);
	open_registry(host);
	snprintf(base, sizeof(base), "/ctrace-test-%d", getpid());
	if (cgroup_make(fs, base, NULL, &err) < 0)
		cr_skip_test("%s", err.text);
	snprintf(v1_base, sizeof(v1_base), CGROUP_V1_PREFIX "%s", base);
}

/* From here on, what make() and the others do is in the v1 hierarchy. */
static void turn_to_v1(void)
{
	struct error err;

	if (cgroup_make(fs, v1_base, NULL, &err) < 0)
		cr_skip_test("%s", err.text);
	snprintf(base, sizeof(base), "%.40s", v1_base);
}

static void teardown_real(void)
{
	char *command;
	struct error err;

	if (host_fd < 0)
		return;
	cgroup_remove(fs, v1_base, &err);
	cgroup_remove(fs, cgroup_path_below_mount(base), &err);
	cr_assert(asprintf(&command, "rm -r '%s'", host) > 0);
	cr_expect_eq(system(command), 0);
	free(command);
	close_registry();
}

TestSuite(registry_real, .init = setup_real, .fini = teardown_real, .timeout = 30);

/* `path` is below base in all of these. */
static __u64 make(const char *path)
{
	struct error err;
	char full[512];
	__u64 id = 0;

	snprintf(full, sizeof(full), "%s%s", base, path);
	cr_assert_eq(cgroup_make(fs, full, &id, &err), 0, "%s", err.text);
	return id;
}

static void drop(const char *path)
{
	struct error err;
	char full[512];

	snprintf(full, sizeof(full), "%s%s", base, path);
	cr_assert_eq(cgroup_remove(fs, full, &err), 0, "%s", err.text);
}

/* A file below <host>/run/, with the directories that lead to it. */
static void put(const char *file, const char *text)
{
	auto_close int fd = -1;
	char path[512];
	char *slash;

	snprintf(path, sizeof(path), "run/%s", file);
	for (slash = path; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdirat(host_fd, path, 0755);
		*slash = '/';
	}
	fd = openat(host_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static void put_state(const char *root, const char *id, const char *path)
{
	const char *controller = cgroup_path_is_v1(base)
					 ? cgroup_v1_controller_name(cgroup_fs_v1_controller(fs))
					 : "";
	char file[256], text[1024];

	snprintf(file, sizeof(file), "%s/%s/state.json", root, id);
	snprintf(text, sizeof(text),
		 "{\"init_process_pid\":7,\"cgroup_paths\":{\"%s\":\"%s%s%s\"}}", controller,
		 cgroup_fs_mount_point(fs, base), cgroup_path_below_mount(base), path);
	put(file, text);
}

static void put_runc(const char *id, const char *path)
{
	put_state("runc", id, path);
}

static void put_crun(const char *id, const char *path)
{
	char file[256], text[1024];

	snprintf(file, sizeof(file), "crun/%s/status", id);
	snprintf(text, sizeof(text), "{\"pid\":8,\"cgroup-path\":\"%s%s\",\"scope\":\"\"}",
		 cgroup_path_below_mount(base), path);
	put(file, text);
}

/* Docker's data root is a symlink to the only folder that put() fills. */
static void put_docker(const char *id, const char *name)
{
	char file[256], text[256];

	mkdirat(host_fd, "var", 0755);
	mkdirat(host_fd, "var/lib", 0755);
	if (symlinkat("/run/data", host_fd, "var/lib/docker") < 0)
		cr_assert_eq(errno, EEXIST);
	snprintf(file, sizeof(file), "data/containers/%s/config.v2.json", id);
	snprintf(text, sizeof(text), "{\"Name\":\"/%s\",\"State\":{\"Pid\":9}}", name);
	put(file, text);
}

static const struct container *add_real(const char *path, __u64 id)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", base, path);
	return add(full, id);
}

static void scan(void)
{
	struct error err;

	cr_assert_eq(registry_scan(reg, NULL, NULL, &err), 0, "%s", err.text);
}

Test(registry_real, a_scan_joins_tree_and_files)
{
	__u64 odd = make("/odd"), docker, inner, fraud;

	make("/docker");
	docker = make("/docker/" DOCKER_ID);
	make("/docker/" DOCKER_ID "/docker");
	inner = make("/docker/" DOCKER_ID "/docker/" OTHER_ID);
	make("/docker/" DOCKER_ID "/docker/deeper");
	fraud = make("/docker/" DOCKER_ID "/docker/deeper/" CRI_ID);
	make("/zz");
	make("/zz/" CRI_ID); /* walked in some order, known as the true one in any */
	put_runc("plain", "/odd");
	put_crun("dead", "/none");
	put_crun("root", "/..");

	scan();
	cr_assert_not_null(registry_find(reg, odd));
	cr_expect_str_eq(registry_find(reg, odd)->id, "plain");
	cr_expect_str_eq(registry_find(reg, odd)->runtime, "runc");
	cr_expect_eq(registry_find(reg, odd)->init_pid, 7);
	cr_expect_str_eq(registry_find(reg, docker)->id, DOCKER_ID);
	cr_expect_str_eq(registry_find(reg, inner)->id, OTHER_ID);
	cr_expect_null(registry_find(reg, fraud));

	drop("/odd");
	cr_expect_eq(registry_sweep(reg, NULL, NULL), 1);
	cr_expect_null(registry_find(reg, odd));
	scan();
	cr_expect_null(registry_find(reg, odd));
}

static void keep_most(size_t containers, void *arg)
{
	size_t *most = arg;

	*most = containers > *most ? containers : *most;
}

Test(registry_real, a_scan_tells_how_far_it_has_come)
{
	struct error err;
	size_t most = 0;

	make("/docker");
	make("/docker/" DOCKER_ID);
	make("/docker/" CRI_ID);
	make("/zz"); /* each step tells what came before it */
	cr_assert_eq(registry_scan(reg, keep_most, &most, &err), 0, "%s", err.text);
	cr_expect_geq(most, 1);
	cr_expect_leq(most, registry_count(reg));
}

Test(registry_real, a_scan_again_keeps_and_completes)
{
	__u64 id;
	const struct container *c;
	size_t count;

	make("/docker");
	id = make("/docker/" OTHER_ID);
	scan();
	count = registry_count(reg);
	c = registry_find(reg, id);
	cr_assert_not_null(c);
	cr_expect_not(c->has_state);

	put_runc(OTHER_ID, "/docker/" OTHER_ID);
	scan();
	cr_expect_eq(registry_find(reg, id), c);
	cr_expect_eq(registry_count(reg), count);
	cr_expect(c->has_state);
	cr_expect_eq(c->init_pid, 7);
	cr_expect_str_eq(c->runtime, "docker", "the path says more than runc: %s", c->runtime);
}

Test(registry_real, docker_with_a_cgroup_of_any_name)
{
	__u64 scanned = make("/odd"), born = make("/odder");
	const struct container *c;

	put_docker(DOCKER_ID, "web");
	put_docker(OTHER_ID, "db");
	put_state("docker/runtime-runc/moby", DOCKER_ID, "/odd");
	scan();
	c = registry_find(reg, scanned);
	cr_assert_not_null(c);
	cr_expect_str_eq(c->name, "web");
	cr_expect_str_eq(c->runtime, "docker");

	put_state("docker/runtime-runc/moby", OTHER_ID, "/odder");
	c = add_real("/odder", born);
	cr_assert_not_null(c);
	cr_expect_str_eq(c->name, "db");
}

Test(registry_real, a_new_name_comes_with_the_next_scan)
{
	const struct container *c;
	__u64 id;

	make("/docker");
	id = make("/docker/" DOCKER_ID);
	put_docker(DOCKER_ID, "old");
	put_state("docker/runtime-runc/moby", DOCKER_ID, "/docker/" DOCKER_ID);
	scan();
	c = registry_find(reg, id);
	cr_expect_str_eq(c->name, "old");
	cr_expect_eq(c->init_pid, 9, "names are enough: runc's file was not read");

	put_docker(DOCKER_ID, "new");
	scan();
	cr_expect_eq(registry_find(reg, id), c);
	cr_expect_str_eq(c->name, "new");
}

Test(registry_real, plain_containers_are_explained_once_their_file_is_there)
{
	__u64 same_name = make("/web"), odd = make("/odd");
	const struct container *c;

	cr_expect_null(add_real("/web", same_name));
	cr_expect_null(add_real("/odd", odd));
	put_runc("web", "/web");
	put_crun("tricky", "/odd");

	c = add_real("/web", same_name);
	cr_assert_not_null(c);
	cr_expect_str_eq(c->id, "web");
	cr_expect(c->has_state);
	c = add_real("/odd", odd);
	cr_assert_not_null(c);
	cr_expect_str_eq(c->id, "tricky");
	cr_expect_str_eq(c->runtime, "crun");

	make("/odd/inner");
	cr_expect_eq(add_real("/odd/inner", 12345), c);
}

/* The same id and path again, the old one's entry still there. */
Test(registry_real, plain_containers_restart)
{
	__u64 first = make("/odd"), second;
	const struct container *a, *b;

	put_runc("web", "/odd");
	a = add_real("/odd", first);
	cr_assert_not_null(a);

	drop("/odd");
	second = make("/odd");
	cr_expect_neq(first, second);
	b = add_real("/odd", second);
	cr_assert_not_null(b);
	cr_expect_neq(a, b);
	cr_expect_eq(b->cgroup_id, second);
	cr_expect_eq(registry_find(reg, first), a);
	cr_expect_eq(registry_sweep(reg, NULL, NULL), 1);
	cr_expect_eq(registry_find(reg, second), b);
}

/* The first bearer of a name was renamed, and another container got the name. */
Test(registry_real, a_name_that_moves)
{
	const struct container *first, *second;
	__u64 id;

	make("/docker");
	put_docker(DOCKER_ID, "web");
	first = add_real("/docker/" DOCKER_ID, make("/docker/" DOCKER_ID));
	cr_assert_not_null(first);
	cr_expect_str_eq(first->name, "web");

	put_docker(DOCKER_ID, "web-old");
	put_docker(OTHER_ID, "web");
	id = make("/docker/" OTHER_ID);
	second = add_real("/docker/" OTHER_ID, id);
	cr_assert_not_null(second);
	cr_expect_str_eq(second->name, "web");
	cr_expect_str_eq(first->name, "web-old");
}

/* Deleted, and made again with the same name: the id is another, and so is the container. */
Test(registry_real, a_name_that_is_used_again)
{
	const struct container *first, *second;

	make("/docker");
	put_docker(DOCKER_ID, "web");
	first = add_real("/docker/" DOCKER_ID, make("/docker/" DOCKER_ID));
	put_docker(OTHER_ID, "web");
	second = add_real("/docker/" OTHER_ID, make("/docker/" OTHER_ID));
	cr_assert(first && second && first != second);
	drop("/docker/" DOCKER_ID);
	cr_expect_eq(registry_find(reg, first->cgroup_id), first,
		     "its last opens may be on the way");
	cr_expect_str_eq(first->name, "web");
	cr_expect_str_eq(second->name, "web");
}

/* A process that sleeps in a cgroup below base; the caller kills it. */
static pid_t sleeper(const char *path)
{
	struct error err;
	char full[512];
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (!pid) {
		pause();
		_exit(0);
	}
	snprintf(full, sizeof(full), "%s%s", base, path);
	cr_assert_eq(cgroup_move(fs, full, pid, &err), 0, "%s", err.text);
	return pid;
}

static void put_crun_of(const char *id, const char *path, pid_t pid)
{
	char file[256], text[1024];

	put_crun(id, path);
	snprintf(file, sizeof(file), "crun/%s/status", id);
	snprintf(text, sizeof(text), "{\"pid\":%d,\"cgroup-path\":\"%s%s\"}", pid, base, path);
	put(file, text);
}

/* Of two files that name one cgroup, one is left from a container that was never deleted. */
Test(registry_real, a_stale_file_names_the_cgroup_of_another)
{
	__u64 id = make("/odd");
	const struct container *c = add_real("/odd", id);
	pid_t pid;

	cr_expect_null(c);
	put_runc("stale", "/odd");
	c = add_real("/odd", id);
	cr_assert_not_null(c);
	cr_expect_not(c->has_state, "its first process is not in there: look again");

	pid = sleeper("/odd");
	put_crun_of("alive", "/odd", pid);
	c = add_real("/odd", id);
	cr_expect_str_eq(c->id, "alive");
	cr_expect(c->has_state);

	/* and so it stays, whichever is read first */
	put_runc("staler", "/odd");
	put_crun("stalest", "/odd");
	for (int i = 0; i < 2; i++) {
		scan();
		cr_expect_str_eq(registry_find(reg, id)->id, "alive");
		registry_remove(reg, id);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* What the file says of names must not stay either, once it was believed. */
Test(registry_real, names_of_a_stale_file_are_forgotten)
{
	__u64 id = make("/odd");
	const struct container *c;
	pid_t pid;

	put_runc("stale", "/odd");
	put("runc/stale/state.json", "");
	put_state("docker/runtime-runc/moby", DOCKER_ID, "/odd");
	put_docker(DOCKER_ID, "web");
	c = add_real("/odd", id);
	cr_assert_not_null(c);
	cr_expect_str_eq(c->name, "web");

	pid = sleeper("/odd");
	put_crun_of("alive", "/odd", pid);
	c = add_real("/odd", id);
	cr_expect_str_eq(c->id, "alive");
	cr_expect_null(c->name);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* --- looked at again and again from birth ------------------------------------------ */

/* full: room for its path. */
static struct registry_newborn newborn_at(const char *path, char full[static 512])
{
	snprintf(full, 512, "%s%s", base, path);
	return (struct registry_newborn){ .path = full, .cgroup_id = make(path) };
}

static const struct container *look(struct registry_newborn *newborn)
{
	const struct container *c = NULL;
	struct error err;
	int r = registry_add_newborn(reg, newborn, &c, &err);

	cr_assert_geq(r, 0, "%s", err.text);
	return c;
}

/* Its files come after the cgroup, and only by then it is known. */
Test(registry_real, a_newborn_is_known_once_its_state_is_there)
{
	char full[512];
	struct registry_newborn newborn = newborn_at("/web", full);
	const struct container *c;

	cr_expect_null(look(&newborn));
	cr_expect_null(newborn.begun);
	put("runc/web/log", "");
	cr_expect_null(look(&newborn));
	cr_expect_str_eq(newborn.begun, "runc");
	put_runc("web", "/web");
	c = look(&newborn);
	cr_assert_not_null(c);
	cr_expect_str_eq(c->id, "web");
	cr_expect_eq(c->cgroup_id, newborn.cgroup_id);
}

/* A look that does not search leaves the files of others alone. */
Test(registry_real, a_newborn_of_another_name_is_searched_for)
{
	char full[512];
	struct registry_newborn newborn = newborn_at("/odd", full);

	put_runc("web", "/odd");
	cr_expect_null(look(&newborn));
	newborn.search = true;
	cr_assert_not_null(look(&newborn));
	cr_expect_str_eq(look(&newborn)->id, "web");
}

/* Its files outlive its cgroup by a moment. */
Test(registry_real, a_newborn_that_is_gone_is_known_by_its_state)
{
	char full[512];
	struct registry_newborn newborn = newborn_at("/web", full);
	const struct container *c;

	put_runc("web", "/web");
	drop("/web");
	c = look(&newborn);
	cr_assert_not_null(c);
	cr_expect_str_eq(c->id, "web");
	cr_expect_eq(c->cgroup_id, newborn.cgroup_id);
}

/* ... but not if that path is another's by now. */
Test(registry_real, a_newborn_that_is_gone_takes_nobodys_state)
{
	char full[512];
	struct registry_newborn newborn = newborn_at("/web", full);
	__u64 second;

	drop("/web");
	second = make("/web");
	put_runc("web", "/web");
	cr_expect_null(look(&newborn));
	cr_expect_null(registry_find(reg, newborn.cgroup_id));
	cr_expect_not_null(add_real("/web", second));
}

/* Of one that was too quick for us, the directory that it began with is all we saw. */
Test(registry_real, a_newborn_of_which_nothing_is_left)
{
	char full[512];
	struct registry_newborn newborn = newborn_at("/web", full);
	const struct container *c = NULL;
	struct error err;

	put("crun/web/config.json", "{}");
	cr_expect_null(look(&newborn));
	cr_assert_str_eq(newborn.begun, "crun");
	drop("/web");
	cr_assert_eq(registry_add_begun(reg, &newborn, &c, &err), 0, "%s", err.text);
	cr_expect_str_eq(c->id, "web");
	cr_expect_str_eq(c->runtime, "crun");
	cr_expect_eq(registry_find(reg, newborn.cgroup_id), c);
}

/* That path is now a cgroup of somebody else's. */
Test(registry_real, a_path_without_its_container)
{
	__u64 first = make("/odd"), second;
	char path[600];

	put_runc("web", "/odd");
	cr_assert_not_null(add_real("/odd", first));
	drop("/odd");
	second = make("/odd");
	snprintf(path, sizeof(path), "%s/run/runc/web/state.json", host);
	cr_assert_eq(unlink(path), 0);
	cr_expect_null(add_real("/odd", second));
}

Test(registry_real, a_state_file_cannot_claim_the_whole_host)
{
	__u64 root = 0;
	struct error err;

	put("crun/greedy/status", "{\"pid\":1,\"cgroup-path\":\"/\"}");
	put("crun/greedy2/status", "{\"pid\":1,\"cgroup-path\":\"//.\"}");
	scan();
	cr_assert_eq(cgroup_id_of(fs, "/", &root, &err), 0);
	cr_expect_null(registry_find(reg, root));
}

/* --- cgroup v1 -------------------------------------------------------------------- */

Test(registry_real, containers_that_have_a_v1_cgroup_only)
{
	__u64 docker, odd, crun;

	turn_to_v1();
	make("/docker");
	docker = make("/docker/" DOCKER_ID);
	odd = make("/odd");
	crun = make("/c1");
	put_runc("plain", "/odd");
	put_crun("c1", "/c1");
	put_docker(DOCKER_ID, "web");

	scan();
	cr_assert_not_null(registry_find(reg, docker));
	cr_expect_str_eq(registry_find(reg, docker)->name, "web");
	cr_assert_not_null(registry_find(reg, odd));
	cr_expect_str_eq(registry_find(reg, odd)->id, "plain");
	cr_assert_not_null(registry_find(reg, crun));
	cr_expect_str_eq(registry_find(reg, crun)->runtime, "crun");
	cr_expect(cgroup_path_is_v1(registry_find(reg, crun)->cgroup_path));
	cr_expect_eq(add_real("/odd/deep", 5 | CGROUP_ID_V1), registry_find(reg, odd));

	drop("/odd");
	cr_expect_eq(registry_sweep(reg, NULL, NULL), 1);
}

Test(registry_real, a_container_of_both_is_known_by_v2)
{
	__u64 v2, v1, odd = make("/odd"), v1_odd;

	make("/docker");
	v2 = make("/docker/" DOCKER_ID);
	put_runc("plain", "/odd");
	turn_to_v1();
	v1_odd = make("/odd");
	make("/elsewhere");
	v1 = make("/elsewhere/" DOCKER_ID);

	scan();
	cr_assert_not_null(registry_find(reg, v2));
	cr_assert_not_null(registry_find(reg, odd));
	cr_expect_eq(add_real("/odd", v1_odd), registry_find(reg, odd));
	cr_expect_eq(add_real("/elsewhere/" DOCKER_ID, v1), registry_find(reg, v2));
	cr_expect_eq(add_real("/elsewhere/" DOCKER_ID "/x", 8 | CGROUP_ID_V1),
		     registry_find(reg, v2));
	cr_expect_null(registry_find(reg, v1));
	cr_expect_null(registry_find(reg, v1_odd));
}

/* A container makes a v2 cgroup of the name that one of the host's has in v1. */
Test(registry_real, a_v1_container_is_not_hidden_by_a_nested_name)
{
	__u64 v1;

	make("/docker");
	make("/docker/" DOCKER_ID);
	make("/docker/" DOCKER_ID "/" OTHER_ID);
	turn_to_v1();
	v1 = make("/" OTHER_ID);

	scan();
	cr_assert_not_null(registry_find(reg, v1));
	cr_expect_str_eq(registry_find(reg, v1)->id, OTHER_ID);
}
