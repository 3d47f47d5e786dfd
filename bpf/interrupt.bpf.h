/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Opens that a signal interrupted. */
#ifndef CTRACE_INTERRUPT_BPF_H
#define CTRACE_INTERRUPT_BPF_H

#include "read.bpf.h"

#define SIG_DFL    ((void *)0)
#define SIG_IGN    ((void *)1)
#define SA_RESTART 0x10000000

/* include/linux/errno.h: what a system call returns inside the kernel when a signal came. */
enum { ERESTARTSYS = 512, ERESTARTNOINTR = 513, ERESTARTNOHAND = 514, ERESTART_RESTARTBLOCK = 516 };
#define EINTR 4

static __always_inline bool interrupted(long ret)
{
	return ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK;
}

/* A signal without a handler either ends the process, or the open starts again after it. */
static __always_inline bool fatal_by_default(int sig)
{
	switch (sig) {
	case 17:
	case 18:
	case 19:
	case 20:
	case 21:
	case 22:
	case 23:
	case 28:
		return false; /* SIGCHLD, SIGCONT, the stopping four, SIGURG, SIGWINCH */
	}
	return true;
}

/*
 * Whether an interrupted call's program sees EINTR or the call starts again is
 * decided when the signal is delivered, by its handler's SA_RESTART
 * (arch/x86/kernel/signal.c, handle_signal()).
 */
static __always_inline bool ends_as_eintr(long ret, int sig, struct k_sigaction *action)
{
	void *handler = kread(action, sa.sa_handler);

	if (handler == SIG_IGN)
		return false;
	if (handler == SIG_DFL)
		return fatal_by_default(sig);
	if (ret == -ERESTARTNOINTR)
		return false;
	return ret != -ERESTARTSYS || !(kread(action, sa.sa_flags) & SA_RESTART);
}

#endif
