// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Opens each NAME by one kind of call, from a scene that the options set, and
 * reports each open:
 *
 *	opener [OPTION...] open|openat|openat2|creat|handle NAME...
 *
 * The opens made to set the scene (--dirfd, --chroot) are reported, too.
 */
#include <fcntl.h>
#include <getopt.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "report.h"

struct scene {
	struct report report; /* flags, mode, resolve, dirfd and proc_fd for every open to come */
	size_t how_size;
	bool bad_pointer;
	bool stale;
	bool keep; /* leave the descriptors open: EMFILE wants that */
};

struct word {
	const char *word;
	unsigned long value;
};

#define WORD(x)       \
	{             \
#x, x \
	}
static const struct word words[] = {
	WORD(O_RDONLY),
	WORD(O_WRONLY),
	WORD(O_RDWR),
	WORD(O_CREAT),
	WORD(O_EXCL),
	WORD(O_NOCTTY),
	WORD(O_TRUNC),
	WORD(O_APPEND),
	WORD(O_NONBLOCK),
	WORD(O_DSYNC),
	WORD(O_SYNC),
	WORD(O_DIRECT),
	WORD(O_DIRECTORY),
	WORD(O_NOFOLLOW),
	WORD(O_NOATIME),
	WORD(O_CLOEXEC),
	WORD(O_PATH),
	WORD(O_TMPFILE),
	WORD(RESOLVE_NO_XDEV),
	WORD(RESOLVE_NO_MAGICLINKS),
	WORD(RESOLVE_NO_SYMLINKS),
	WORD(RESOLVE_BENEATH),
	WORD(RESOLVE_IN_ROOT),
	{ NULL, 0 },
};

/* "O_WRONLY|O_CREAT", or a number for what has no name. */
static unsigned long parse_words(char *text)
{
	unsigned long value = 0;
	const struct word *w;
	char *part;

	for (part = strtok(text, "|"); part; part = strtok(NULL, "|")) {
		for (w = words; w->word && strcmp(w->word, part) != 0; w++)
			;
		value |= w->word ? w->value : strtoul(part, NULL, 0);
	}
	return value;
}

/* The libc may turn one call into another; the kernel must get the one that is meant. */
static long call_open(const struct scene *s, const char *name)
{
	const struct report *r = &s->report;

	if (strcmp(r->call, "openat2") == 0) {
		struct open_how how = { .flags = r->flags, .mode = r->mode, .resolve = r->resolve };

		return syscall(SYS_openat2, r->dirfd, name, &how, s->how_size);
	}
	if (strcmp(r->call, "openat") == 0)
		return syscall(SYS_openat, r->dirfd, name, (int)r->flags, r->mode);
#ifdef SYS_open /* newer architectures never had these two */
	if (strcmp(r->call, "open") == 0)
		return syscall(SYS_open, name, (int)r->flags, r->mode);
	if (strcmp(r->call, "creat") == 0)
		return syscall(SYS_creat, name, r->mode);
#endif
	dprintf(2, "opener: no call '%s' on this machine\n", r->call);
	_exit(77);
}

static void one_open(const struct scene *s, const char *name)
{
	struct report r = s->report;
	/* Nothing is ever mapped at the last page of user space. */
	const char *pointer = s->bad_pointer ? (const char *)0x7ffffffff000UL : name;
	long fd = call_open(s, pointer);

	r.name = s->bad_pointer ? NULL : name;
	r.fd = fd < 0 ? -errno : fd;
	report_open(&r);
	if (r.fd >= 0 && !s->keep)
		close(r.fd);
}

static int scene_open(const struct scene *s, const char *name, int flags)
{
	struct report r = { .call = "openat",
			    .name = name,
			    .flags = flags,
			    .dirfd = AT_FDCWD,
			    .proc_fd = s->report.proc_fd };

	r.fd = syscall(SYS_openat, AT_FDCWD, name, flags, 0);
	if (r.fd < 0)
		give_up(name);
	report_open(&r);
	return r.fd;
}

static void one_handle(const struct scene *s, const char *name)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .handle.handle_bytes = MAX_HANDLE_SZ };
	struct report r = s->report;
	int mount_id, mount_fd;
	long fd;

	if (name_to_handle_at(AT_FDCWD, name, &u.handle, &mount_id, 0) < 0)
		give_up("name_to_handle_at");
	if (s->stale)
		memset(u.handle.f_handle, 0xff, u.handle.handle_bytes);
	mount_fd = r.dirfd >= 0 ? r.dirfd : scene_open(s, ".", O_RDONLY | O_DIRECTORY);

	fd = syscall(SYS_open_by_handle_at, mount_fd, &u.handle, (int)r.flags);
	r.call = "open_by_handle_at";
	r.fd = fd < 0 ? -errno : fd;
	report_open(&r);
}

