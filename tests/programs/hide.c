// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a container might do to have its opens taken for those of its runtime.
 *
 * hide memfd FILE     execute a copy of itself in memory, named as runc names its own
 * hide move CGROUP    move among cgroups of its own; opens /hidden/... each time
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "hide: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void open_once(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}

static int copy_of_self(void)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int copy = memfd_create("runc_cloned:/proc/self/exe", MFD_CLOEXEC);
	struct stat st;

	if (self < 0 || copy < 0 || fstat(self, &st))
		die("copy");
	if (sendfile(copy, self, NULL, st.st_size) != st.st_size)
		die("copy");
	return copy;
}

static void memfd(char *file)
{
	char *argv[] = { "hide", "open", file, NULL }, *envp[] = { NULL };

	fexecve(copy_of_self(), argv, envp);
	die("execute");
}

static int group_open(const char *top, const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	if (mkdir(path, 0755) && errno != EEXIST)
		die(path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

static void move_to(int group, pid_t pid)
{
	int procs = openat(group, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	if (procs < 0 || write(procs, text, strlen(text)) < 0)
		die("move");
	close(procs);
}

/* A child that opens once it has been moved; an orphan's parent is somebody else. */
static void moved_child(int group, const char *name, int orphan)
{
	int ready[2], go[2];
	pid_t pid, child;
	char byte;

	if (pipe(ready) || pipe(go))
		die("pipe");
	child = fork();
	if (!child && (!orphan || !fork())) {
		if (orphan)
			usleep(20000); /* until its parent is gone */
		pid = getpid();
		write(ready[1], &pid, sizeof(pid));
		read(go[0], &byte, 1);
		open_once(name);
		write(ready[1], &pid, sizeof(pid));
		_exit(0);
	}
	if (!child)
		_exit(0);
	if (orphan)
		waitpid(child, NULL, 0);
	read(ready[0], &pid, sizeof(pid));
	move_to(group, pid);
	write(go[1], "", 1);
	read(ready[0], &pid, sizeof(pid));
	if (!orphan)
		waitpid(child, NULL, 0);
}

static void born_child(int group, const char *name)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = group,
	};
	pid_t child = syscall(SYS_clone3, &args, sizeof(args));

	if (child < 0)
		die("clone3");
	if (!child) {
		open_once(name);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void move(const char *top)
{
	int a = group_open(top, "a"), b = group_open(top, "b");

	open_once("/hidden/start");
	moved_child(a, "/hidden/child", 0);
	moved_child(b, "/hidden/orphan", 1);
	born_child(b, "/hidden/born");
	move_to(a, getpid());
	open_once("/hidden/self");
	moved_child(b, "/hidden/child-of-moved", 0);
	move_to(b, getpid());
	open_once("/hidden/self-again");
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: hide memfd|open FILE | move CGROUP\n");
		return 2;
	}
	if (!strcmp(argv[1], "memfd"))
		memfd(argv[2]);
	else if (!strcmp(argv[1], "move"))
		move(argv[2]);
	else
		open_once(argv[2]);
	return 0;
}
