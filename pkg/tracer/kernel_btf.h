/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The types of the running kernel, as /sys/kernel/btf has them: 126,000 in 5.5 MB, on the
 * development machine.  Our programs want to know of some sixty.  libbpf copies and indexes all
 * of them, then goes over all for each that is wanted (100 ms); we go over them where
 * they are, for all at once, and libbpf gets those that are wanted (6 ms).
 *
 * The format is told in Documentation/bpf/btf.rst.
 */
#ifndef CTRACE_KERNEL_BTF_H
#define CTRACE_KERNEL_BTF_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "base/error.h"

struct btf;
struct btf_type;
struct kernel_btf;

/*
 * Read them; with them those of overlayfs where that is a module (split BTF, 5.11,
 * 36e68442d1af).  0, or a negative errno and the reason.
 */
int kernel_btf_open(struct kernel_btf **kernel, struct error *err);

/* NULL is fine. */
void kernel_btf_free(struct kernel_btf *kernel);

/*
 * What to look for: structures, unions, enumerations, functions and typedefs that have one of the
 * names.  found() is called for each, in the order of their ids, until it returns other than 0.
 */
struct kernel_btf_look {
	const char *const *names;
	size_t count;
	int (*found)(const struct btf_type *type, __u32 id, const char *name, void *arg);
	void *arg;
};

/* 0, what found() returned, or -ENOMEM. */
int kernel_btf_find(const struct kernel_btf *kernel, const struct kernel_btf_look *look);

/* Does the kernel have a function of this name? */
bool kernel_btf_has_function(const struct kernel_btf *kernel, const char *name);

/*
 * Write to fd, as BTF, the kernel's view of each type that `wanted` (of a BPF object) names,
 * and of what these are made of, other than by pointers; with only those members and values
 * that `wanted` names, too.  In the same pass look for something else: found() may then see
 * more than it asks for.  0, or a negative errno and the reason.
 */
int kernel_btf_subset(const struct kernel_btf *kernel, const struct btf *wanted, int fd,
		      const struct kernel_btf_look *also, struct error *err);

/* For kernel_btf_subset: a type by its id (NULL if there is none such), a text by its offset. */
const struct btf_type *kernel_btf_type(const struct kernel_btf *kernel, __u32 id);
const char *kernel_btf_text(const struct kernel_btf *kernel, __u32 offset);

#endif
