// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Programs that do nothing, on the hooks that tracers use: what no tracer can be cheaper than.
 * And one that does what no tracer can leave out that tells when each open was and delivers by
 * the kernel's ring: it asks for the time, and puts a record of the usual size in there.  Which,
 * for whom, of what: nothing.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("?raw_tp/sys_exit")
int raw_exit(void *ctx)
{
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} records SEC(".maps");

/* Of the calls here an open returns a small number or -ENOENT, close 0, getppid a large one. */
SEC("?raw_tp/sys_exit")
int raw_exit_record(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 record[25] = {};
	long ret = (long)ctx->args[1];

	if (!ret || ret < -2 || ret > 99)
		return 0;
	record[0] = bpf_ktime_get_boot_ns();
	bpf_ringbuf_output(&records, record, sizeof(record), BPF_RB_NO_WAKEUP);
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