/* Directories in directories, each called name, and the last one our own. */
static void enter_deep(unsigned int depth, const char *name)
{
	while (depth--) {
		if (mkdir(name, 0755) < 0 && errno != EEXIST)
			give_up("mkdir");
		if (chdir(name) < 0)
			give_up("chdir");
	}
}

static void limit_files(unsigned long count)
{
	struct rlimit limit = { count, count };

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		give_up("setrlimit");
}

enum {
	OPT_CHDIR = 1,
	OPT_DEEP,
	OPT_DEEP_NAME,
	OPT_CHROOT,
	OPT_DIRFD,
	OPT_BAD_DIRFD,
	OPT_UID,
	OPT_FLAGS,
	OPT_MODE,
	OPT_RESOLVE,
	OPT_NOFILE,
	OPT_HOW_SIZE,
	OPT_BAD_POINTER,
	OPT_STALE,
	OPT_KEEP,
	OPT_RMDIR
};

static const struct option options[] = {
	{ "chdir", required_argument, NULL, OPT_CHDIR },
	{ "deep-name", required_argument, NULL, OPT_DEEP_NAME },
	{ "deep", required_argument, NULL, OPT_DEEP },
	{ "rmdir", required_argument, NULL, OPT_RMDIR },
	{ "chroot", required_argument, NULL, OPT_CHROOT },
	{ "dirfd", required_argument, NULL, OPT_DIRFD },
	{ "bad-dirfd", no_argument, NULL, OPT_BAD_DIRFD },
	{ "uid", required_argument, NULL, OPT_UID },
	{ "flags", required_argument, NULL, OPT_FLAGS },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "resolve", required_argument, NULL, OPT_RESOLVE },
	{ "nofile", required_argument, NULL, OPT_NOFILE },
	{ "how-size", required_argument, NULL, OPT_HOW_SIZE },
	{ "bad-pointer", no_argument, NULL, OPT_BAD_POINTER },
	{ "stale", no_argument, NULL, OPT_STALE },
	{ "keep", no_argument, NULL, OPT_KEEP },
	{ NULL, 0, NULL, 0 },
};

/* Options act in the order they are given: --dirfd before --chroot is another scene than after. */
static void set_scene(struct scene *s, int option, char *value)
{
	static const char *deep_name = "d";

	switch (option) {
	case OPT_CHDIR:
		if (chdir(value) < 0)
			give_up("chdir");
		break;
	case OPT_DEEP_NAME:
		deep_name = value;
		break;
	case OPT_DEEP:
		enter_deep(strtoul(value, NULL, 10), deep_name);
		break;
	case OPT_RMDIR:
		if (rmdir(value) < 0)
			give_up("rmdir");
		break;
	case OPT_CHROOT:
		s->report.proc_fd = scene_open(s, "/proc", O_PATH | O_DIRECTORY);
		if (chroot(value) < 0 || chdir("/") < 0)
			give_up("chroot");
		break;
	case OPT_DIRFD:
		s->report.dirfd = scene_open(s, value, O_RDONLY | O_DIRECTORY);
		break;
	case OPT_BAD_DIRFD:
		s->report.dirfd = 999;
		break;
	case OPT_UID:
		if (setresgid(strtoul(value, NULL, 10), -1, -1) < 0 ||
		    setresuid(strtoul(value, NULL, 10), strtoul(value, NULL, 10), 0) < 0)
			give_up("setresuid");
		break;
	case OPT_FLAGS:
		s->report.flags = parse_words(value);
		break;
	case OPT_MODE:
		s->report.mode = strtoul(value, NULL, 8);
		break;
	case OPT_RESOLVE:
		s->report.resolve = parse_words(value);
		break;
	case OPT_NOFILE:
		limit_files(strtoul(value, NULL, 10));
		break;
	case OPT_HOW_SIZE:
		s->how_size = strtoul(value, NULL, 10);
		break;
	case OPT_BAD_POINTER:
		s->bad_pointer = true;
		break;
	case OPT_STALE:
		s->stale = true;
		break;
	case OPT_KEEP:
		s->keep = true;
		break;
	default:
		_exit(2);
	}
}

int main(int argc, char **argv)
{
	struct scene s = { .report = { .dirfd = AT_FDCWD, .proc_fd = -1 },
			   .how_size = sizeof(struct open_how) };
	int option;

	umask(0);
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		set_scene(&s, option, optarg);
	if (optind + 2 > argc)
		_exit(2);

	s.report.call = argv[optind++];
	if (strcmp(s.report.call, "creat") == 0)
		s.report.flags = O_WRONLY | O_CREAT | O_TRUNC;
	for (; optind < argc; optind++) {
		if (strcmp(s.report.call, "handle") == 0)
			one_handle(&s, argv[optind]);
		else
			one_open(&s, argv[optind]);
	}
	return 0;
}
