// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/backend.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tracer/features.h"
#include "tracer/kernel_btf.h"

static const char *const none[] = { NULL };

static const char *const cgroups[] = { "cgroup_mkdir", "cgroup_rmdir", NULL };

static const char *const containers[] = { "container_exit", "container_exec", "container_attach",
					  "container_fork", NULL };

static const char *const tracepoint_next[] = { "open_done", "order_done", NULL };

static const char *const tracepoint[] = { "signal_deliver",   "process_exec_script",
					  "process_exec",     "process_exec_loader",
					  "uring_submit",     "uring_complete",
					  "uring_overflow",   "sys_exit",
					  "probe_preemption", NULL };

/* The same where the kernel may preempt raw tracepoint programs: perf's are run with that off. */
static const char *const tracepoint_perf[] = { "signal_deliver_alone",
					       "process_exec_script_alone",
					       "process_exec_alone",
					       "process_exec_loader_alone",
					       "uring_submit_perf",
					       "uring_complete_perf",
					       "uring_overflow_perf",
					       "sys_exit_perf",
					       NULL };

/* Inner before outer: a call that is under way while we attach has no outer event without its file.
 */
static const char *const fexit[] = {
	"signal_deliver_alone", "fexit_inner", "fentry_uring", "fexit_uring", "fexit_handle_open",
	"fexit_openat2",        NULL
};

static const char *const kprobe[] = { "signal_deliver_alone", "kretprobe_inner",
				      "kprobe_inner",         "kprobe_uring",
				      "kretprobe_uring",      "kretprobe_handle_open",
				      "kretprobe_openat2",    NULL };

static const struct {
	const char *name;
	const char *const *next, *const *hooks;
} backends[BACKEND_COUNT] = {
	[BACKEND_FEXIT] = { "fexit", none, fexit },
	[BACKEND_TRACEPOINT] = { "tracepoint", tracepoint_next, tracepoint },
	[BACKEND_TRACEPOINT_PERF] = { "tracepoint", none, tracepoint_perf },
	[BACKEND_KPROBE] = { "kprobe", none, kprobe },
};

const char *backend_name(enum backend backend)
{
	return backends[backend].name;
}

const char *backend_names(void)
{
	return "fexit, tracepoint, kprobe";
}

bool backend_has_name(enum backend backend, const char *name)
{
	return !strcmp(name, backends[backend].name);
}

int backend_check_name(const char *name, struct error *err)
{
	for (int i = 0; i < BACKEND_COUNT; i++)
		if (backend_has_name(i, name))
			return 0;
	return error_say(err, -EINVAL, "'%s' is not one of: %s", name, backend_names());
}

const char *const *backend_programs(enum backend backend, enum program_list list)
{
	switch (list) {
	case PROGRAMS_CGROUPS:
		return cgroups;
	case PROGRAMS_NEXT:
		return backends[backend].next;
	case PROGRAMS_CONTAINERS:
		return containers;
	case PROGRAMS_HOOKS:
		return backends[backend].hooks;
	default:
		return none;
	}
}

/* fexit programs are skipped while another task is preempted inside of one; see docs/hooks.md. */
int backend_fits(enum backend backend, struct error *err)
{
	if (backend == BACKEND_FEXIT && features_preemption() != PREEMPTION_NO)
		return error_say(
			err, -EOPNOTSUPP,
			"this kernel may preempt fexit programs, and would then skip opens");
	return 0;
}

/*
 * Programs that some kernels can't have.  A helper (0: none) is asked for before the
 * program is loaded; the tracepoint shows when the program is attached.
 */
static const struct {
	const char *program;
	enum bpf_func_id helper;
	bool hook_may_lack;
} optional[] = {
	{ "process_exec_loader", BPF_FUNC_find_vma, false }, /* 5.17, 7c7e3d31e785 */
	{ "process_exec_loader_alone", BPF_FUNC_find_vma, false },
	{ "uring_submit", 0, true }, /* or without CONFIG_IO_URING */
	{ "uring_submit_perf", 0, true },
	{ "uring_complete", 0, true },
	{ "uring_complete_perf", 0, true },
	{ "uring_overflow", BPF_FUNC_for_each_map_elem, true }, /* 5.13; the hook 5.19 */
	{ "uring_overflow_perf", BPF_FUNC_for_each_map_elem, true },
};

#define OPTIONAL (sizeof(optional) / sizeof(*optional))

static bool can_load(const char *program)
{
	for (size_t i = 0; i < OPTIONAL; i++)
		if (optional[i].helper && !strcmp(optional[i].program, program))
			return libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT,
						       optional[i].helper, NULL) > 0;
	return true;
}

bool backend_hook_may_lack(const char *program)
{
	for (size_t i = 0; i < OPTIONAL; i++)
		if (!strcmp(optional[i].program, program))
			return optional[i].hook_may_lack;
	return false;
}

/* The open function's name. */
static const char *inner_function = "do_filp_open";

/* do_file_open since 7.1, do_filp_open before. */
static void find_inner_function(const struct kernel_btf *kernel)
{
	if (!kernel_btf_has_function(kernel, inner_function) &&
	    kernel_btf_has_function(kernel, "do_file_open"))
		inner_function = "do_file_open";
}

const char *backend_function(const struct bpf_program *prog)
{
	const char *function = strchr(bpf_program__section_name(prog), '/') + 1;

	return strcmp(function, "do_filp_open") ? function : inner_function;
}

/*
 * To make all the elements of the filter's map beforehand is 3 MB of kernel memory and some 5 ms
 * of a start.  Since 6.1 a hash has some at hand wherever a program needs one (fba1a1c6c912); the
 * helper is as old.
 */
static void fill_when_needed(struct bpf_map *map)
{
	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_user_ringbuf_drain,
				    NULL) > 0)
		bpf_map__set_map_flags(map, BPF_F_NO_PREALLOC);
}

void backend_choose_maps(enum backend backend, struct bpf_object *object)
{
	bool by_function = backend == BACKEND_FEXIT || backend == BACKEND_KPROBE;

	fill_when_needed(bpf_object__find_map_by_name(object, "cgroups"));
	bpf_map__set_autocreate(bpf_object__find_map_by_name(object, "calls"), by_function);
	bpf_map__set_autocreate(bpf_object__find_map_by_name(object, "failed_name"), by_function);
	bpf_map__set_autocreate(bpf_object__find_map_by_name(object, "uring_names"), !by_function);
}

int backend_choose_programs(enum backend backend, enum program_list list, struct bpf_object *object,
			    const struct kernel_btf *kernel, struct error *err)
{
	const char *const *names = backend_programs(backend, list);
	int r = 0;

	for (; *names; names++)
		bpf_program__set_autoload(bpf_object__find_program_by_name(object, *names),
					  can_load(*names));
	if (list != PROGRAMS_HOOKS)
		return 0;
	if (backend == BACKEND_FEXIT || backend == BACKEND_KPROBE)
		find_inner_function(kernel);
	if (backend == BACKEND_FEXIT)
		r = bpf_program__set_attach_target(
			bpf_object__find_program_by_name(object, "fexit_inner"), 0, inner_function);
	return r < 0 ? error_set(err, r, "find the kernel's open function") : 0;
}
