/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Our BPF object, which is in the program in packed form: it would be more than half of it, and
 * is read once.  bpf/slim makes parts of it, so that little is unpacked and read at a start.
 */
#ifndef CTRACE_TRACER_BPF_OBJECT_H
#define CTRACE_TRACER_BPF_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "tracer/kernel_btf.h"

/* With the same maps and variables. */
enum bpf_object_part {
	BPF_OBJECT_MAPS,       /* no programs */
	BPF_OBJECT_TRACEPOINT, /* the programs of this backend */
	BPF_OBJECT_ALL,
	BPF_OBJECT_OLD /* all, for kernels without bpf_rdonly_cast() */
};

/* Unpack it; what was unpacked before is dropped.  0, or a negative errno. */
int bpf_object_unpack(enum bpf_object_part part);

/* What is to be looked for among the kernel's types: for what bpf/cast.h leaves open ... */
extern const struct kernel_btf_look bpf_object_look;

/* ... which is filled in here, ... */
void bpf_object_fill_in(void);

/*
 * ... and for programs that have the tracepoint's types.  For one of the type that these are
 * libbpf reads all the kernel's types, to look up one; registered here, they are of another type
 * until they are loaded.  Before the programs are opened.  0, or a negative errno.
 */
int bpf_object_register(void);

/* Has the kernel bpf_rdonly_cast()?  Once it has been looked for. */
bool bpf_object_has_casts(void);

/*
 * Its bytes, once it is unpacked.  They stay until bpf_object_drop(): libbpf reads them while
 * it opens an object, and copies what it keeps (instructions, BTF, data).
 */
const void *bpf_object_bytes(size_t *len);
void bpf_object_drop(void);

#endif
