// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A runtime in miniature: for each line "CGROUP FILE" on stdin, a child that is born in
 * the cgroup executes PROGRAM openat FILE; its exit status is a line on stdout.
 *
 * born PROGRAM     it must not be born itself, which would look like a runtime's own init
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int born_in(const char *group, char *program, char *file)
{
	char *argv[] = { program, "openat", file, NULL }, *envp[] = { NULL };
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	int fd = open(group, O_RDONLY | O_DIRECTORY | O_CLOEXEC), status;
	pid_t child;

	if (fd < 0)
		return errno;
	args.cgroup = fd;
	child = syscall(SYS_clone3, &args, sizeof(args));
	if (!child) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execve(program, argv, envp);
		_exit(127);
	}
	close(fd);
	if (child < 0)
		return errno;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int argc, char **argv)
{
	char line[9000];

	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		char *group = strtok(line, " "), *file = strtok(NULL, "\n");

		if (!group || !file)
			return 2;
		printf("%d\n", born_in(group, argv[1], file));
	}
	return 0;
}
