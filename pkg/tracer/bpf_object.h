/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Our BPF object, which is in the program in packed form: it is more than half of it
 * otherwise, and read once.
 */
#ifndef CTRACE_TRACER_BPF_OBJECT_H
#define CTRACE_TRACER_BPF_OBJECT_H

#include <stddef.h>

struct kernel_btf;

/*
 * Unpack it and fill in what bpf/cast.h leaves open, where the kernel has bpf_rdonly_cast().
 * 0, or a negative errno.
 */
int bpf_object_unpack(const struct kernel_btf *kernel);

/*
 * Its bytes, once it is unpacked.  They stay until bpf_object_drop(): libbpf reads them while
 * it opens the object (bpf_object__open_skeleton() copies what it keeps: instructions, BTF, data).
 */
const void *bpf_object_bytes(size_t *len);
void bpf_object_drop(void);

#endif
