// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/kernel_btf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/name_set.h"

/* One file of /sys/kernel/btf.  Where a module's ids and texts begin, those of vmlinux end. */
struct part {
	char *bytes;
	size_t len;
	bool mapped;
	const char *types, *types_end;
	const char *texts;
	__u32 texts_first, texts_len;
	__u32 first_id, count;
	__u32 *at; /* of the first of each so many types, from `types` on */
};

#define TYPES_BETWEEN 64

enum { VMLINUX, MODULE, PARTS };

struct kernel_btf {
	struct part parts[PARTS];
};

/* --- reading -------------------------------------------------------------------------- */

#define LARGEST (64u << 20)

/* Without a copy since 6.16 (a539e2a6d51d). */
static int part_map(struct part *p, const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *at;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	at = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return file_read(AT_FDCWD, path, LARGEST, &p->bytes, &p->len);
	p->bytes = at;
	p->len = st.st_size;
	p->mapped = true;
	return 0;
}

static void part_free(struct part *p)
{
	if (p->mapped)
		munmap(p->bytes, p->len);
	else
		free(p->bytes);
	free(p->at);
}

/* How long a type is; 0 if its kind came after this was written. */
static size_t type_size(const struct btf_type *type)
{
#define SIZE(behind, of_each)                               \
	{                                                   \
		sizeof(struct btf_type) + (behind), of_each \
	}
	static const struct {
		unsigned char fixed, each;
	} sizes[32] = {
		[BTF_KIND_INT] = SIZE(sizeof(__u32), 0),
		[BTF_KIND_PTR] = SIZE(0, 0),
		[BTF_KIND_ARRAY] = SIZE(sizeof(struct btf_array), 0),
		[BTF_KIND_STRUCT] = SIZE(0, sizeof(struct btf_member)),
		[BTF_KIND_UNION] = SIZE(0, sizeof(struct btf_member)),
		[BTF_KIND_ENUM] = SIZE(0, sizeof(struct btf_enum)),
		[BTF_KIND_FWD] = SIZE(0, 0),
		[BTF_KIND_TYPEDEF] = SIZE(0, 0),
		[BTF_KIND_VOLATILE] = SIZE(0, 0),
		[BTF_KIND_CONST] = SIZE(0, 0),
		[BTF_KIND_RESTRICT] = SIZE(0, 0),
		[BTF_KIND_FUNC] = SIZE(0, 0),
		[BTF_KIND_FUNC_PROTO] = SIZE(0, sizeof(struct btf_param)),
		[BTF_KIND_VAR] = SIZE(sizeof(struct btf_var), 0),
		[BTF_KIND_DATASEC] = SIZE(0, sizeof(struct btf_var_secinfo)),
		[BTF_KIND_FLOAT] = SIZE(0, 0),
		[BTF_KIND_DECL_TAG] = SIZE(sizeof(struct btf_decl_tag), 0),
		[BTF_KIND_TYPE_TAG] = SIZE(0, 0),
		[BTF_KIND_ENUM64] = SIZE(0, sizeof(struct btf_enum64)),
	};
#undef SIZE
	unsigned int kind = btf_kind(type); /* five bits */

	return sizes[kind].fixed + (size_t)btf_vlen(type) * sizes[kind].each;
}

static const struct btf_type *next_type(const struct btf_type *type)
{
	return (const struct btf_type *)((const char *)type + type_size(type));
}

/*
 * Where some of the types are: they follow each other, each of its own length.  (Where all of
 * them are is half a megabyte, and its pages are most of what it costs to look.)
 */
static int part_index(struct part *p)
{
	size_t room = (p->types_end - p->types) / sizeof(struct btf_type);
	const char *type = p->types;

	p->at = malloc((room / TYPES_BETWEEN + 1) * sizeof(*p->at));
	if (!p->at)
		return -ENOMEM;
	while (type + sizeof(struct btf_type) <= p->types_end) {
		size_t size = type_size((const struct btf_type *)type);

		if (!size || size > (size_t)(p->types_end - type))
			return -EINVAL;
		if (p->count % TYPES_BETWEEN == 0)
			p->at[p->count / TYPES_BETWEEN] = type - p->types;
		p->count++;
		type += size;
	}
	return type == p->types_end ? 0 : -EINVAL;
}

