// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/backend.h"

#include <errno.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "tracer/features.h"

static const char *const shared[] = { "cgroup_mkdir", "cgroup_release", "signal_deliver", NULL };

/* Which of the two sys_exit programs is attached is decided by probe_preemption(). */
static const char *const tracepoint[] = { "process_exec", "sys_exit", "sys_exit_perf",
					  "probe_preemption", NULL };

/* Inner before outer: a call that is under way while we attach has no outer event without its file.
 */
static const char *const fexit[] = { "fexit_inner",       "fentry_uring",  "fexit_uring",
				     "fexit_handle_open", "fexit_openat2", NULL };

static const char *const kprobe[] = { "kretprobe_inner",
				      "kprobe_inner",
				      "kprobe_uring",
				      "kretprobe_uring",
				      "kretprobe_handle_open",
				      "kretprobe_openat2",
				      NULL };

static const struct {
	const char *name;
	const char *const *programs;
} backends[BACKEND_COUNT] = {
	[BACKEND_FEXIT] = { "fexit", fexit },
	[BACKEND_TRACEPOINT] = { "tracepoint", tracepoint },
	[BACKEND_KPROBE] = { "kprobe", kprobe },
};

const char *backend_name(enum backend backend)
{
	return backends[backend].name;
}

const char *backend_names(void)
{
	return "fexit, tracepoint, kprobe";
}

int backend_from_name(enum backend *out, const char *name, struct error *err)
{
	for (int i = 0; i < BACKEND_COUNT; i++)
		if (!strcmp(name, backends[i].name)) {
			*out = i;
			return 0;
		}
	return error_say(err, -EINVAL, "no backend '%s'; there are: %s", name, backend_names());
}

const char *const *backend_programs(enum backend backend)
{
	return backends[backend].programs;
}

const char *const *backend_shared_programs(void)
{
	return shared;
}

/* fexit programs are skipped while another task is preempted inside of one; see docs/hooks.md. */
int backend_fits(enum backend backend, struct error *err)
{
	if (backend == BACKEND_FEXIT && features_may_preempt())
		return error_say(
			err, -EOPNOTSUPP,
			"this kernel may preempt fexit programs, and would then skip opens");
	return 0;
}

static void autoload(struct bpf_object *object, const char *const *names)
{
	for (; *names; names++)
		bpf_program__set_autoload(bpf_object__find_program_by_name(object, *names), true);
}

/* The open function's name: do_file_open since 7.1, do_filp_open before. */
static const char *inner_function(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const char *name = "do_filp_open";

	if (btf && btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) < 0 &&
	    btf__find_by_name_kind(btf, "do_file_open", BTF_KIND_FUNC) >= 0)
		name = "do_file_open";
	btf__free(btf);
	return name;
}

int backend_prepare(enum backend backend, struct bpf_object *object, struct error *err)
{
	int r = 0;

	autoload(object, shared);
	autoload(object, backends[backend].programs);
	bpf_map__set_autocreate(bpf_object__find_map_by_name(object, "calls"),
				backend != BACKEND_TRACEPOINT);
	if (backend == BACKEND_FEXIT)
		r = bpf_program__set_attach_target(
			bpf_object__find_program_by_name(object, "fexit_inner"), 0,
			inner_function());
	return r < 0 ? error_set(err, r, "find the kernel's open function") : 0;
}
