// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Against the running kernel's types, as libbpf reads them. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <criterion/criterion.h>
#include <linux/bpf.h>

#include "cast.h"
#include "tracer/bpf_object.h"
#include "tracer/kernel_btf.h"

static struct kernel_btf *kernel;
static struct btf *all;

static void open_kernel(void)
{
	struct error err;

	all = btf__load_vmlinux_btf();
	if (!all)
		cr_skip_test("this kernel shows no types");
	cr_assert_eq(kernel_btf_open(&kernel, &err), 0, "%s", err.text);
}

static void close_kernel(void)
{
	kernel_btf_free(kernel);
	btf__free(all);
}

TestSuite(kernel_btf, .init = open_kernel, .fini = close_kernel);

/* Of an object that has these names. */
struct names {
	const char *const *structs, *const *members, *const *enums, *const *values;
};

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NO_NAMES   ((const char *const[]){ NULL })

static struct btf *object_with(const struct names *names)
{
	struct btf *object = btf__new_empty();
	int number = btf__add_int(object, "int", 4, 0), at = 0;

	for (const char *const *name = names->enums; *name; name++)
		btf__add_enum(object, *name, 4);
	for (const char *const *name = names->values; *name; name++)
		btf__add_enum_value(object, *name, 0);
	for (const char *const *name = names->structs; *name; name++)
		btf__add_struct(object, *name, 1024);
	for (const char *const *name = names->members; *name; name++)
		cr_assert_eq(btf__add_field(object, *name, number, 32 * at++, 0), 0);
	return object;
}

static struct btf *subset_of(const struct names *names)
{
	int fd = memfd_create("subset", MFD_CLOEXEC);
	struct btf *object = object_with(names), *subset;
	struct error err;
	char path[32];

	cr_assert_eq(kernel_btf_subset(kernel, object, fd, &bpf_object_look, &err), 0, "%s",
		     err.text);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	subset = btf__parse(path, NULL);
	cr_assert_not_null(subset);
	close(fd);
	btf__free(object);
	return subset;
}

static const struct btf_type *find(const struct btf *btf, const char *name, __u32 kind)
{
	int id = btf__find_by_name_kind(btf, name, kind);

	cr_assert_gt(id, 0, "%s is not there", name);
	return btf__type_by_id(btf, id);
}

