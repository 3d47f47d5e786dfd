// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Of the kernel's types those that a BPF object names, in a file for libbpf. */
#include "tracer/kernel_btf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "base/id_map.h"
#include "base/name_set.h"

struct subset {
	const struct kernel_btf *kernel;
	const struct kernel_btf_look *also;
	struct btf *btf;
	struct id_map *copies;    /* the kernel's id -> ours and 1 */
	struct name_set *members; /* that the object knows of, and values of enumerations */
	int pointer;              /* libbpf never looks at what one points to */
};

static int copy(struct subset *s, __u32 id);

static const char *name_of(const struct subset *s, const struct btf_type *type)
{
	return type->name_off ? kernel_btf_text(s->kernel, type->name_off) : NULL;
}

/* What has no name may have in it what is wanted. */
static bool is_wanted(const struct subset *s, __u32 name)
{
	return !name || name_set_has(s->members, kernel_btf_text(s->kernel, name));
}

static int copy_array(struct subset *s, const struct btf_type *type)
{
	const struct btf_array *array = btf_array(type);
	int index = copy(s, array->index_type), element = copy(s, array->type);

	if (index < 0 || element < 0)
		return index < 0 ? index : element;
	return btf__add_array(s->btf, index, element, array->nelems);
}

static int copy_enum(struct subset *s, const struct btf_type *type)
{
	const struct btf_enum *value = btf_enum(type);
	int id = btf__add_enum(s->btf, name_of(s, type), type->size), r = 0;

	for (int i = 0; i < btf_vlen(type) && id > 0 && !r; i++, value++)
		if (is_wanted(s, value->name_off))
			r = btf__add_enum_value(s->btf, kernel_btf_text(s->kernel, value->name_off),
						value->val);
	return r < 0 ? r : id;
}

static int copy_enum64(struct subset *s, const struct btf_type *type)
{
	const struct btf_enum64 *value = btf_enum64(type);
	int id = btf__add_enum64(s->btf, name_of(s, type), type->size, btf_kflag(type)), r = 0;

	for (int i = 0; i < btf_vlen(type) && id > 0 && !r; i++, value++)
		if (is_wanted(s, value->name_off))
			r = btf__add_enum64_value(s->btf,
						  kernel_btf_text(s->kernel, value->name_off),
						  btf_enum64_value(value));
	return r < 0 ? r : id;
}

/* What its members are of comes first: a member is added to the last type that there is. */
static int copy_members_types(struct subset *s, const struct btf_type *type)
{
	const struct btf_member *member = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++) {
		int r = is_wanted(s, member[i].name_off) ? copy(s, member[i].type) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int copy_composite(struct subset *s, const struct btf_type *type)
{
	const struct btf_member *member = btf_members(type);
	const char *name = name_of(s, type);
	int r = copy_members_types(s, type), id;

	if (r < 0)
		return r;
	id = btf_is_struct(type) ? btf__add_struct(s->btf, name, type->size)
				 : btf__add_union(s->btf, name, type->size);
	for (int i = 0; i < btf_vlen(type) && id > 0 && !r; i++)
		if (is_wanted(s, member[i].name_off))
			r = btf__add_field(s->btf, kernel_btf_text(s->kernel, member[i].name_off),
					   copy(s, member[i].type), btf_member_bit_offset(type, i),
					   btf_member_bitfield_size(type, i));
	return r < 0 ? r : id;
}

static int copy_of_kind(struct subset *s, const struct btf_type *type)
{
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		return btf__add_int(s->btf, name_of(s, type), type->size, btf_int_encoding(type));
	case BTF_KIND_FLOAT:
		return btf__add_float(s->btf, name_of(s, type), type->size);
	case BTF_KIND_ARRAY:
		return copy_array(s, type);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return copy_composite(s, type);
	case BTF_KIND_ENUM:
		return copy_enum(s, type);
	case BTF_KIND_ENUM64:
		return copy_enum64(s, type);
	case BTF_KIND_PTR:
		return s->pointer;
	default: /* typedef, const and so on: libbpf, too, looks at what is behind */
		return copy(s, type->type);
	}
}

/* Our id for the kernel's, or a negative errno. */
static int copy(struct subset *s, __u32 id)
{
	const struct btf_type *type = kernel_btf_type(s->kernel, id);
	long known = (long)id_map_get(s->copies, id);
	int copied;

	if (known)
		return known - 1;
	copied = type ? copy_of_kind(s, type) : 0;
	if (copied < 0)
		return copied;
	return id_map_put(s->copies, id, (void *)(long)(copied + 1)) < 0 ? -ENOMEM : copied;
}

