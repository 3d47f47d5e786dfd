/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Our BPF object, which is in the program in packed form: it is more than half of it
 * otherwise, and read once.
 */
#ifndef CTRACE_TRACER_BPF_OBJECT_H
#define CTRACE_TRACER_BPF_OBJECT_H

#include <stddef.h>

/*
 * The bytes of ctrace.bpf.o, unpacked at the first call; NULL if there is no memory for
 * them.  They stay until bpf_object_drop(): libbpf reads them while it opens the object
 * (bpf_object__open_skeleton() copies what it keeps: instructions, BTF, data).
 */
const void *bpf_object_bytes(size_t *len);
void bpf_object_drop(void);

#endif
