// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The programs that have been loaded to where they hook in. */
#include "tracer/tracer_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "tracer/backend.h"
#include "tracer/kretprobe.h"
#include "tracer/libbpf_log.h"
#include "tracer/tracefs.h"

/* NULL: this kernel can't have it. */
static struct bpf_program *program(const struct tracer *t, const char *name)
{
	for (int part = 0; part < PROGRAM_PARTS; part++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(t->parts[part], name);

		if (prog && bpf_program__autoload(prog))
			return prog;
	}
	return NULL;
}

static bool is_probe(const struct bpf_program *prog, const char *kind)
{
	const char *section = bpf_program__section_name(prog);

	return !strncmp(section, kind, strlen(kind)) && section[strlen(kind)] == '/';
}

/* Some kernels have another name for what a program's section names. */
static struct bpf_link *attach_by_libbpf(struct bpf_program *prog)
{
	struct bpf_link *link;

	if (is_probe(prog, "kprobe"))
		return bpf_program__attach_kprobe(prog, false, backend_function(prog));
	if (is_probe(prog, "tp_btf"))
		return bpf_program__attach_trace(prog);
	link = bpf_program__attach(prog);
	if (!link && errno == ENOENT && !strcmp(bpf_program__name(prog), "uring_submit"))
		link = bpf_program__attach_raw_tracepoint(prog, "io_uring_submit_sqe");
	return link;
}

static int attach_program(struct tracer *t, struct bpf_link **link, struct bpf_program *prog,
			  struct error *err)
{
	if (is_probe(prog, "kretprobe"))
		return kretprobes_attach(t->kretprobes, link, prog, backend_function(prog), err);
	*link = attach_by_libbpf(prog);
	return *link ? 0 : libbpf_log_refusal(err, -errno, "attach the BPF programs");
}

/* By its descriptor it can be seen whose it is, and what the kernel counts of it. */
static int keep_hook(struct tracer *t, const struct bpf_program *prog, struct bpf_link *link,
		     struct error *err)
{
	int fd = t->hook_count < MAX_HOOKS ? fcntl(bpf_program__fd(prog), F_DUPFD_CLOEXEC, 0) : -1;

	if (fd < 0) {
		int r = t->hook_count < MAX_HOOKS ? -errno : -E2BIG;

		bpf_link__destroy(link);
		return error_set(err, r, "keep the BPF program %s", bpf_program__name(prog));
	}
	t->hooks[t->hook_count++] = (struct hook){ .link = link, .program = fd };
	return 0;
}

static int attach_one(struct tracer *t, const char *name, struct error *err)
{
	struct bpf_program *prog = program(t, name);
	struct bpf_link *link;
	int r;

	if (!prog)
		return 0;
	r = attach_program(t, &link, prog, err);
	if (r < 0)
		return r == -ENOENT && backend_hook_may_lack(name) ? 0 : r;
	return keep_hook(t, prog, link, err);
}

/*
 * May this kernel preempt a raw tracepoint program, and so skip others?  See
 * probe_preemption() in bpf/.  Not seen to run: what perf runs is right on every kernel.
 */
static int probe_preemption(struct tracer *t, struct error *err)
{
	struct bpf_link *link = bpf_program__attach(program(t, "probe_preemption"));

	if (!link)
		return error_set(err, -errno, "attach a BPF program to system calls");
	syscall(SYS_getppid);
	bpf_link__destroy(link);
	if (t->skel->bss->preemption_probed && !t->skel->bss->preemption_possible)
		return 0;
	return error_say(err, -EOPNOTSUPP, "this kernel may preempt raw tracepoint programs");
}

/* Others go on to it: see go_on() in bpf/. */
static int put_next(struct tracer *t, const char *name, const struct bpf_map *next,
		    struct error *err)
{
	const struct bpf_program *prog = program(t, name);
	__u32 key = 0, fd = bpf_program__fd(prog);
	int r = bpf_map__update_elem(next, &key, sizeof(key), &fd, sizeof(fd), BPF_ANY);

	if (r < 0)
		return error_set(err, r, "put a BPF program where others find it");
	return keep_hook(t, prog, NULL, err);
}

static int attach_named(struct tracer *t, const char *name, struct error *err)
{
	if (!strcmp(name, "probe_preemption"))
		return probe_preemption(t, err);
	if (!strcmp(name, "open_done"))
		return put_next(t, name, t->skel->maps.open_next, err);
	if (!strcmp(name, "order_done"))
		return put_next(t, name, t->skel->maps.order_next, err);
	return attach_one(t, name, err);
}

static int attach_list(struct tracer *t, enum program_list list, struct error *err)
{
	const char *const *names = backend_programs(t->backend, list);
	int r = 0;

	for (; *names && !r; names++)
		r = attach_named(t, *names, err);
	return r;
}

int tracer_attach(struct tracer *t, struct error *err)
{
	int r = 0;

	if (t->backend == BACKEND_KPROBE) {
		r = tracefs_ensure(err);
		if (!r)
			r = kretprobes_open(&t->kretprobes, err);
	}
	for (int list = 0; list < PROGRAM_LISTS && !r; list++) {
		r = tracer_loaded(t, program_part(list), err);
		if (!r)
			r = attach_list(t, list, err);
	}
	return r;
}
