// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * ctrace report: events in, a page or a profile out.
 *
 * What is traced on the spot takes the same way as what was recorded: the
 * trace is a process of its own that writes its lines into a pipe.  So neither has
 * the other's rights: see docs/security.md.
 */
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "commands.h"
#include "progress.h"
#include "report/image.h"
#include "report/lines.h"
#include "report/page.h"
#include "report/profile.h"
#include "sandbox/sandbox.h"
#include "say.h"

/* Between the session and us: what a busy host does in some milliseconds. */
#define PIPE_BYTES (1 << 20)

/* One stream being read. */
struct reading {
	struct report *report;
	const char *name;
	int fd;
	__u64 size; /* 0: not known */
	struct progress progress;
	__u64 invalid, first_invalid; /* lines, and the number of the first */
	const char *why;              /* the first is invalid */
};

/* --- reading ----------------------------------------------------------------------- */

static void show_progress(struct reading *in, const struct lines *l)
{
	if (l->number % 1024 || !progress_due(&in->progress))
		return;
	if (in->size)
		progress_show(&in->progress, "%s: %" PRIu64 " lines, %d %%", in->name,
			      (uint64_t)l->number, (int)(l->bytes * 100 / in->size));
	else
		progress_show(&in->progress, "%s: %" PRIu64 " lines", in->name,
			      (uint64_t)l->number);
}

static int take_line(struct reading *in, const struct lines *l, const char *line, size_t len)
{
	const char *why = "too long";
	int r;

	/* an empty line is no event, and no harm */
	if (line && !len)
		return 0;
	r = line ? report_add_line(in->report, line, len, &why) : report_skip_line(in->report);
	if (r != -EBADMSG)
		return r;
	if (!in->invalid++) {
		in->first_invalid = l->number;
		in->why = why;
	}
	return 0;
}

static int read_lines(struct reading *in, struct error *err)
{
	struct lines *l = lines_new(in->fd);
	const char *line;
	size_t len;
	int r;

	if (!l)
		return error_set(err, -ENOMEM, "read '%s'", in->name);
	while ((r = lines_next(l, &line, &len)) > 0) {
		r = take_line(in, l, line, len);
		if (r < 0)
			break;
		show_progress(in, l);
	}
	lines_free(l);
	progress_clear(&in->progress);
	return r < 0 ? error_set(err, r, "read '%s'", in->name) : 0;
}

static void tell_invalid(const struct reading *in)
{
	if (in->invalid)
		say("%" PRIu64 " line%s of '%s' %s not ctrace's; the first is line %" PRIu64 ": %s",
		    (uint64_t)in->invalid, in->invalid == 1 ? "" : "s", in->name,
		    in->invalid == 1 ? "is" : "are", (uint64_t)in->first_invalid, in->why);
}

static int open_file(struct reading *in, struct error *err)
{
	struct stat st;

	in->fd = open(in->name, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0 || fstat(in->fd, &st))
		return error_set(err, -errno, "open '%s'", in->name);
	if (S_ISDIR(st.st_mode))
		return error_set(err, -EISDIR, "read events from '%s'", in->name);
	if (S_ISREG(st.st_mode))
		in->size = (__u64)st.st_size;
	return 0;
}

static int read_file(struct report *report, const char *name, struct error *err)
{
	struct reading in = { .report = report, .name = name, .fd = STDIN_FILENO };
	bool is_stdin = !strcmp(name, "-");
	int r;

	if (is_stdin)
		in.name = "stdin";
	progress_start(&in.progress);
	r = is_stdin ? 0 : open_file(&in, err);
	if (!r)
		r = read_lines(&in, err);
	if (!is_stdin)
		cleanup_close(&in.fd);
	tell_invalid(&in);
	return r;
}

static int read_files(struct report *report, const struct options *o, struct error *err)
{
	bool all = selector_is_trivial(&o->selector);

	if (report_only(report, &o->selector, &o->label_keys) < 0)
		return error_set(err, -ENOMEM, "start a report");
	for (size_t i = 0; i < o->files.count; i++) {
		int r = read_file(report, o->files.at[i], err);

		if (r < 0)
			return r;
	}
	if (!report_events(report))
		return error_say(err, -ENODATA, "no events%s in '%s'%s",
				 all ? "" : " of the chosen containers", o->files.at[0],
				 o->files.count > 1 ? " or the other files" : "");
	return 0;
}

/* --- tracing ----------------------------------------------------------------------- */

/* The process that traces; what would end us ends it, and then there is a page to make. */
static pid_t tracer;

static void pass_on(int signo)
{
	int saved = errno;

	kill(tracer, signo);
	errno = saved;
}

static const int ends[] = { SIGINT, SIGTERM, SIGHUP };

static void pass_signals_on(void)
{
	struct sigaction action = { .sa_handler = pass_on, .sa_flags = SA_RESTART };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &action, NULL);
}

