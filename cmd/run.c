// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * ctrace run: a command in a cgroup of its own.
 *
 * Three processes.  The command is born inside its cgroup (clone3() with
 * CLONE_INTO_CGROUP), or joins one of v1 before its exec, so not even that is
 * missed.  A guard, in a session of its own, does nothing but wait for ctrace to be
 * gone, and then ends the command and removes the cgroup: also when ctrace was
 * killed by SIGKILL.  ctrace itself gives up its privileges once the command has
 * started, which has them all.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sched.h>

#include "base/cleanup.h"
#include "commands.h"
#include "say.h"
#include "session.h"

/* As env(1) and the shells have it. */
enum { EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

struct run {
	const struct options *options;
	const struct cgroup_fs *cgroups;
	char *parent;  /* the cgroup we are in ourselves: its limits go on applying */
	char *cgroup;  /* the command's */
	char *program; /* the command's file, with a '/' in it */
	pid_t child;
	int status; /* of wait(); valid once ended */
	bool ended;
	int guard_pipe; /* our end; its closing wakes the guard */
	pid_t guard;
};

/* --- the guard --------------------------------------------------------------------- */

/* Daemons that the command left go on without us, where they would have been anyway. */
static void release_cgroup(const struct run *run)
{
	struct error err;
	bool populated = false;

	cgroup_populated(run->cgroups, run->cgroup, &populated, NULL);
	if (populated && cgroup_move_all(run->cgroups, run->cgroup, run->parent, NULL) == 0)
		say("'%s' left processes running; they are not traced any more",
		    run->options->command[0]);
	if (cgroup_remove(run->cgroups, run->cgroup, &err) < 0)
		say("%s", err.text);
}

static void kill_cgroup(const struct run *run)
{
	for (int tries = 0; tries < 100; tries++) {
		cgroup_kill(run->cgroups, run->cgroup, NULL);
		if (cgroup_remove(run->cgroups, run->cgroup, NULL) == 0)
			break;
		usleep(10000);
	}
}

/* A byte in the pipe is a good end; without one ctrace has been killed. */
static void guard_main(const struct run *run, int pipe_fd)
{
	ssize_t n;
	char byte;

	setsid(); /* Ctrl-C and the like are not for us */
	do
		n = read(pipe_fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		release_cgroup(run);
	else
		kill_cgroup(run);
	_exit(0);
}

static int start_guard(struct run *run, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return error_set(err, -errno, "make a pipe");
	run->guard = fork();
	if (run->guard < 0) {
		close(ends[0]);
		close(ends[1]);
		return error_set(err, -errno, "start the process that cleans up");
	}
	if (run->guard == 0) {
		close(ends[1]);
		guard_main(run, ends[0]);
	}
	close(ends[0]);
	run->guard_pipe = ends[1];
	return 0;
}

/* The guard has the rights that changing cgroups takes; we may have given them up. */
static void clean_up(struct run *run)
{
	if (run->guard > 0) {
		if (write(run->guard_pipe, "", 1) != 1)
			say("can't tell the process that cleans up: %s", strerror(errno));
		close(run->guard_pipe);
		waitpid(run->guard, NULL, 0);
	} else if (run->cgroup) {
		release_cgroup(run);
	}
}

/* --- the command ------------------------------------------------------------------ */

/*
 * Search PATH before there is anything to trace: else the trace would begin with
 * ctrace's own failed attempts.  What is not found is left to the exec to say.
 */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH"), *end;
	char *candidate;

	for (; path && !strchr(name, '/'); path = *end ? end + 1 : NULL) {
		end = strchrnul(path, ':');
		if (asprintf(&candidate, "%.*s/%s", end > path ? (int)(end - path) : 1,
			     end > path ? path : ".", name) < 0)
			return NULL;
		if (!access(candidate, X_OK))
			return candidate;
		free(candidate);
	}
	return strdup(name);
}

/* v1 can't be born into: the child joins by itself, before it does anything to be seen. */
static int join(int cgroup_fd)
{
	auto_close int procs = openat(cgroup_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	return procs < 0 ? -1 : write(procs, "0", 1);
}

/* The errno of what fails comes back over a pipe that a good exec closes. */
static void command_main(const struct run *run, int cgroup_fd, int error_pipe)
{
	sigset_t none;
	int e;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Without --output stdout is for events alone. */
	if (!run->options->output_path)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	if (!cgroup_path_is_v1(run->cgroup) || join(cgroup_fd) > 0)
		execvp(run->program, run->options->command);
	e = errno;
	if (write(error_pipe, &e, sizeof(e)) < 0)
		_exit(EXIT_CANNOT_RUN);
	_exit(e == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

static pid_t clone_into(int cgroup_fd)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP, /* Linux 5.7, ef2c41cf38a7 */
		.exit_signal = SIGCHLD,
		.cgroup = cgroup_fd,
	};

	return syscall(SYS_clone3, &args, sizeof(args));
}

/* 0, or -errno: of the clone, or of the exec (which has been said and reaped then). */
static int start_command(struct run *run, struct error *err)
{
	auto_close int cgroup = cgroup_open_dir(run->cgroups, run->cgroup, err);
	int ends[2], e = 0;

	if (cgroup < 0)
		return cgroup;
	if (pipe2(ends, O_CLOEXEC))
		return error_set(err, -errno, "make a pipe");
	run->child = cgroup_path_is_v1(run->cgroup) ? fork() : clone_into(cgroup);
	if (run->child == 0)
		command_main(run, cgroup, ends[1]);
	close(ends[1]);
	if (run->child < 0) {
		e = errno;
		close(ends[0]);
		return error_set(err, -e, "start '%s' in a cgroup", run->options->command[0]);
	}
	if (read(ends[0], &e, sizeof(e)) != sizeof(e))
		e = 0;
	close(ends[0]);
	if (!e)
		return 0;
	waitpid(run->child, &run->status, 0);
	run->ended = true;
	return error_set(err, -e, "run '%s'", run->options->command[0]);
}

static bool command_ended(void *arg, int signo)
{
	struct run *run = arg;

	if (signo && signo != SIGCHLD && !run->ended)
		kill(run->child, signo);
	if (!run->ended && waitpid(run->child, &run->status, WNOHANG) == run->child)
		run->ended = true;
	return run->ended;
}

/* Signals are still passed on meanwhile; they are blocked, so none comes between look and wait. */
static void wait_for_command(struct run *run)
{
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(session_signals) / sizeof(session_signals[0]); i++)
		sigaddset(&set, session_signals[i]);
	while (!command_ended(run, 0))
		if (sigwaitinfo(&set, &info) > 0 && info.si_code <= 0)
			command_ended(run, info.si_signo);
}

/* --- from start to end ------------------------------------------------------------ */

static int make_cgroup(struct run *run, struct error *err)
{
	int r;

	r = cgroup_own(run->cgroups, *cgroup_fs_roots(run->cgroups), &run->parent, err);
	if (r < 0)
		return r;
	if (asprintf(&run->cgroup, "%s%sctrace-run-%d", run->parent,
		     cgroup_path_is_root(run->parent) ? "" : "/", getpid()) < 0) {
		run->cgroup = NULL;
		return error_set(err, -ENOMEM, "name a cgroup");
	}
	r = cgroup_make(run->cgroups, run->cgroup, NULL, err);
	if (r < 0) {
		free(run->cgroup);
		run->cgroup = NULL; /* not ours to remove */
	}
	return r;
}

static int run_session(struct run *run, struct session *s, struct error *err)
{
	int r;

	run->cgroups = session_cgroups(s);
	run->program = find_program(run->options->command[0]);
	if (!run->program)
		return error_set(err, -ENOMEM, "run '%s'", run->options->command[0]);
	r = make_cgroup(run, err);
	if (!r)
		r = start_guard(run, err);
	if (!r)
		r = session_trace_cgroup(s, run->cgroup, err);
	if (r < 0)
		return r;
	session_announce(s);

	r = start_command(run, err);
	if (r < 0)
		return r;
	r = session_confine(s, run->child, err);
	if (r < 0) {
		kill(run->child, SIGKILL);
		wait_for_command(run);
		return r;
	}
	r = session_loop(s, command_ended, run, err);
	if (!r)
		r = session_finish(s, err);
	/* --count, --duration or a reader that left ends the tracing, not the command. */
	wait_for_command(run);
	return r;
}

/* The command's own; where all was well with that, what failed of ctrace is not to go unseen. */
static int exit_code_of(const struct run *run, bool failed)
{
	if (!run->ended || (failed && !run->status))
		return failed ? EXIT_FAILED : EXIT_OK;
	return WIFSIGNALED(run->status) ? 128 + WTERMSIG(run->status) : WEXITSTATUS(run->status);
}

int run_main(const struct options *o)
{
	struct run run = { .options = o };
	struct session *s = NULL;
	struct error err = {};
	auto_close int output = -1;
	bool failed;
	int r;

	if (!o->command[0]) {
		say("run needs a command: ctrace run [OPTIONS] -- CMD [ARG...]");
		return EXIT_USAGE;
	}
	output = open_output(o, &err);
	r = output < 0 ? output : session_open(&s, o, output, NULL, &err);
	if (!r)
		r = run_session(&run, s, &err);
	failed = r < 0 && r != -EPIPE;
	if (failed)
		say("%s", err.text);
	clean_up(&run);
	session_free(s);
	free(run.cgroup);
	free(run.parent);
	free(run.program);
	return exit_code_of(&run, failed);
}
