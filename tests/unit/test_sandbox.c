// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What a process in the sandbox still can and no longer can do.  Each attempt is made
 * twice, in a process of its own: outside, where it has to succeed (else the row says
 * nothing here and is skipped), and inside.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "sandbox/sandbox.h"

#define READABLE "/proc" /* the one directory that the tests' sandbox leaves */

static int map_fd = -1;     /* made before the sandbox is entered */
static pid_t child;         /* may be signalled */
static bool child_is_known; /* ... if the sandbox was told of it */
static bool serves;         /* which sandbox is entered */
static int listening = -1;  /* a socket with a connection to be taken */

/* 0 or errno */
static int result(long r)
{
	return r < 0 ? errno : 0;
}

static int open_how(const char *path, __u64 flags, __u64 mode)
{
	struct open_how how = { .flags = flags, .mode = mode };

	return result(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
}

static int bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return result(syscall(SYS_bpf, cmd, attr, sizeof(*attr)));
}

static int new_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 8,
		.max_entries = 1,
	};

	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* --- the attempts ------------------------------------------------------------------ */

static int read_allowed(void)
{
	int fd = open(READABLE "/self/status", O_RDONLY);
	char byte;

	return fd < 0 ? errno : result(read(fd, &byte, 1));
}

static int list_allowed(void)
{
	auto_dir DIR *dir = opendir(READABLE);

	return dir && readdir(dir) ? 0 : errno;
}

static int read_passwd(void)
{
	return result(open("/etc/passwd", O_RDONLY));
}

static int read_shadow(void)
{
	return result(open("/etc/shadow", O_RDONLY));
}

static int read_passwd_by_openat2(void)
{
	return open_how("/etc/passwd", O_RDONLY, 0);
}

static int read_passwd_by_magic_link(void)
{
	return result(open(READABLE "/self/root/etc/passwd", O_RDONLY));
}

static int list_root(void)
{
	return result(open("/", O_RDONLY | O_DIRECTORY));
}

static int write_file(void)
{
	return result(open("/dev/null", O_WRONLY));
}

static int write_file_by_openat2(void)
{
	return open_how("/dev/null", O_WRONLY, 0);
}

static int write_allowed_directory_by_openat2(void)
{
	return open_how(READABLE "/self/comm", O_WRONLY, 0);
}

static int make_file(void)
{
	return result(open("/tmp", O_TMPFILE | O_WRONLY, 0600));
}

static int make_file_by_openat2(void)
{
	return open_how("/tmp", O_TMPFILE | O_WRONLY, 0600);
}

static int make_directory(void)
{
	char path[] = "/tmp/ctrace-test-XXXXXX";

	return mkdtemp(path) ? result(rmdir(path)) : errno;
}

