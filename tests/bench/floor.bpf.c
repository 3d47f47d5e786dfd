// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Programs that do nothing, on the hooks that tracers use: what no tracer can be cheaper than. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("?raw_tp/sys_exit")
int raw_exit(void *ctx)
{
	return 0;
}

SEC("?tp/raw_syscalls/sys_exit")
int perf_exit(void *ctx)
{
	return 0;
}

SEC("?tp/syscalls/sys_enter_openat")
int openat_enter(void *ctx)
{
	return 0;
}

SEC("?tp/syscalls/sys_exit_openat")
int openat_exit(void *ctx)
{
	return 0;
}
