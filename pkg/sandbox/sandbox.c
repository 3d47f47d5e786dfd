// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "sandbox/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/prctl.h>

#include "sandbox/parts.h"

/* The filter comes last: it forbids the calls that the other parts are made by. */
int sandbox_enter(const struct sandbox_settings *settings, struct sandbox_report *report,
		  struct error *err)
{
	struct sandbox_report left = { .landlock_abi = landlock_abi() };
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return error_set(err, -errno, "forbid new privileges");
	r = capabilities_drop(settings, left.capabilities, sizeof(left.capabilities), err);
	if (!r && left.landlock_abi)
		r = landlock_restrict(settings, err);
	if (!r)
		r = seccomp_restrict(settings, err);
	if (!r && report)
		*report = left;
	return r;
}

void sandbox_look(struct finding *f)
{
	int abi = landlock_abi();

	/* EFAULT: the mode is known, and would have looked at a filter (seccomp(2)). */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == 0 || errno != EFAULT) {
		finding_set(f, HEALTH_FAIL, "this kernel has no seccomp filters");
		finding_remedy(f, "a kernel with CONFIG_SECCOMP_FILTER=y; or --no-sandbox");
	} else if (!abi) {
		finding_set(f, HEALTH_WARN,
			    "capabilities and seccomp; no Landlock, so that files are not "
			    "restricted");
		finding_remedy(f, "boot with lsm=landlock,... on Linux 5.13 or later; in a "
				  "container, a seccomp profile that knows Landlock");
	} else {
		finding_set(f, HEALTH_OK, "capabilities, seccomp, Landlock (version %d)", abi);
	}
}
