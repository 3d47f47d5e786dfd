// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * jited ID: the machine code that the JIT made of BPF program ID, on stdout, for
 * objdump.  Debian's bpftool is built without a disassembler and refuses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

static int get_info(int fd, struct bpf_prog_info *info)
{
	union bpf_attr attr = {};

	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(*info);
	attr.info.info = (__u64)(unsigned long)info;
	return syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

int main(int argc, char **argv)
{
	struct bpf_prog_info info = {}, sizes;
	union bpf_attr attr = {};
	void *image;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: jited PROGRAM_ID\n");
		return 2;
	}
	attr.prog_id = atoi(argv[1]);
	fd = syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));
	if (fd < 0 || get_info(fd, &info)) {
		perror("jited: ask for the program");
		return 1;
	}

	sizes = info;
	image = calloc(1, sizes.jited_prog_len + 1);
	info = (struct bpf_prog_info){
		.jited_prog_len = sizes.jited_prog_len,
		.jited_prog_insns = (__u64)(unsigned long)image,
	};
	if (!image || get_info(fd, &info)) {
		perror("jited: ask for its machine code");
		return 1;
	}
	if (!info.jited_prog_len || !info.jited_prog_insns) {
		fprintf(stderr, "jited: the kernel shows none (no JIT, or kernel.kptr_restrict)\n");
		return 1;
	}
	return fwrite(image, 1, sizes.jited_prog_len, stdout) != sizes.jited_prog_len;
}
