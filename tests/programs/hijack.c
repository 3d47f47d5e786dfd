// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * hijack PID open|socket|program|exec: makes another process, or the thread of that number
 * in it, make a system call, as code that took it over would, and prints what came of it: the
 * result or -errno, or "killed N" if signal N ended the process.
 *
 * The process has to be in a system call of its own, waiting; its registers are
 * borrowed for another one.  Exits with 77 on machines it is not written for.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/bpf.h>

#define CANNOT 77

#ifdef __x86_64__

/* What is put on the process's stack, well below what it uses. */
struct luggage {
	char shadow[16];
	char program[16];
	unsigned long argv[2];
	struct bpf_insn code[2];
	char license[8];
	union bpf_attr attr;
};

#define STACK_OFFSET 8192

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void pack(struct luggage *l, unsigned long at)
{
	memset(l, 0, sizeof(*l));
	strcpy(l->shadow, "/etc/shadow");
	strcpy(l->program, "/bin/sh"); /* which ends where there is nothing to read */
	l->argv[0] = at + offsetof(struct luggage, program);
	l->code[0].code = BPF_ALU64 | BPF_MOV | BPF_K; /* r0 = 0 */
	l->code[1].code = BPF_JMP | BPF_EXIT;
	strcpy(l->license, "GPL");
	l->attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	l->attr.insns = at + offsetof(struct luggage, code);
	l->attr.insn_cnt = 2;
	l->attr.license = at + offsetof(struct luggage, license);
}

static void set_call(struct user_regs_struct *regs, const char *what, unsigned long at)
{
	if (!strcmp(what, "open")) {
		regs->rax = SYS_openat;
		regs->rdi = AT_FDCWD;
		regs->rsi = at + offsetof(struct luggage, shadow);
		regs->rdx = O_RDONLY;
	} else if (!strcmp(what, "socket")) {
		regs->rax = SYS_socket;
		regs->rdi = AF_INET;
		regs->rsi = SOCK_STREAM;
		regs->rdx = 0;
	} else if (!strcmp(what, "program")) {
		regs->rax = SYS_bpf;
		regs->rdi = BPF_PROG_LOAD;
		regs->rsi = at + offsetof(struct luggage, attr);
		regs->rdx = sizeof(union bpf_attr);
	} else {
		regs->rax = SYS_execve;
		regs->rdi = at + offsetof(struct luggage, program);
		regs->rsi = at + offsetof(struct luggage, argv);
		regs->rdx = 0;
	}
}

/* Stopped right behind a syscall instruction?  Else it goes on a little. */
static void stop_in_call(pid_t pid, struct user_regs_struct *regs)
{
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL))
		fail("seize the process");
	for (int tries = 0; tries < 1000; tries++) {
		if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) || waitpid(pid, &status, 0) != pid)
			fail("stop the process");
		if (ptrace(PTRACE_GETREGS, pid, NULL, regs))
			fail("read registers");
		if ((long)regs->orig_rax >= 0 &&
		    (ptrace(PTRACE_PEEKTEXT, pid, regs->rip - 2, NULL) & 0xffff) == 0x050f)
			return;
		ptrace(PTRACE_CONT, pid, NULL, NULL);
		usleep(1000);
	}
	fail("find the process in a system call");
}

static void load(pid_t pid, const struct luggage *l, unsigned long at)
{
	for (size_t i = 0; i < sizeof(*l); i += sizeof(long)) {
		long word;

		memcpy(&word, (const char *)l + i, sizeof(word));
		if (ptrace(PTRACE_POKEDATA, pid, at + i, word))
			fail("write to the stack");
	}
}

/* 1 with the result, or 0 where the process is no more; also told to us. */
static int call(pid_t pid, struct user_regs_struct *regs, long *result)
{
	int status;

	regs->rip -= 2;
	regs->orig_rax = -1; /* nothing to be restarted */
	if (ptrace(PTRACE_SETREGS, pid, NULL, regs) || ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) ||
	    waitpid(pid, &status, 0) != pid)
		fail("make the call");
	if (WIFSIGNALED(status)) {
		printf("killed %d\n", WTERMSIG(status));
		return 0;
	}
	if (ptrace(PTRACE_GETREGS, pid, NULL, regs))
		fail("read the result");
	*result = (long)regs->rax;
	return 1;
}

int main(int argc, char **argv)
{
	struct user_regs_struct before, regs;
	struct luggage l;
	unsigned long at;
	long result;
	pid_t pid;

	if (argc != 3)
		return 2;
	pid = atoi(argv[1]);
	stop_in_call(pid, &before);
	at = (before.rsp - STACK_OFFSET) & ~15ul;
	pack(&l, at);
	load(pid, &l, at);
	regs = before;
	set_call(&regs, argv[2], at);
	if (!call(pid, &regs, &result))
		return 0;
	printf("%ld\n", result);
	/* after an exec that worked there is nothing to restore */
	if (strcmp(argv[2], "exec") != 0 || result < 0)
		ptrace(PTRACE_SETREGS, pid, NULL, &before);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return 0;
}

#else

int main(void)
{
	return CANNOT;
}

#endif
