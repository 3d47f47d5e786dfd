// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The parts that our BPF object comes in. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <criterion/criterion.h>
#include <string.h>

#include "tracer/bpf_object.h"

static struct bpf_object *open_part(enum bpf_object_part part)
{
	struct bpf_object *object;
	const void *bytes;
	size_t len;

	cr_assert_eq(bpf_object_unpack(part), 0);
	bytes = bpf_object_bytes(&len);
	object = bpf_object__open_mem(bytes, len, NULL);
	bpf_object_drop();
	cr_assert_not_null(object);
	return object;
}

static size_t program_count(const struct bpf_object *object)
{
	struct bpf_program *program;
	size_t count = 0;

	bpf_object__for_each_program (program, object)
		count++;
	return count;
}

static const struct btf_type *section(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_DATASEC);

	cr_assert_gt(id, 0, "%s", name);
	return btf__type_by_id(btf, id);
}

static const char *variable(const struct btf *btf, const struct btf_var_secinfo *info)
{
	return btf__name_by_offset(btf, btf__type_by_id(btf, info->type)->name_off);
}

static void expect_same_variables(const struct btf *a, const struct btf *b, const char *name)
{
	const struct btf_type *in_a = section(a, name), *in_b = section(b, name);
	const struct btf_var_secinfo *of_a = btf_var_secinfos(in_a), *of_b = btf_var_secinfos(in_b);

	cr_assert_eq(in_a->size, in_b->size, "%s", name);
	cr_assert_eq(btf_vlen(in_a), btf_vlen(in_b), "%s", name);
	for (int i = 0; i < btf_vlen(in_a); i++) {
		cr_expect_str_eq(variable(a, &of_a[i]), variable(b, &of_b[i]));
		cr_expect_eq(of_a[i].offset, of_b[i].offset, "%s", variable(a, &of_a[i]));
		cr_expect_eq(of_a[i].size, of_b[i].size, "%s", variable(a, &of_a[i]));
	}
}

/* Programs of one part find in the maps of another one what user space puts there. */
Test(bpf_object, parts_have_the_same_variables)
{
	struct bpf_object *maps = open_part(BPF_OBJECT_MAPS);

	for (int part = BPF_OBJECT_TRACEPOINT; part <= BPF_OBJECT_OLD; part++) {
		struct bpf_object *object = open_part(part);

		expect_same_variables(bpf_object__btf(maps), bpf_object__btf(object), ".rodata");
		expect_same_variables(bpf_object__btf(maps), bpf_object__btf(object), ".bss");
		bpf_object__close(object);
	}
	bpf_object__close(maps);
}

Test(bpf_object, parts_have_the_programs_that_they_are_for)
{
	static const struct {
		enum bpf_object_part part;
		const char *has, *has_not;
	} parts[] = {
		{ BPF_OBJECT_TRACEPOINT, "sys_exit", "sys_exit_perf" },
		{ BPF_OBJECT_TRACEPOINT, "cgroup_mkdir", "fexit_openat2" },
		{ BPF_OBJECT_TRACEPOINT, "signal_deliver", "signal_deliver_alone" },
		{ BPF_OBJECT_ALL, "fexit_openat2", "no_such_program" },
		{ BPF_OBJECT_OLD, "signal_deliver_alone", "no_such_program" },
	};
	struct bpf_object *object = open_part(BPF_OBJECT_MAPS);

	cr_expect_eq(program_count(object), 0);
	bpf_object__close(object);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		object = open_part(parts[i].part);
		cr_expect_not_null(bpf_object__find_program_by_name(object, parts[i].has));
		cr_expect_null(bpf_object__find_program_by_name(object, parts[i].has_not));
		bpf_object__close(object);
	}
}
