/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reading kernel memory, the one way.
 *
 * bpf_probe_read_kernel() is a helper call of tens of nanoseconds, and an open
 * needs some thirty reads.  Kernels with bpf_rdonly_cast() (6.2, commit
 * a35b9af4ec2c) let us load through typed pointers instead: one instruction
 * each, with the fault handled by the exception table (a bad address reads as
 * 0, as it does with the helper).
 *
 * So the object is compiled twice, with TYPED_LOADS as 1 and as 0, and user space takes
 * what this kernel can have.  (As a constant known at load time, each read's other half was cut
 * out by the verifier, one by one, which was a third of its time.)
 */
#ifndef CTRACE_READ_BPF_H
#define CTRACE_READ_BPF_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "cast.h"
#include "event.h"
#include "kernel.h"

const volatile struct trace_settings settings = {};

/*
 * What this kernel can do, asked of its BTF at load time: a constant by then, so
 * the verifier never looks at the other branch.
 */
enum bpf_func_id___ours { BPF_FUNC_task_pt_regs___ours };

#define HAS_TASK_PT_REGS \
	bpf_core_enum_value_exists(enum bpf_func_id___ours, BPF_FUNC_task_pt_regs___ours)

#define CAST_OF(type) struct type * : CAST_##type,
#define cast_type(p)  _Generic((p), CAST_TYPES(CAST_OF) void * : 0)

/* To a pointer that may be loaded through.  A type that is not in cast.h does not compile. */
#define typed(p)                                                                               \
	({                                                                                     \
		register void *from_ asm("r1") = (void *)(p);                                  \
		register void *to_ asm("r0");                                                  \
		asm volatile("r2 = %[type]\n\tcall %[function]"                                \
			     : "=r"(to_), "+r"(from_)                                          \
			     : [type] "i"(CAST_TYPE + cast_type(p)), [function] "i"(CAST_CALL) \
			     : "r2", "r3", "r4", "r5", "memory");                              \
		(typeof(p))to_;                                                                \
	})

/* p->field, for a kernel pointer p to a struct of kernel.h. */
#define kread(p, field)                                                      \
	({                                                                   \
		__auto_type at_ = (p);                                       \
		typeof(at_->field) value_;                                   \
		if (TYPED_LOADS)                                             \
			value_ = typed(at_)->field;                          \
		else                                                         \
			bpf_core_read(&value_, sizeof(value_), &at_->field); \
		value_;                                                      \
	})

static __always_inline struct task_struct *current_task(void)
{
	return TYPED_LOADS ? bpf_get_current_task_btf()
			   : (struct task_struct *)bpf_get_current_task();
}

/*
 * The same of what the verifier has a type for.  What current_task() returned it knows to be
 * there, too; other loads have their address checked before (those through the arguments of an
 * fexit program as well), which is seven instructions on x86.  To save those on a pointer to a
 * struct is seldom worth it: for each the verifier looks four times for a type by name, in all
 * that the kernel has (btf_nested_type_is_trusted() in 6.18), which is up to 2 ms of a start.
 */
#define kread_known(p, field)                                                \
	({                                                                   \
		__auto_type at_ = (p);                                       \
		typeof(at_->field) value_;                                   \
		if (TYPED_LOADS)                                             \
			value_ = at_->field;                                 \
		else                                                         \
			bpf_core_read(&value_, sizeof(value_), &at_->field); \
		value_;                                                      \
	})

/*
 * p with a type, for kread_known() of what it points to, and of what pointers in there point to:
 * three instructions less for each than kread().
 */
#define kcast(p) (TYPED_LOADS ? typed(p) : (p))

/*
 * Of pointers in what current_task() returned.  at_once: without a cast, and so without a check of
 * the address, by a program that may take longer to be verified.
 */
#define kread_task(task, field, at_once) kread_known((at_once) ? (task) : kcast(task), field)

/* The pointer stored at a kernel address.  Any struct that starts with a pointer will do. */
static __always_inline void *kread_ptr(void *at)
{
	struct hlist_head *head = at;

	return kread(head, first);
}

/* What is stored there as a number, which the verifier lets us calculate with, by a field that is
 * one. */
static __always_inline __u64 kread_word(void *at)
{
	struct kernfs_node *node = at - bpf_core_field_offset(struct kernfs_node, id);

	return kread(node, id);
}

#endif
