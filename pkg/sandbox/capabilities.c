// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#include <linux/capability.h>

#include "sandbox/parts.h"

/* Those that may be kept, and when. */
struct keep {
	cap_value_t caps[4];
	int count;
};

static void keep_if_held(struct keep *keep, cap_t held, cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;

	if (!cap_get_flag(held, cap, CAP_PERMITTED, &value) && value == CAP_SET)
		keep->caps[keep->count++] = cap;
}

static bool raise_kept(cap_t caps, const struct keep *keep)
{
	/* an empty list is refused */
	return !keep->count ||
	       (!cap_set_flag(caps, CAP_EFFECTIVE, keep->count, keep->caps, CAP_SET) &&
		!cap_set_flag(caps, CAP_PERMITTED, keep->count, keep->caps, CAP_SET));
}

/* Makes the kept ones effective; permitted stays as it is unless for_good. */
static int set(const struct keep *keep, bool for_good)
{
	cap_t caps = for_good ? cap_init() : cap_get_proc();
	int r = 0;

	if (!caps)
		return -ENOMEM;
	if (cap_clear_flag(caps, CAP_EFFECTIVE) || cap_clear_flag(caps, CAP_INHERITABLE) ||
	    !raise_kept(caps, keep) || cap_set_proc(caps))
		r = -errno;
	cap_free(caps);
	return r;
}

/* "CAP_KILL" of the library's "cap_kill". */
static size_t put_name(char *to, size_t room, cap_value_t cap)
{
	char *name = cap_to_name(cap);
	size_t len = snprintf(to, room, "%s", name ? name : "?");

	cap_free(name);
	for (; room && *to; to++)
		*to = (char)toupper((unsigned char)*to);
	return len;
}

static void name_kept(const struct keep *keep, char *left, size_t room)
{
	size_t used = 0;

	snprintf(left, room, "none");
	for (int i = 0; i < keep->count && used < room; i++) {
		if (i)
			used += snprintf(left + used, room - used, ", ");
		if (used < room)
			used += put_name(left + used, room - used, keep->caps[i]);
	}
}

/*
 * CAP_DAC_READ_SEARCH reads the state of runtimes that don't run as our user
 * (Docker's userns-remap), CAP_KILL passes a signal on to a command that changed its
 * user.  CAP_SYS_ADMIN stands in for CAP_BPF where an engine does not know the latter.
 */
int capabilities_drop(const struct sandbox_settings *settings, char *left, size_t room,
		      struct error *err)
{
	struct keep keep = {};
	cap_t held = cap_get_proc();
	int r, before_bpf;

	if (!held)
		return error_set(err, -errno, "look at capabilities");
	if (settings->readable_count)
		keep_if_held(&keep, held, CAP_DAC_READ_SEARCH);
	if (settings->child)
		keep_if_held(&keep, held, CAP_KILL);
	r = set(&keep, false);
	if (!r && settings->maps_work && !settings->maps_work(settings->arg)) {
		before_bpf = keep.count;
		keep_if_held(&keep, held, CAP_BPF);
		if (keep.count == before_bpf)
			keep_if_held(&keep, held, CAP_SYS_ADMIN);
	}
	cap_free(held);
	if (!r)
		r = set(&keep, true);
	name_kept(&keep, left, room);
	return r < 0 ? error_set(err, r, "drop capabilities") : 0;
}