/* The tracer has its signals blocked from its first moment on: its session takes them. */
static int start_tracer(const struct options *o, int read_end, int write_end, struct error *err)
{
	sigset_t block, before;

	sigemptyset(&block);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaddset(&block, ends[i]);
	sigprocmask(SIG_BLOCK, &block, &before);
	tracer = fork();
	if (tracer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		close(read_end);
		_exit(trace_to(o, write_end));
	}
	if (tracer > 0)
		pass_signals_on();
	sigprocmask(SIG_SETMASK, &before, NULL);
	return tracer < 0 ? error_set(err, -errno, "start the process that traces") : 0;
}

/* An image's files are read later; else there is nothing more to open. */
static int restrict_reader(const struct options *o, struct error *err)
{
	const struct sandbox_settings settings = { .child = tracer };

	return o->no_sandbox || o->image_root ? 0 : sandbox_enter(&settings, NULL, err);
}

/* What went wrong in it, it has said itself, unless it could not. */
static int end_tracer(struct error *err)
{
	int status;

	if (waitpid(tracer, &status, 0) != tracer)
		return error_set(err, -errno, "wait for the process that traces");
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		signal(ends[i], SIG_DFL);
	if (WIFSIGNALED(status))
		return error_say(err, -ECANCELED, "the process that traces was ended by signal %d",
				 WTERMSIG(status));
	return WEXITSTATUS(status) == EXIT_OK ? 0 : -ECANCELED;
}

static int trace_now(struct report *report, const struct options *o, struct error *err)
{
	struct reading in = { .report = report, .name = "the trace" };
	int pipe_ends[2], r, ended;

	if (pipe2(pipe_ends, O_CLOEXEC))
		return error_set(err, -errno, "make a pipe");
	fcntl(pipe_ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* or as large as it is */
	in.fd = pipe_ends[0];
	r = start_tracer(o, pipe_ends[0], pipe_ends[1], err);
	close(pipe_ends[1]);
	if (!r)
		r = restrict_reader(o, err);
	if (!r)
		r = read_lines(&in, err);
	close(pipe_ends[0]); /* after a failure this is what ends the tracer */
	if (tracer <= 0)
		return r;
	ended = end_tracer(r < 0 ? NULL : err);
	return r < 0 ? r : ended;
}

/* --- writing ----------------------------------------------------------------------- */

static int write_page(const struct report *report, const struct options *o, FILE *f,
		      struct error *err)
{
	static const char *const live[] = { "traced by ctrace report", NULL };
	const struct page_settings settings = {
		.version = CTRACE_VERSION,
		.sources = o->files.count ? o->files.at : live,
	};

	return page_write(report, &settings, f, err);
}

static void show_image_progress(const struct image_root *root, int percent)
{
	struct progress *progress = root->arg;

	if (progress_due(progress))
		progress_show(progress, "%s: %d %%", root->path, percent);
}

static int write_profile(const struct report *report, const struct options *o, FILE *f,
			 struct error *err)
{
	struct progress progress;
	const struct image_root image = {
		.path = o->image_root,
		.progress = show_image_progress,
		.arg = &progress,
	};
	int r;

	progress_start(&progress);
	r = profile_write(report, o->profile, o->image_root ? &image : NULL, f, err);
	progress_clear(&progress);
	return r;
}

static int write_result(const struct report *report, const struct options *o, int *output,
			struct error *err)
{
	FILE *f = fdopen(*output, "w");
	int r;

	if (!f)
		return error_set(err, -errno, "write the report");
	steal_fd(output);
	r = o->profile ? write_profile(report, o, f, err) : write_page(report, o, f, err);
	if (fclose(f) && !r)
		r = error_set(err, -errno, "write the report");
	return r;
}

/* --- the command ------------------------------------------------------------------- */

static int check(const struct options *o, struct error *err)
{
	struct stat st;

	if (o->image_root && o->profile != PROFILE_PATHS && o->profile != PROFILE_JSON)
		return error_say(err, -EINVAL, "--image-root goes with --profile paths or json");
	if (o->files.count && o->cgroups.count)
		return error_say(err, -EINVAL, "--cgroup is for tracing, not for recorded events");
	if (!o->files.count && selector_is_trivial(&o->selector) && !o->cgroups.count &&
	    !fstat(STDIN_FILENO, &st) && S_ISFIFO(st.st_mode))
		return error_say(err, -EINVAL,
				 "stdin is a pipe, but not named; to read it: ctrace report -");
	if (!o->profile && !o->output_path && isatty(STDOUT_FILENO))
		return error_say(err, -EINVAL,
				 "a terminal can't show a page; write it to a file: --output "
				 "report.html");
	return 0;
}

static int make_report(struct report *report, const struct options *o, struct error *err)
{
	auto_close int output = open_output(o, err);
	int r;

	if (output < 0)
		return output;
	r = o->files.count ? read_files(report, o, err) : trace_now(report, o, err);
	return r < 0 ? r : write_result(report, o, &output, err);
}

int report_main(const struct options *o)
{
	struct report *report;
	struct error err = {};
	int r;

	r = check(o, &err);
	if (r < 0) {
		say("%s", err.text);
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	report = report_new(NULL);
	r = report ? make_report(report, o, &err) : error_set(&err, -ENOMEM, "start a report");
	report_free(report);
	if (r < 0 && r != -EPIPE && *err.text)
		say("%s", err.text);
	return r < 0 && r != -EPIPE ? EXIT_FAILED : EXIT_OK;
}