static const struct btf_type *plain(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (btf_is_mod(type) || btf_is_typedef(type) || btf_is_type_tag(type))
		type = btf__type_by_id(btf, type->type);
	return type;
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

/* Across several structures: a name that one has is kept in all. */
static const char *const members[] = { "tgid",   "thread_pid", "files",    "cgroups",
				       "d_name", "hash",       "d_parent", "f_path",
				       "dentry", "s_dev",      NULL };

static void expect_same_type(const struct btf *a, __u32 id_a, const struct btf *b, __u32 id_b);

/* Of a's members those that are asked for, and those without a name. */
static void expect_same_members(const struct btf *a, const struct btf_type *ta, const struct btf *b,
				const struct btf_type *tb)
{
	const struct btf_member *ma = btf_members(ta), *mb = btf_members(tb);
	int n = 0;

	for (int i = 0; i < btf_vlen(ta); i++) {
		const char *name = btf__name_by_offset(a, ma[i].name_off);

		if (*name && !is_one_of(name, members))
			continue;
		cr_assert_lt(n, btf_vlen(tb), "%s is not there", name);
		cr_expect_str_eq(btf__name_by_offset(b, mb[n].name_off), name);
		cr_expect_eq(btf_member_bit_offset(tb, n), btf_member_bit_offset(ta, i), "%s",
			     name);
		cr_expect_eq(btf_member_bitfield_size(tb, n), btf_member_bitfield_size(ta, i), "%s",
			     name);
		expect_same_type(a, ma[i].type, b, mb[n].type);
		n++;
	}
	cr_expect_eq(btf_vlen(tb), n);
}

static void expect_same_type(const struct btf *a, __u32 id_a, const struct btf *b, __u32 id_b)
{
	const struct btf_type *ta = plain(a, id_a), *tb = plain(b, id_b);

	cr_assert_eq(btf_kind(ta), btf_kind(tb));
	cr_expect_str_eq(btf__name_by_offset(a, ta->name_off),
			 btf__name_by_offset(b, tb->name_off));
	if (btf_is_composite(ta))
		expect_same_members(a, ta, b, tb);
	if (btf_is_array(ta)) {
		cr_expect_eq(btf_array(ta)->nelems, btf_array(tb)->nelems);
		expect_same_type(a, btf_array(ta)->type, b, btf_array(tb)->type);
	} else if (!btf_is_ptr(ta)) {
		cr_expect_eq(ta->size, tb->size);
	}
}

Test(kernel_btf, structures_are_as_libbpf_reads_them)
{
	const char *const *structs = NAMES("task_struct", "dentry", "file", "super_block");
	struct btf *subset = subset_of(&(struct names){ structs, members, NO_NAMES, NO_NAMES });

	for (const char *const *name = structs; *name; name++) {
		int in_all = btf__find_by_name_kind(all, *name, BTF_KIND_STRUCT);
		int in_subset = btf__find_by_name_kind(subset, *name, BTF_KIND_STRUCT);

		cr_assert_gt(in_all, 0);
		cr_assert_gt(in_subset, 0, "%s is not there", *name);
		expect_same_type(all, in_all, subset, in_subset);
	}
	cr_expect_lt(btf__type_cnt(subset), 100);
	btf__free(subset);
}

Test(kernel_btf, enumerations_have_the_values_that_are_asked_for)
{
	const char *const *values =
		NAMES("BPF_FUNC_loop", "BPF_FUNC_task_pt_regs___ours", "BPF_FUNC_no_such");
	struct btf *subset =
		subset_of(&(struct names){ NO_NAMES, NO_NAMES, NAMES("bpf_func_id"), values });
	const struct btf_type *type = find(subset, "bpf_func_id", BTF_KIND_ENUM);

	cr_assert_eq(btf_vlen(type), 2);
	cr_expect_str_eq(btf__name_by_offset(subset, btf_enum(type)[0].name_off),
			 "BPF_FUNC_task_pt_regs");
	cr_expect_eq(btf_enum(type)[0].val, BPF_FUNC_task_pt_regs);
	cr_expect_str_eq(btf__name_by_offset(subset, btf_enum(type)[1].name_off), "BPF_FUNC_loop");
	cr_expect_eq(btf_enum(type)[1].val, BPF_FUNC_loop);
	btf__free(subset);
}

Test(kernel_btf, flavors_of_ours_are_the_kernels_type)
{
	struct btf *subset = subset_of(
		&(struct names){ NAMES("dentry___ours", "dentry___other", "no_such_structure"),
				 NO_NAMES, NO_NAMES, NO_NAMES });

	find(subset, "dentry", BTF_KIND_STRUCT);
	cr_expect_lt(btf__find_by_name_kind(subset, "no_such_structure", BTF_KIND_STRUCT), 0);
	btf__free(subset);
}

Test(kernel_btf, functions)
{
	cr_expect(kernel_btf_has_function(kernel, "vfs_read"));
	cr_expect_not(kernel_btf_has_function(kernel, "dentry"));
	cr_expect_not(kernel_btf_has_function(kernel, "no_such_function"));
	cr_expect_not(kernel_btf_has_function(kernel, ""));
}

static int keep_id(const struct btf_type *type, __u32 id, const char *name, void *arg)
{
	(void)name;
	cr_expect(btf_is_typedef(type));
	*(__u32 *)arg = id;
	return 0;
}

/* So are tracepoints named. */
Test(kernel_btf, typedefs)
{
	const char *name = "btf_trace_sys_exit";
	__u32 id = 0;
	const struct kernel_btf_look look = { &name, 1, keep_id, &id };

	cr_assert_eq(kernel_btf_find(kernel, &look), 0);
	cr_expect_eq(id, (__u32)btf__find_by_name_kind(all, name, BTF_KIND_TYPEDEF));
}

Test(kernel_btf, there_is_no_type_beyond_the_last)
{
	cr_expect_null(kernel_btf_type(kernel, 0));
	cr_expect_not_null(kernel_btf_type(kernel, 1));
	cr_expect_null(kernel_btf_type(kernel, ~0u));
	cr_expect_str_eq(kernel_btf_text(kernel, ~0u), "");
}

/* --- what bpf/cast.h leaves open ---------------------------------------------------------- */

#define NAME(type) #type,
static const char *const cast_types[] = { CAST_TYPES(NAME) };

struct casts {
	int open, filled;
};

static struct casts count_casts(void)
{
	int cast = btf__find_by_name_kind(all, "bpf_rdonly_cast", BTF_KIND_FUNC);
	struct casts casts = {};
	size_t len;
	const struct bpf_insn *insn = bpf_object_bytes(&len);

	for (size_t i = 0; i < len / sizeof(*insn); i++) {
		if (insn[i].code != (BPF_JMP | BPF_CALL))
			continue;
		casts.open += insn[i].imm == CAST_CALL;
		casts.filled +=
			cast > 0 && insn[i].src_reg == BPF_PSEUDO_KFUNC_CALL && insn[i].imm == cast;
	}
	return casts;
}

Test(kernel_btf, casts_are_filled_in_where_the_kernel_has_them)
{
	struct casts casts;

	cr_assert_eq(bpf_object_unpack(BPF_OBJECT_ALL), 0);
	cr_assert_eq(kernel_btf_find(kernel, &bpf_object_look), 0);
	bpf_object_fill_in();
	casts = count_casts();
	if (btf__find_by_name_kind(all, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0) {
		cr_expect_eq(casts.open, 0);
		cr_expect_gt(casts.filled, 100);
	} else {
		cr_expect_gt(casts.open, 100);
	}
	bpf_object_drop();
}

Test(kernel_btf, casts_are_to_structures_that_kernels_have)
{
	/* not all of them on every kernel */
	for (size_t i = 0; i < CAST_TYPE_COUNT; i++)
		if (strncmp(cast_types[i], "io_", 3) != 0)
			find(all, cast_types[i], BTF_KIND_STRUCT);
}
