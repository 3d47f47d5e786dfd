// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/features.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>

#include "base/cleanup.h"
#include "base/file.h"

/* --- capabilities ------------------------------------------------------------------- */

static bool has_capability(cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (!caps)
		return false;
	cap_get_flag(caps, cap, CAP_EFFECTIVE, &value);
	cap_free(caps);
	return value == CAP_SET;
}

/* CAP_BPF and CAP_PERFMON came with 5.8 (a17b53c4a4b5); CAP_SYS_ADMIN holds both. */
static const struct {
	cap_value_t cap;
	const char *name;
	bool needed;
} capabilities[] = {
	{ CAP_BPF, "CAP_BPF", true },
	{ CAP_PERFMON, "CAP_PERFMON", true },
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN", false },
	{ CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE", false },
	{ CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", false },
};

#define CAPABILITIES (sizeof(capabilities) / sizeof(capabilities[0]))

static bool may_load_programs(void)
{
	return has_capability(CAP_SYS_ADMIN) ||
	       (has_capability(CAP_BPF) && has_capability(CAP_PERFMON));
}

static void look_at_capabilities(struct finding *f)
{
	char held[128] = "";

	for (size_t i = 0; i < CAPABILITIES; i++) {
		if (has_capability(capabilities[i].cap)) {
			strcat(strcat(held, *held ? ", " : ""), capabilities[i].name);
		} else if (capabilities[i].needed && !has_capability(CAP_SYS_ADMIN)) {
			finding_set(f, HEALTH_FAIL, "tracing needs the capability %s",
				    capabilities[i].name);
			finding_remedy(f, "run as root (sudo ctrace), or in a container with "
					  "--privileged");
			return;
		}
	}
	finding_set(f, HEALTH_OK, "%s", held);
}

/* --- the kernel --------------------------------------------------------------------- */

static void look_at_kernel(struct finding *f)
{
	struct utsname uts;

	if (uname(&uts) < 0)
		finding_set(f, HEALTH_WARN, "can't read the kernel's version: %s", strerror(errno));
	else
		finding_set(f, HEALTH_OK, "%s %s on %s", uts.sysname, uts.release, uts.machine);
}

/* CO-RE finds field offsets in it; CONFIG_DEBUG_INFO_BTF, 341dfcf8d78e. */
static void look_at_btf(struct finding *f)
{
	static const char path[] = "/sys/kernel/btf/vmlinux";

	if (!access(path, R_OK)) {
		finding_set(f, HEALTH_OK, "%s", path);
	} else if (access("/sys/kernel", F_OK)) {
		finding_set(f, HEALTH_FAIL, "/sys is not mounted here");
		finding_remedy(f, "mount it: mount -t sysfs sysfs /sys");
	} else {
		finding_set(f, HEALTH_FAIL, "this kernel shows no BTF (%s)", path);
		finding_remedy(f, "ctrace needs a kernel built with CONFIG_DEBUG_INFO_BTF=y, as "
				  "those of all large distributions since 2021 are");
	}
}

/*
 * The mode in brackets (security/lockdown/lockdown.c): "confidentiality" takes
 * bpf_probe_read_kernel() away (LOCKDOWN_BPF_READ_KERNEL, 9d1f8be5cf42).
 */
static void look_at_lockdown(struct finding *f)
{
	auto_free char *modes = NULL;

	if (file_read(AT_FDCWD, "/sys/kernel/security/lockdown", 256, &modes, NULL) < 0) {
		finding_set(f, HEALTH_OK, "none to be seen in /sys/kernel/security");
	} else if (strstr(modes, "[confidentiality]")) {
		finding_set(f, HEALTH_WARN, "confidentiality: BPF may not read kernel memory");
		finding_remedy(f, "boot with lockdown=integrity, or without lockdown");
	} else {
		finding_set(f, HEALTH_OK, "%s",
			    strstr(modes, "[integrity]") ? "integrity" : "none");
	}
}

/* 5.8, 457f44363a88 */
static void look_at_ring_buffer(struct finding *f)
{
	int r = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL);

	if (r > 0) {
		finding_set(f, HEALTH_OK, "there");
	} else if (!may_load_programs()) {
		finding_set(f, HEALTH_WARN, "not known: bpf() is refused to this user");
		finding_remedy(f, "run as root (sudo ctrace)");
	} else {
		finding_set(f, HEALTH_FAIL,
			    "this kernel has no BPF ring buffer, or refuses bpf() to this process "
			    "(by lockdown or seccomp)");
		finding_remedy(f, "Linux 5.8 or later is needed; in a container, --security-opt "
				  "seccomp=unconfined");
	}
}

#define MEMLOCK_NEEDED (12u << 20) /* what the maps take on two CPUs, with a ring of 8 MiB */

/*
 * Since 5.11 BPF's memory is charged to the cgroup (d5299b67dd59, with the helper
 * that is asked for here, as libbpf does); before, it counts as locked memory, and
 * libbpf raises that limit if it may.
 */
static void look_at_memlock(struct finding *f)
{
	struct rlimit limit = {};

	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (!may_load_programs())
		finding_set(f, HEALTH_OK, "not known without the capabilities above");
	else if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_ktime_get_coarse_ns,
					 NULL) > 0)
		finding_set(f, HEALTH_OK, "does not limit BPF on this kernel");
	else if (limit.rlim_max == RLIM_INFINITY || has_capability(CAP_SYS_RESOURCE))
		finding_set(f, HEALTH_OK, "raised at start: this kernel locks BPF's memory");
	else {
		finding_set(f, limit.rlim_cur < MEMLOCK_NEEDED ? HEALTH_FAIL : HEALTH_WARN,
			    "this kernel locks BPF's memory, and no more than %llu bytes may be "
			    "locked",
			    (unsigned long long)limit.rlim_cur);
		finding_remedy(f, "grant CAP_SYS_RESOURCE, or a higher limit: ulimit -l unlimited");
	}
}

