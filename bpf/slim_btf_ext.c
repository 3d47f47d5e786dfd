// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * slim-btf-ext BTF [SECTION...] < BTF.EXT > BTF.EXT
 *
 * Takes out what is said of these program sections, and all source lines but those where a
 * function begins: the kernel and libbpf want a line for each function and nothing more, and clang
 * has one for each instruction.  BTF is the object's .BTF, which has the sections' names.
 *
 * The formats are told in Documentation/bpf/btf.rst.  It runs where ctrace is built, and reads
 * words as they lie there, which is little-endian as in our BPF object.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/btf.h>
#include <linux/types.h>

/* Offsets are from the header's end. */
struct header {
	__u16 magic;
	__u8 version, flags;
	__u32 header_len, functions_at, functions_len, lines_at, lines_len, relocations_at,
		relocations_len;
};

/* What there is of a program section: records that begin with an offset in it. */
struct section {
	__u32 name, count;
	char records[];
};

/* Functions, lines or relocations: the length of a record, then sections. */
struct part {
	const char *at;
	__u32 len;
};

static char btf[1 << 22], all[1 << 22], kept[1 << 22];
static size_t kept_len;
static char **unwanted;

static _Noreturn void fail(const char *why)
{
	fprintf(stderr, "slim-btf-ext: %s\n", why);
	exit(1);
}

static void keep(const void *bytes, size_t len)
{
	memcpy(kept + kept_len, bytes, len);
	kept_len += len;
}

static size_t read_all(FILE *f, char *to, size_t room)
{
	size_t len = f ? fread(to, 1, room, f) : 0;

	if (!len || len == room)
		fail("the input is empty, or too long");
	return len;
}

/* --- reading ------------------------------------------------------------------------------ */

static const char *text(__u32 offset)
{
	const struct btf_header *h = (const void *)btf;

	return btf + h->hdr_len + h->str_off + offset;
}

static __u32 record_size(const struct part *p)
{
	return *(const __u32 *)p->at;
}

static const struct section *first_section(const struct part *p)
{
	return (const void *)(p->at + sizeof(__u32));
}

static const struct section *next_section(const struct part *p, const struct section *s)
{
	return (const void *)(s->records + s->count * record_size(p));
}

#define for_each_section(s, p)                                        \
	for (const struct section *s = first_section(p); /* NOLINT */ \
	     (const char *)(s) < (p)->at + (p)->len; (s) = next_section(p, s))

static __u32 offset_of(const struct part *p, const struct section *s, __u32 number)
{
	return *(const __u32 *)(s->records + number * record_size(p));
}

/* --- choosing ------------------------------------------------------------------------------ */

static int is_unwanted(const struct section *s)
{
	for (char **name = unwanted; *name; name++)
		if (!strcmp(*name, text(s->name)))
			return 1;
	return 0;
}

static int function_begins(const struct part *functions, __u32 section, __u32 offset)
{
	for_each_section(s, functions) for (__u32 i = 0; s->name == section && i < s->count;
					    i++) if (offset_of(functions, s, i) == offset) return 1;
	return 0;
}

/* Sets the part's new place.  Only what is where a function begins, if functions are given. */
static void keep_part(const struct part *p, const struct part *functions, __u32 *at, __u32 *len)
{
	__u32 size = record_size(p);

	*at = kept_len - sizeof(struct header);
	keep(&size, sizeof(size));
	for_each_section(s, p)
	{
		struct section *few = (void *)(kept + kept_len);

		if (is_unwanted(s))
			continue;
		keep(&(struct section){ .name = s->name }, sizeof(*few));
		for (__u32 i = 0; i < s->count; i++)
			if (!functions || function_begins(functions, s->name, offset_of(p, s, i))) {
				keep(s->records + i * size, size);
				few->count++;
			}
	}
	*len = kept_len - sizeof(struct header) - *at;
}

int main(int argc, char **argv)
{
	const struct header *h = (const void *)all;
	struct part functions, lines, relocations;
	struct header slim;

	if (argc < 2)
		fail("usage: slim-btf-ext BTF [SECTION...] < BTF.EXT > BTF.EXT");
	unwanted = argv + 2;
	read_all(fopen(argv[1], "r"), btf, sizeof(btf));
	read_all(stdin, all, sizeof(all));
	if (h->magic != 0xeb9f || h->header_len != sizeof(*h))
		fail("this is not .BTF.ext as it is known here");
	functions = (struct part){ all + sizeof(*h) + h->functions_at, h->functions_len };
	lines = (struct part){ all + sizeof(*h) + h->lines_at, h->lines_len };
	relocations = (struct part){ all + sizeof(*h) + h->relocations_at, h->relocations_len };

	slim = *h;
	keep(&slim, sizeof(slim));
	keep_part(&functions, NULL, &slim.functions_at, &slim.functions_len);
	keep_part(&lines, &functions, &slim.lines_at, &slim.lines_len);
	keep_part(&relocations, NULL, &slim.relocations_at, &slim.relocations_len);
	memcpy(kept, &slim, sizeof(slim));
	return fwrite(kept, 1, kept_len, stdout) == kept_len && !fflush(stdout) ? 0 : 1;
}
