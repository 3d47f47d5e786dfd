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
static __always_inline int exec_report(void *raw, __u32 slot, struct linux_binprm *bprm,
				       const char *name, struct file *file)
{
	struct cgroup_entry *traced;
	struct scratch *s;
	__u64 cgroup_id;

	traced = current_traced(&cgroup_id);
	s = scratch_get(slot);
	if (!traced || !task_wanted() || !s)
		return 0;
	request_start(&s->request, false);
	request_set(&s->request, kread(bprm, fdpath) ? CALL_EXECVEAT : CALL_EXECVE, AT_FDCWD,
		    (__u64)name);
	s->request.kernel_name = true;
	s->request.bits = OPEN_NO_FD;
	opened_set(&s->opened, file);
	if (!request_wanted(s, current_task(), traced->flags, 0))
		return 0;
	return report_last(raw, slot, cgroup_id, traced->root_id, 0);
}

/* load_script() (fs/binfmt_script.c) leaves filename and puts its interpreter's name into interp.
 */
static __always_inline int exec_done_script(void *raw, struct linux_binprm *bprm)
{
	const char *filename = kread(bprm, filename);

	if (filename == kread(bprm, interp))
		return 0;
	return exec_report(raw, SCRATCH_SCRIPT, bprm, filename, NULL);
}

static __always_inline int exec_done(void *raw, struct linux_binprm *bprm)
{
	return exec_report(raw, SCRATCH_EXEC, bprm, kread(bprm, interp), kread(bprm, file));
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
static __always_inline int exec_done_loader(void *raw, struct linux_binprm *bprm)
{
	struct file *program = kread(bprm, file);
	struct loader_search search = { .program = kread(program, f_inode) };
	struct cgroup_entry *traced;
	__u64 cgroup_id;

	traced = current_traced(&cgroup_id);
	if (!traced || !task_wanted())
		return 0;
	/* -EBUSY: another process looks at its memory just now */
	if (bpf_find_vma(bpf_get_current_task_btf(), regs_ip(current_regs(current_task())),
			 loader_vma, &search, 0) == -EBUSY)
		count_loss(traced->root_id, LOSS_SKIPPED);
	return search.found ? exec_report(raw, SCRATCH_LOADER, bprm, NULL, search.found) : 0;
}

#endif