/* Sections lie where the header says, behind it; every text ends within its section. */
static int part_parse(struct part *p)
{
	const struct btf_header *header = (const struct btf_header *)p->bytes;
	size_t room;

	if (p->len < sizeof(*header) || header->magic != BTF_MAGIC || header->hdr_len > p->len)
		return -EINVAL;
	room = p->len - header->hdr_len;
	if (header->type_off % 4 || header->type_off > room ||
	    header->type_len > room - header->type_off || header->str_off > room ||
	    header->str_len > room - header->str_off || !header->str_len)
		return -EINVAL;
	p->types = p->bytes + header->hdr_len + header->type_off;
	p->types_end = p->types + header->type_len;
	p->texts = p->bytes + header->hdr_len + header->str_off;
	p->texts_len = header->str_len;
	if (p->texts[p->texts_len - 1])
		return -EINVAL;
	return part_index(p);
}

static int part_open(struct part *p, const char *path, const struct part *below)
{
	int r = part_map(p, path);

	p->first_id = below ? below->first_id + below->count : 1; /* 0 is void */
	p->texts_first = below ? below->texts_len : 0;
	return r < 0 ? r : part_parse(p);
}

int kernel_btf_open(struct kernel_btf **kernel, struct error *err)
{
	static const char vmlinux[] = "/sys/kernel/btf/vmlinux";
	struct kernel_btf *k = calloc(1, sizeof(*k));
	int r;

	*kernel = k;
	if (!k)
		return error_set(err, -ENOMEM, "read '%s'", vmlinux);
	r = part_open(&k->parts[VMLINUX], vmlinux, NULL);
	if (r < 0)
		return error_set(err, r, "read '%s'", vmlinux);
	/* None if it is built in, or not loaded, or the kernel tells nothing of modules. */
	if (part_open(&k->parts[MODULE], "/sys/kernel/btf/overlay", &k->parts[VMLINUX]) < 0)
		k->parts[MODULE].count = 0;
	return 0;
}

void kernel_btf_free(struct kernel_btf *kernel)
{
	if (!kernel)
		return;
	for (int i = 0; i < PARTS; i++)
		part_free(&kernel->parts[i]);
	free(kernel);
}

/* --- looking -------------------------------------------------------------------------- */

static const struct btf_type *part_type(const struct part *p, __u32 number)
{
	const char *at = p->types + p->at[number / TYPES_BETWEEN];
	const struct btf_type *type = (const struct btf_type *)at;

	for (__u32 left = number % TYPES_BETWEEN; left; left--)
		type = next_type(type);
	return type;
}

const struct btf_type *kernel_btf_type(const struct kernel_btf *kernel, __u32 id)
{
	for (int i = 0; i < PARTS; i++) {
		const struct part *p = &kernel->parts[i];

		if (id >= p->first_id && id - p->first_id < p->count)
			return part_type(p, id - p->first_id);
	}
	return NULL;
}

const char *kernel_btf_text(const struct kernel_btf *kernel, __u32 offset)
{
	for (int i = 0; i < PARTS; i++) {
		const struct part *p = &kernel->parts[i];

		if (offset >= p->texts_first && offset - p->texts_first < p->texts_len)
			return p->texts + (offset - p->texts_first);
	}
	return "";
}

static bool can_be_asked_for(const struct btf_type *type)
{
	static const __u32 kinds = 1u << BTF_KIND_STRUCT | 1u << BTF_KIND_UNION |
				   1u << BTF_KIND_ENUM | 1u << BTF_KIND_ENUM64 |
				   1u << BTF_KIND_FUNC | 1u << BTF_KIND_TYPEDEF;

	return type->name_off && kinds >> btf_kind(type) & 1;
}

static int part_find(const struct kernel_btf *kernel, const struct part *p,
		     const struct name_set *names, const struct kernel_btf_look *look)
{
	const struct btf_type *type = (const struct btf_type *)p->types;
	int r = 0;

	for (__u32 n = 0; n < p->count && !r; n++, type = next_type(type)) {
		const char *name;

		if (!can_be_asked_for(type))
			continue;
		name = kernel_btf_text(kernel, type->name_off);
		if (name_set_has(names, name))
			r = look->found(type, p->first_id + n, name, look->arg);
	}
	return r;
}

int kernel_btf_find(const struct kernel_btf *kernel, const struct kernel_btf_look *look)
{
	struct name_set *names = name_set_new(look->names, look->count);
	int r = names ? 0 : -ENOMEM;

	for (int i = 0; i < PARTS && !r; i++)
		r = part_find(kernel, &kernel->parts[i], names, look);
	name_set_free(names);
	return r;
}

static int is_function(const struct btf_type *type, __u32 id, const char *name, void *arg)
{
	(void)id, (void)name;
	*(bool *)arg |= btf_is_func(type);
	return 0;
}

bool kernel_btf_has_function(const struct kernel_btf *kernel, const char *name)
{
	bool has = false;
	const struct kernel_btf_look look = { &name, 1, is_function, &has };

	kernel_btf_find(kernel, &look);
	return has;
}
