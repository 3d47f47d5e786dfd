// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/features.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>

#include "base/cleanup.h"
#include "base/file.h"

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
static int check_capabilities(struct error *err)
{
	static const struct {
		cap_value_t cap;
		const char *name;
	} needed[] = {
		{ CAP_BPF, "CAP_BPF" },
		{ CAP_PERFMON, "CAP_PERFMON" },
	};

	if (has_capability(CAP_SYS_ADMIN))
		return 0;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!has_capability(needed[i].cap))
			return error_say(
				err, -EPERM,
				"tracing needs the capability %s: run as root (sudo ctrace), "
				"or in a container with --privileged",
				needed[i].name);
	return 0;
}

bool features_module_types(void)
{
	return has_capability(CAP_SYS_ADMIN);
}

/* CO-RE finds field offsets in it; CONFIG_DEBUG_INFO_BTF, 341dfcf8d78e. */
static int check_btf(struct error *err)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		return 0;
	if (access("/sys/kernel", F_OK))
		return error_say(err, -ENOENT,
				 "/sys is not mounted here; mount it: mount -t sysfs sysfs /sys");
	return error_say(
		err, -ENOENT,
		"this kernel shows no BTF (/sys/kernel/btf/vmlinux); ctrace needs a kernel "
		"built with CONFIG_DEBUG_INFO_BTF=y, as those of all large distributions "
		"since 2021 are");
}

/* 5.8, 457f44363a88 */
static int check_ring_buffer(struct error *err)
{
	int r = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL);

	if (r > 0)
		return 0;
	if (r < 0)
		return error_set(err, r, "ask the kernel for a BPF map");
	return error_say(err, -EOPNOTSUPP,
			 "this kernel has no BPF ring buffer, or refuses bpf() to this process (by "
			 "lockdown or seccomp); Linux 5.8 or later is needed");
}

int features_check(struct error *err)
{
	int r;

	r = check_capabilities(err);
	if (r < 0)
		return r;

	r = check_btf(err);
	if (r < 0)
		return r;

	return check_ring_buffer(err);
}

/*
 * PREEMPT_DYNAMIC kernels choose at boot: "none (voluntary) full" in debugfs has
 * the choice in parentheses (kernel/sched/debug.c).
 */
static bool dynamic_may_preempt(void)
{
	auto_free char *modes = NULL;

	if (file_read(AT_FDCWD, "/sys/kernel/debug/sched/preempt", 256, &modes, NULL) < 0)
		return true;
	return !strstr(modes, "(none)") && !strstr(modes, "(voluntary)");
}

bool features_may_preempt(void)
{
	struct utsname uts;

	if (uname(&uts) < 0)
		return true;
	if (strstr(uts.version, "PREEMPT_DYNAMIC"))
		return dynamic_may_preempt();
	return strstr(uts.version, "PREEMPT") != NULL; /* _RT, _LAZY, or plain */
}
