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

/* What kernel_btf_subset() makes of types that are named and have no members of their own. */
static struct btf *subset_of(const char *const *structs, const char *const *enums)
{
	int fd = memfd_create("subset", MFD_CLOEXEC);
	struct btf *wanted = btf__new_empty(), *subset;
	struct error err;
	char path[32];

	for (; *structs; structs++)
		btf__add_struct(wanted, *structs, 0);
	for (; *enums; enums++)
		btf__add_enum(wanted, *enums, 4);
	cr_assert_eq(kernel_btf_subset(kernel, wanted, fd, &bpf_object_look, &err), 0, "%s",
		     err.text);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	subset = btf__parse(path, NULL);
	cr_assert_not_null(subset);
	close(fd);
	btf__free(wanted);
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

static void expect_same_type(const struct btf *a, __u32 id_a, const struct btf *b, __u32 id_b);

static void expect_same_members(const struct btf *a, const struct btf_type *ta, const struct btf *b,
				const struct btf_type *tb)
{
	const struct btf_member *ma = btf_members(ta), *mb = btf_members(tb);

	cr_assert_eq(btf_vlen(ta), btf_vlen(tb));
	for (int i = 0; i < btf_vlen(ta); i++) {
		const char *name = btf__name_by_offset(a, ma[i].name_off);

		cr_expect_str_eq(btf__name_by_offset(b, mb[i].name_off), name);
		cr_expect_eq(btf_member_bit_offset(tb, i), btf_member_bit_offset(ta, i), "%s",
			     name);
		cr_expect_eq(btf_member_bitfield_size(tb, i), btf_member_bitfield_size(ta, i), "%s",
			     name);
		expect_same_type(a, ma[i].type, b, mb[i].type);
	}
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

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NO_NAMES   ((const char *const[]){ NULL })

Test(kernel_btf, structures_are_as_libbpf_reads_them)
{
	static const char *const names[] = { "task_struct", "dentry", "file", "super_block", NULL };
	struct btf *subset = subset_of(names, NO_NAMES);

	for (const char *const *name = names; *name; name++) {
		int in_all = btf__find_by_name_kind(all, *name, BTF_KIND_STRUCT);
		int in_subset = btf__find_by_name_kind(subset, *name, BTF_KIND_STRUCT);

		cr_assert_gt(in_all, 0);
		cr_assert_gt(in_subset, 0, "%s is not there", *name);
		expect_same_type(all, in_all, subset, in_subset);
	}
	cr_expect_lt(btf__type_cnt(subset), btf__type_cnt(all) / 50);
	btf__free(subset);
}

Test(kernel_btf, enumerations_have_their_values)
{
	struct btf *subset = subset_of(NO_NAMES, NAMES("bpf_func_id"));
	const struct btf_type *theirs = find(all, "bpf_func_id", BTF_KIND_ENUM);
	const struct btf_type *ours = find(subset, "bpf_func_id", BTF_KIND_ENUM);

	cr_assert_eq(btf_vlen(ours), btf_vlen(theirs));
	for (int i = 0; i < btf_vlen(ours); i++) {
		cr_expect_str_eq(btf__name_by_offset(subset, btf_enum(ours)[i].name_off),
				 btf__name_by_offset(all, btf_enum(theirs)[i].name_off));
		cr_expect_eq(btf_enum(ours)[i].val, btf_enum(theirs)[i].val);
	}
	btf__free(subset);
}

Test(kernel_btf, flavors_of_ours_are_the_kernels_type)
{
	struct btf *subset =
		subset_of(NAMES("dentry___ours", "dentry___other", "no_such_structure"), NO_NAMES);

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
	cr_assert_eq(kernel_btf_find(kernel, &bpf_object_look, 1), 0);
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
