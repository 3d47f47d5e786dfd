// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The 32-bit system calls, made from 64-bit code: int 0x80 reaches the kernel's
 * i386 table, which no syscalls:* tracepoint sees.  It needs no 32-bit libc.
 *
 *	compat32 open|openat|openat2|creat NAME...
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/mman.h>

#include "report.h"

#ifdef __x86_64__

enum { I386_OPEN = 5, I386_CREAT = 8, I386_OPENAT = 295, I386_OPENAT2 = 437 };

/* Registers are cut to 32 bits, so every pointer must be below 4 GiB. */
static long int80(long number, long a, long b, long c, long d)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

/* A kernel without IA32_EMULATION, or a hypervisor, that refuses the instruction. */
static void refused(int signo)
{
	static const char why[] = "this machine refuses int 0x80\n";

	(void)signo;
	_exit(write(2, why, sizeof(why) - 1) < 0 ? 2 : 77);
}

static long call_open(struct report *r, char *low_name, struct open_how *low_how)
{
	long name = (long)low_name;

	if (strcmp(r->call, "open") == 0)
		return int80(I386_OPEN, name, O_RDONLY, 0, 0);
	if (strcmp(r->call, "openat") == 0)
		return int80(I386_OPENAT, AT_FDCWD, name, O_RDONLY, 0);
	if (strcmp(r->call, "openat2") == 0)
		return int80(I386_OPENAT2, AT_FDCWD, name, (long)low_how, sizeof(*low_how));
	if (strcmp(r->call, "creat") == 0) {
		r->flags = O_WRONLY | O_CREAT | O_TRUNC;
		r->mode = 0600;
		return int80(I386_CREAT, name, 0600, 0, 0);
	}
	_exit(2);
}

int main(int argc, char **argv)
{
	char *low = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int i;

	if (low == MAP_FAILED)
		give_up("mmap");
	signal(SIGSEGV, refused);
	for (i = 2; i < argc; i++) {
		struct report r = {
			.call = argv[1], .name = argv[i], .dirfd = AT_FDCWD, .proc_fd = -1
		};

		snprintf(low, 4096, "%s", argv[i]);
		r.fd = call_open(&r, low, (struct open_how *)(low + 4096));
		if (r.fd == -ENOSYS) /* a kernel without IA32_EMULATION */
			return 77;
		report_open(&r);
	}
	return 0;
}

#else

int main(void)
{
	return 77; /* the trick is x86's own */
}

#endif
