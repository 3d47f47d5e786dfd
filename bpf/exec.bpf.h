/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The files of a successful exec, for the tracepoint backend: no system call's
 * result leads to them, but when the exec is done the kernel still has the program
 * in hand, and the loader is mapped.  Of a script only the name is left.
 */
#ifndef CTRACE_EXEC_BPF_H
#define CTRACE_EXEC_BPF_H

#include "open.bpf.h"
#include "syscall_done.bpf.h"

/* name: in kernel memory; NULL if it is not known.  file: NULL if it is not there any more. */
static __always_inline void exec_report(__u32 slot, struct linux_binprm *bprm, const char *name,
					struct file *file)
{
	struct cgroup_entry *traced;
	struct scratch *s;
	__u64 cgroup_id;

	traced = current_traced(&cgroup_id);
	s = scratch_get(slot);
	if (!traced || !task_wanted() || !s)
		return;
	request_start(&s->request);
	request_set(&s->request, kread(bprm, fdpath) ? CALL_EXECVEAT : CALL_EXECVE, AT_FDCWD,
		    (__u64)name);
	s->request.kernel_name = true;
	s->request.bits = OPEN_NO_FD;
	opened_set(&s->opened, file);
	if (!request_wanted(s, traced, 0))
		return;
	open_report(slot, cgroup_id, traced->root_id, 0);
}

/* load_script() (fs/binfmt_script.c) leaves filename and puts its interpreter's name into interp.
 */
static __always_inline int exec_done(struct linux_binprm *bprm)
{
	const char *filename = kread(bprm, filename), *interp = kread(bprm, interp);

	if (filename != interp)
		exec_report(SCRATCH_EXEC, bprm, filename, NULL);
	exec_report(SCRATCH_EXEC, bprm, interp, kread(bprm, file));
	return 0;
}

#define EBUSY 16

struct loader_search {
	struct inode *program;
	struct file *found;
};

static long loader_vma(struct task_struct *task, struct vm_area_struct *vma,
		       struct loader_search *search)
{
	struct file *file = kread(vma, vm_file);

	if (file && kread(file, f_inode) != search->program)
		search->found = file;
	return 0;
}

/* A dynamic program starts in its loader (ELF's PT_INTERP): the file mapped where it will go on. */
static __always_inline int exec_done_loader(struct linux_binprm *bprm)
{
	struct file *program = kread(bprm, file);
	struct loader_search search = { .program = kread(program, f_inode) };
	struct cgroup_entry *traced;
	__u64 cgroup_id;

	traced = current_traced(&cgroup_id);
	if (!traced || !task_wanted())
		return 0;
	/* -EBUSY: another process looks at its memory just now */
	if (bpf_find_vma(bpf_get_current_task_btf(), regs_ip(current_regs()), loader_vma, &search,
			 0) == -EBUSY)
		count_loss(traced->root_id, LOSS_SKIPPED);
	if (search.found)
		exec_report(SCRATCH_LOADER, bprm, NULL, search.found);
	return 0;
}

#endif