/* --- preemption --------------------------------------------------------------------- */

/*
 * PREEMPT_DYNAMIC kernels choose at boot: "none (voluntary) full" in debugfs has
 * the choice in parentheses (kernel/sched/debug.c).
 */
static enum preemption dynamic_preemption(void)
{
	auto_free char *modes = NULL;

	if (file_read(AT_FDCWD, "/sys/kernel/debug/sched/preempt", 256, &modes, NULL) < 0)
		return PREEMPTION_UNKNOWN;
	return strstr(modes, "(none)") || strstr(modes, "(voluntary)") ? PREEMPTION_NO
								       : PREEMPTION_YES;
}

enum preemption features_preemption(void)
{
	struct utsname uts;

	if (uname(&uts) < 0)
		return PREEMPTION_UNKNOWN;
	if (strstr(uts.version, "PREEMPT_DYNAMIC"))
		return dynamic_preemption();
	/* _RT, _LAZY, or plain */
	return strstr(uts.version, "PREEMPT") ? PREEMPTION_YES : PREEMPTION_NO;
}

static void look_at_preemption(struct finding *f)
{
	switch (features_preemption()) {
	case PREEMPTION_NO:
		finding_set(f, HEALTH_OK, "this kernel does not preempt BPF programs");
		break;
	case PREEMPTION_YES:
		finding_set(f, HEALTH_OK,
			    "this kernel may preempt BPF programs: backend fexit is not chosen");
		break;
	case PREEMPTION_UNKNOWN:
		finding_set(f, HEALTH_WARN,
			    "chosen at boot, and /sys/kernel/debug/sched/preempt can't be read: "
			    "backend fexit is not chosen, to be safe");
		finding_remedy(f, "as root: mount -t debugfs debugfs /sys/kernel/debug");
	}
}

/* --- where the process runs ----------------------------------------------------------- */

static void look_at_tracefs(struct finding *f)
{
	static const char *const points[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

	for (size_t i = 0; i < 2; i++) {
		char events[64];

		snprintf(events, sizeof(events), "%s/events", points[i]);
		if (!access(events, R_OK)) {
			finding_set(f, HEALTH_OK, "%s", points[i]);
			return;
		}
	}
	if (has_capability(CAP_SYS_ADMIN)) {
		finding_set(f, HEALTH_OK, "not mounted; ctrace mounts it for itself if needed");
		return;
	}
	finding_set(f, HEALTH_WARN,
		    "not mounted, or not readable for this user; backend kprobe "
		    "needs it, and tracepoint on kernels that preempt BPF");
	finding_remedy(f, "as root: mount -t tracefs tracefs %s", points[0]);
}

/* The first namespaces have numbers of their own (include/linux/proc_ns.h). */
enum { FIRST_CGROUP = 0xeffffffb, FIRST_PID = 0xeffffffc, FIRST_USER = 0xeffffffd };

static bool is_own_namespace(const char *path, unsigned int first)
{
	struct stat st;

	return !stat(path, &st) && st.st_ino != first;
}

static bool under_seccomp(void)
{
	auto_free char *status = NULL;

	return file_read(AT_FDCWD, "/proc/self/status", 1 << 16, &status, NULL) == 0 &&
	       strstr(status, "\nSeccomp:\t2");
}

static void look_at_process(struct finding *f)
{
	const char *filter = under_seccomp() ? ", under a seccomp filter" : "";

	if (is_own_namespace("/proc/self/ns/user", FIRST_USER)) {
		finding_set(f, HEALTH_WARN, "in a user namespace, where tracing is not allowed%s",
			    filter);
		finding_remedy(f, "run as the host's root, not in a rootless container");
	} else if (is_own_namespace("/proc/self/ns/pid", FIRST_PID)) {
		finding_set(f, HEALTH_WARN,
			    "in a pid namespace: --pid and the events have the host's numbers%s",
			    filter);
		finding_remedy(f, "run the container with --pid host (Kubernetes: hostPID: true)");
	} else {
		finding_set(f, HEALTH_OK, "in the host's %s%s",
			    is_own_namespace("/proc/self/ns/cgroup", FIRST_CGROUP)
				    ? "pid namespace"
				    : "pid and cgroup namespaces",
			    filter);
	}
}

/* --- all of it ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	void (*look)(struct finding *f);
	bool needed; /* nothing works without */
} features[] = {
	{ "kernel", look_at_kernel, false },
	{ "process", look_at_process, false },
	{ "capabilities", look_at_capabilities, true },
	{ "BTF", look_at_btf, true },
	{ "ring buffer", look_at_ring_buffer, true },
	{ "lockdown", look_at_lockdown, false },
	{ "locked memory", look_at_memlock, true },
	{ "preemption", look_at_preemption, false },
	{ "tracefs", look_at_tracefs, false },
};

size_t features_count(void)
{
	return sizeof(features) / sizeof(features[0]);
}

void feature_look(size_t i, struct finding *f)
{
	f->name = features[i].name;
	features[i].look(f);
}

int features_check(struct error *err)
{
	for (size_t i = 0; i < features_count(); i++) {
		struct finding f;

		if (!features[i].needed)
			continue;
		feature_look(i, &f);
		if (f.health == HEALTH_FAIL)
			return error_say(err, -EOPNOTSUPP, "%s; %s", f.text, f.remedy);
	}
	return 0;
}