static int copy_found(const struct btf_type *type, __u32 id, const char *name, void *arg)
{
	struct subset *s = arg;
	int r = btf_is_func(type) ? 0 : copy(s, id);

	return r < 0 ? r : s->also->found(type, id, name, s->also->arg);
}

/* --- what is wanted --------------------------------------------------------------------- */

struct names {
	char **texts;
	size_t count, room;
};

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->texts[i]);
	free(names->texts);
}

static int names_add(struct names *names, const char *text, size_t len)
{
	if (names->count == names->room) {
		size_t room = names->room ? 2 * names->room : 256;
		char **texts = reallocarray(names->texts, room, sizeof(*texts));

		if (!texts)
			return -ENOMEM;
		names->texts = texts;
		names->room = room;
	}
	names->texts[names->count] = strndup(text, len);
	return names->texts[names->count] && ++names->count ? 0 : -ENOMEM;
}

/*
 * libbpf takes what begins with "___" for a flavor of ours, which the kernel does not have: in
 * the names of types and of enumerations' values, not of members.
 */
static int names_add_type(struct names *names, const char *text)
{
	const char *flavor = strstr(text, "___");

	return names_add(names, text,
			 flavor && flavor > text ? (size_t)(flavor - text) : strlen(text));
}

static int names_add_members(struct names *names, const struct btf *wanted,
			     const struct btf_type *type)
{
	const struct btf_member *member = btf_members(type);
	int r = 0;

	for (int i = 0; i < btf_vlen(type) && !r; i++) {
		const char *name = btf__name_by_offset(wanted, member[i].name_off);

		r = names_add(names, name, strlen(name));
	}
	return r;
}

static int names_add_values(struct names *names, const struct btf *wanted,
			    const struct btf_type *type)
{
	int r = 0;

	for (int i = 0; i < btf_vlen(type) && !r; i++) {
		__u32 name = btf_is_enum(type) ? btf_enum(type)[i].name_off
					       : btf_enum64(type)[i].name_off;

		r = names_add_type(names, btf__name_by_offset(wanted, name));
	}
	return r;
}

/* The names of the object's types, and of what is in these. */
static int names_fill(struct names *types, struct names *members, const struct btf *wanted)
{
	int r = 0;

	for (__u32 id = 1; id < btf__type_cnt(wanted) && !r; id++) {
		const struct btf_type *type = btf__type_by_id(wanted, id);

		if (btf_is_composite(type))
			r = names_add_members(members, wanted, type);
		else if (btf_is_any_enum(type))
			r = names_add_values(members, wanted, type);
		else
			continue;
		if (!r && type->name_off)
			r = names_add_type(types, btf__name_by_offset(wanted, type->name_off));
	}
	return r;
}

static int subset_find(struct subset *s, const struct names *types, const struct names *members)
{
	const struct kernel_btf_look look = { (const char *const *)types->texts, types->count,
					      copy_found, s };
	int r;

	s->members = name_set_new((const char *const *)members->texts, members->count);
	if (!s->members)
		return -ENOMEM;
	s->pointer = btf__add_ptr(s->btf, 0);
	r = s->pointer < 0 ? s->pointer : kernel_btf_find(s->kernel, &look);
	name_set_free(s->members);
	return r;
}

static int subset_fill(struct subset *s, const struct btf *wanted)
{
	struct names types = {}, members = {};
	int r = names_fill(&types, &members, wanted);

	for (size_t i = 0; i < s->also->count && !r; i++)
		r = names_add_type(&types, s->also->names[i]);
	if (!r)
		r = subset_find(s, &types, &members);
	names_free(&types);
	names_free(&members);
	return r;
}

/* ------------------------------------------------------------------------------------------ */

static int subset_write(const struct subset *s, int fd)
{
	__u32 len;
	const char *bytes = btf__raw_data(s->btf, &len);

	if (!bytes)
		return -ENOMEM;
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0)
			return -errno;
		bytes += n;
		len -= n;
	}
	return 0;
}

int kernel_btf_subset(const struct kernel_btf *kernel, const struct btf *wanted, int fd,
		      const struct kernel_btf_look *also, struct error *err)
{
	struct subset s = {
		.kernel = kernel,
		.also = also,
		.btf = btf__new_empty(),
		.copies = id_map_new(),
	};
	int r = s.btf && s.copies ? 0 : -ENOMEM;

	if (!r)
		r = subset_fill(&s, wanted);
	if (!r)
		r = subset_write(&s, fd);
	btf__free(s.btf);
	id_map_free(s.copies);
	return r < 0 ? error_set(err, r, "put the kernel's types together") : 0;
}