static int socket_inet(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int socket_unix(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int take_connection(void)
{
	return result(accept4(listening, NULL, NULL, SOCK_CLOEXEC));
}

static int exec_true(void)
{
	execl("/bin/true", "true", NULL);
	return errno;
}

static int execveat_true(void)
{
	char *const argv[] = { (char *)"true", NULL };

	syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, NULL, 0);
	return errno;
}

static int fork_once(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : result(waitpid(pid, NULL, 0));
}

static int trace_me(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int new_mount_namespace(void)
{
	return result(syscall(SYS_unshare, 0x00020000 /* CLONE_NEWNS */));
}

static int mount_tmpfs(void)
{
	/* in a namespace of this process's own, where it may have one */
	syscall(SYS_unshare, 0x00020000);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return result(mount("tmpfs", "/mnt", "tmpfs", 0, NULL));
}

static int become_root(void)
{
	return result(setuid(0));
}

static int regain_capability(void)
{
	cap_t caps = cap_from_text("cap_sys_admin=ep");
	int r = result(cap_set_proc(caps));

	cap_free(caps);
	return r;
}

static int load_program(void)
{
	/* r0 = 0; exit */
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (unsigned long)code,
		.insn_cnt = 2,
		.license = (unsigned long)"GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

static int make_map(void)
{
	return result(new_map());
}

static int walk_maps_of_others(void)
{
	union bpf_attr attr = { .start_id = 0 };

	return bpf(BPF_MAP_GET_NEXT_ID, &attr);
}

static int read_own_map(void)
{
	__u32 key = 0;
	__u64 value;
	union bpf_attr attr = {
		.map_fd = map_fd,
		.key = (unsigned long)&key,
		.value = (unsigned long)&value,
	};

	return bpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

static int open_perf_event(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
	};

	return result(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}

static int map_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? errno : 0;
}

static int make_data_code(void)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? errno : result(mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

static int signal_child(void)
{
	return result(kill(child, 0));
}

static int signal_parent(void)
{
	return result(kill(getppid(), 0));
}

static int push_into_terminal(void)
{
	char byte = 'x';
	auto_close int fd = open("/proc/self/exe", O_RDONLY);

	/* no terminal here: outside, the file says so */
	return ioctl(fd, TIOCSTI, &byte) < 0 && errno == ENOTTY ? 0 : errno;
}

static int allocate_much(void)
{
	char *block = malloc(64 << 20);

	if (!block)
		return errno;
	memset(block, 1, 64 << 20);
	block = realloc(block, 128 << 20);
	free(block);
	return block ? 0 : ENOMEM;
}

/* --- the table --------------------------------------------------------------------- */

struct attempt {
	const char *name;
	int (*make)(void);
	int inside; /* errno; -SIGSYS: the process is ended */
	int flags;
};

enum {
	LANDLOCK = 1, /* nothing else refuses it */
	CHILD = 2,    /* the sandbox is told of the child */
	SERVES = 4,   /* it is that of the thread that answers over HTTP */
};

static const struct attempt attempts[] = {
	{ "read a file that is allowed", read_allowed, 0, 0 },
	{ "list a directory that is allowed", list_allowed, 0, 0 },
	{ "allocate", allocate_much, 0, 0 },
	{ "read a map that is held", read_own_map, 0, 0 },
	{ "signal the child that it was told of", signal_child, 0, CHILD },
	{ "read /etc/passwd", read_passwd, EACCES, LANDLOCK },
	{ "read /etc/shadow", read_shadow, EACCES, LANDLOCK },
	{ "read by openat2", read_passwd_by_openat2, EACCES, LANDLOCK },
	{ "read through /proc/self/root", read_passwd_by_magic_link, EACCES, LANDLOCK },
	{ "list /", list_root, EACCES, LANDLOCK },
	{ "write a file", write_file, EPERM, 0 },
	{ "write by openat2", write_file_by_openat2, EACCES, LANDLOCK },
	{ "write where reading is allowed", write_allowed_directory_by_openat2, EACCES, LANDLOCK },
	{ "make a file", make_file, EPERM, 0 },
	{ "make a file by openat2", make_file_by_openat2, EACCES, LANDLOCK },
	{ "make a directory", make_directory, EPERM, 0 },
	{ "make an internet socket", socket_inet, EPERM, 0 },
	{ "make a Unix socket", socket_unix, EPERM, 0 },
	{ "exec", exec_true, -SIGSYS, 0 },
	{ "execveat", execveat_true, -SIGSYS, 0 },
	{ "fork", fork_once, EPERM, 0 },
	{ "ptrace", trace_me, -SIGSYS, 0 },
	{ "leave the mount namespace", new_mount_namespace, -SIGSYS, 0 },
	{ "mount", mount_tmpfs, -SIGSYS, 0 },
	{ "setuid", become_root, EPERM, 0 },
	{ "take a capability back", regain_capability, EPERM, 0 },
	{ "load a BPF program", load_program, EPERM, 0 },
	{ "make a BPF map", make_map, EPERM, 0 },
	{ "find others' BPF maps", walk_maps_of_others, EPERM, 0 },
	{ "open a perf event", open_perf_event, EPERM, 0 },
	{ "map memory to be run", map_code, EPERM, 0 },
	{ "make data code", make_data_code, EPERM, 0 },
	{ "signal a child it was not told of", signal_child, EPERM, 0 },
	{ "signal another process", signal_parent, EPERM, CHILD },
	{ "an ioctl that is not on the list", push_into_terminal, EPERM, 0 },
	/* the thread that answers over HTTP: nothing but what is open */
	{ "serving: take a connection", take_connection, 0, SERVES },
	{ "serving: allocate", allocate_much, 0, SERVES },
	{ "serving: read a file that tracing may", read_allowed, EPERM, SERVES },
	{ "serving: list a directory", list_allowed, EPERM, SERVES },
	{ "serving: read by openat2", read_passwd_by_openat2, EPERM, SERVES },
	{ "serving: write a file", write_file, EPERM, SERVES },
	{ "serving: read a map that is held", read_own_map, EPERM, SERVES },
	{ "serving: load a BPF program", load_program, EPERM, SERVES },
	{ "serving: make a socket", socket_inet, EPERM, SERVES },
	{ "serving: exec", exec_true, -SIGSYS, SERVES },
	{ "serving: fork", fork_once, EPERM, SERVES },
	{ "serving: ptrace", trace_me, -SIGSYS, SERVES },
	{ "serving: map memory to be run", map_code, EPERM, SERVES },
	{ "serving: signal a child", signal_child, EPERM, SERVES | CHILD },
	/* and tracing, which takes none */
	{ "take a connection", take_connection, EPERM, 0 },
};

/* Enters the sandbox that the tests use; exits if it can't. */
static void enter(bool (*maps_work)(void *arg))
{
	int readable = open(READABLE, O_PATH | O_DIRECTORY);
	const struct sandbox_settings settings = {
		.readable = &readable,
		.readable_count = 1,
		.child = child_is_known ? child : 0,
		.maps_work = maps_work,
		.serves = serves,
	};
	struct error err = {};

	if (sandbox_enter(&settings, NULL, &err) == 0)
		return;
	fprintf(stderr, "%s\n", err.text);
	_exit(199);
}

/* At an abstract address that the kernel chooses. */
static int new_listening(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(addr.sun_family);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&addr, len), 0);
	cr_assert_eq(listen(fd, 4), 0);
	len = sizeof(addr);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	/* one for each process that tries */
	cr_assert_eq(connect(client, (struct sockaddr *)&addr, len), 0);
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(connect(client, (struct sockaddr *)&addr, len), 0);
	return fd;
}

/* What came of it in a process of its own: errno, or -signal. */
static int outcome(int (*make)(void), bool inside)
{
	pid_t pid = fork();
	int status;

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		if (inside)
			enter(NULL);
		_exit(make());
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* its version */) > 0;
}

#define ATTEMPTS (sizeof(attempts) / sizeof(attempts[0]))

/* Numbers: a test runs in another process, where functions have other addresses. */
ParameterizedTestParameters(sandbox, attempt)
{
	static size_t numbers[ATTEMPTS];

	for (size_t i = 0; i < ATTEMPTS; i++)
		numbers[i] = i;
	return cr_make_param_array(size_t, numbers, ATTEMPTS);
}

ParameterizedTest(const size_t *number, sandbox, attempt)
{
	const struct attempt *a = &attempts[*number];
	int outside, inside;

	map_fd = new_map();
	listening = new_listening();
	child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	child_is_known = a->flags & CHILD;
	serves = a->flags & SERVES;
	outside = outcome(a->make, false);
	inside = outcome(a->make, true);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	cr_assert_geq(outside, 0, "%s: ended by signal %d outside", a->name, -outside);
	if (outside)
		cr_skip_test("%s: not possible here outside of the sandbox either (%s)", a->name,
			     strerror(outside));
	if ((a->flags & LANDLOCK) && !has_landlock())
		cr_skip_test("%s: this kernel has no Landlock", a->name);
	cr_expect_eq(inside, a->inside, "%s: %d in place of %d", a->name, inside, a->inside);
}

/* --- capabilities -------------------------------------------------------------------- */

static bool no(void *arg)
{
	(void)arg;
	return false;
}

/* In a child, where Criterion's own assertions must not be used. */
#define NEED(condition) ((condition) ? (void)0 : _exit(199))

/* Effective or permitted.  From /proc: capget() is not on the list. */
static bool holds(cap_value_t cap)
{
	auto_free char *status = NULL;
	unsigned long long permitted, effective;
	const char *at;

	NEED(file_read(AT_FDCWD, "/proc/self/status", 1 << 16, &status, NULL) == 0);
	at = strstr(status, "\nCapPrm:");
	NEED(at && sscanf(at, " CapPrm: %llx CapEff: %llx", &permitted, &effective) == 2);
	return (permitted | effective) >> cap & 1;
}

/* One bit each: which of these are left? */
static int what_is_left(void)
{
	return holds(CAP_SYS_ADMIN) | holds(CAP_BPF) << 1 | holds(CAP_DAC_READ_SEARCH) << 2 |
	       holds(CAP_DAC_OVERRIDE) << 3 | holds(CAP_KILL) << 4;
}

static int left_where_maps_need_a_capability(void)
{
	enter(no);
	return what_is_left();
}

Test(sandbox, capabilities_that_are_left)
{
	if (!holds(CAP_SYS_ADMIN) || !holds(CAP_BPF) || !holds(CAP_DAC_READ_SEARCH))
		cr_skip_test("needs root, to have something to drop");
	cr_expect_eq(outcome(what_is_left, true), 1 << 2);
	cr_expect_eq(outcome(left_where_maps_need_a_capability, false), 1 << 1 | 1 << 2);
	child = getpid();
	child_is_known = true;
	cr_expect_eq(outcome(what_is_left, true), 1 << 2 | 1 << 4);
}

static int keeps_nothing(void)
{
	const struct sandbox_settings settings = { .serves = true };
	struct sandbox_report report;
	struct error err;

	return sandbox_enter(&settings, &report, &err) || strcmp(report.capabilities, "none") != 0;
}

Test(sandbox, who_reads_nothing_keeps_nothing)
{
	cr_expect_eq(outcome(keeps_nothing, false), 0);
}

static int says_what_is_left(void)
{
	int readable = open(READABLE, O_PATH | O_DIRECTORY);
	struct sandbox_settings settings = { .readable = &readable, .readable_count = 1 };
	struct sandbox_report report;
	struct error err;

	if (sandbox_enter(&settings, &report, &err) < 0)
		return 1;
	if (strcmp(report.capabilities,
		   holds(CAP_DAC_READ_SEARCH) ? "CAP_DAC_READ_SEARCH" : "none") != 0)
		return 2;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0) /* not on the list: refused */
		return 3;
	return 0;
}

Test(sandbox, says_what_is_left)
{
	cr_expect_eq(outcome(says_what_is_left, false), 0);
}

Test(sandbox, looking_changes_nothing)
{
	struct finding f = {};

	sandbox_look(&f);
	cr_expect_eq(f.health, has_landlock() ? HEALTH_OK : HEALTH_WARN, "%s", f.text);
	cr_expect_eq(outcome(exec_true, false), 0);
}
