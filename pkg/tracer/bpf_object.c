// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/bpf_object.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <zlib.h>

#include "cast.h"
#include "tracer/kernel_btf.h"

#define PACK(name)                                                                          \
	__asm__(".section .rodata\n" #name "_packed: .incbin \"" CTRACE_BPF_PARTS "/" #name \
		".part.o.gz\"\n"                                                            \
		"1: .balign 8\n" #name "_packed_len: .quad 1b - " #name "_packed\n"         \
		".previous");                                                               \
	/* Hidden, or arm64's compiler takes them from a table that has no place for local  \
	 * symbols. */                                                                      \
	extern const unsigned char name##_packed[] __attribute__((visibility("hidden")));   \
	extern const size_t name##_packed_len __attribute__((visibility("hidden")))

PACK(maps);
PACK(tracepoint);
PACK(all);
PACK(old);

static const struct {
	const unsigned char *bytes;
	const size_t *len;
} packed[] = {
	[BPF_OBJECT_MAPS] = { maps_packed, &maps_packed_len },
	[BPF_OBJECT_TRACEPOINT] = { tracepoint_packed, &tracepoint_packed_len },
	[BPF_OBJECT_ALL] = { all_packed, &all_packed_len },
	[BPF_OBJECT_OLD] = { old_packed, &old_packed_len },
};

static void *bytes;
static size_t bytes_len;

/* As gzip writes it: the last word, little-endian (RFC 1952, section 2.3.1). */
static size_t unpacked_len(const unsigned char *from, size_t len)
{
	const unsigned char *word = from + len - 4;

	return word[0] | word[1] << 8 | word[2] << 16 | (size_t)word[3] << 24;
}

static int unpack(const unsigned char *from, size_t from_len, void *to, size_t len)
{
	z_stream z = {
		.next_in = (unsigned char *)from,
		.avail_in = from_len,
		.next_out = to,
		.avail_out = len,
	};
	int r = inflateInit2(&z, MAX_WBITS + 16); /* + 16: gzip's header */

	if (r == Z_OK)
		r = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return r == Z_STREAM_END ? 0 : -EBADMSG;
}

/* --- what is looked for among the kernel's types ------------------------------------------- */

#define CAST_NAME(type) #type,
static const char *const wanted[] = { CAST_TYPES(CAST_NAME) "bpf_rdonly_cast",
				      "btf_trace_sys_exit" };

enum { CAST_FUNCTION = CAST_TYPE_COUNT, TRACEPOINT, WANTED };

static __u32 ids[WANTED];

static bool has_kind(const struct btf_type *type, int which)
{
	switch (which) {
	case CAST_FUNCTION:
		return btf_is_func(type);
	case TRACEPOINT:
		return btf_is_typedef(type);
	default:
		return btf_is_composite(type);
	}
}

static int keep_first(const struct btf_type *type, __u32 id, const char *name, void *arg)
{
	(void)arg;
	for (int i = 0; i < WANTED; i++)
		if (!ids[i] && has_kind(type, i) && !strcmp(name, wanted[i]))
			ids[i] = id;
	return 0;
}

const struct kernel_btf_look bpf_object_look = {
	.names = wanted,
	.count = WANTED,
	.found = keep_first,
};

/* --- what bpf/cast.h leaves open ---------------------------------------------------------- */

static bool is_cast(const struct bpf_insn *insn)
{
	return insn[0].code == (BPF_ALU64 | BPF_MOV | BPF_K) && insn[0].dst_reg == BPF_REG_2 &&
	       (__u32)insn[0].imm - CAST_TYPE < CAST_TYPE_COUNT &&
	       insn[1].code == (BPF_JMP | BPF_CALL) && insn[1].imm == CAST_CALL;
}

/* Code lies at multiples of eight in the object, as instructions are long. */
void bpf_object_fill_in(void)
{
	struct bpf_insn *insn = bytes, *last = insn + bytes_len / sizeof(*insn) - 1;

	for (; ids[CAST_FUNCTION] && insn < last; insn++) {
		if (!is_cast(insn))
			continue;
		insn[0].imm = ids[insn[0].imm - CAST_TYPE];
		insn[1].src_reg = BPF_PSEUDO_KFUNC_CALL;
		insn[1].imm = ids[CAST_FUNCTION];
	}
}

/* --- programs for a tracepoint whose arguments have types ----------------------------------- */

/* A tracepoint is named by the type of its functions (include/trace/bpf_probe.h). */
static int name_tracepoint(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	int r = bpf_program__set_type(prog, BPF_PROG_TYPE_TRACING);

	(void)cookie;
	opts->expected_attach_type = BPF_TRACE_RAW_TP;
	opts->attach_btf_id = ids[TRACEPOINT];
	if (!r)
		r = bpf_program__set_expected_attach_type(prog, BPF_TRACE_RAW_TP);
	return r;
}

int bpf_object_register(void)
{
	const struct libbpf_prog_handler_opts opts = {
		.sz = sizeof(opts),
		.prog_prepare_load_fn = name_tracepoint,
	};
	static int handler;

	if (!handler)
		handler = libbpf_register_prog_handler("tp_btf/sys_exit",
						       BPF_PROG_TYPE_RAW_TRACEPOINT, 0, &opts);
	return handler < 0 ? handler : 0;
}

/* ------------------------------------------------------------------------------------------ */

bool bpf_object_has_casts(void)
{
	return ids[CAST_FUNCTION];
}

int bpf_object_unpack(enum bpf_object_part part)
{
	const unsigned char *from = packed[part].bytes;
	size_t from_len = *packed[part].len;
	int r;

	bpf_object_drop();
	bytes_len = unpacked_len(from, from_len);
	bytes = malloc(bytes_len);
	if (!bytes)
		return -ENOMEM;
	r = unpack(from, from_len, bytes, bytes_len);
	if (r < 0)
		bpf_object_drop();
	return r;
}

const void *bpf_object_bytes(size_t *len)
{
	*len = bytes_len;
	return bytes;
}

void bpf_object_drop(void)
{
	free(bytes);
	bytes = NULL;
}
