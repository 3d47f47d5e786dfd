// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/tracefs.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

const char *tracefs_dir(void)
{
	return access("/sys/kernel/tracing/events", F_OK) &&
			       !access("/sys/kernel/debug/tracing/events", F_OK)
		       ? "/sys/kernel/debug/tracing"
		       : "/sys/kernel/tracing";
}

int tracefs_ensure(struct error *err)
{
	if (!access("/sys/kernel/tracing/events", R_OK) ||
	    !access("/sys/kernel/debug/tracing/events", R_OK))
		return 0;

	/* Nothing that others can see, and gone with us. */
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL))
		return error_set(err, -errno,
				 "mount tracefs (as root: mount -t tracefs tracefs "
				 "/sys/kernel/tracing)");
	return 0;
}
