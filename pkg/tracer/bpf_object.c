// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "tracer/bpf_object.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

__asm__(".section .rodata\n"
	"packed: .incbin \"" CTRACE_PACKED_OBJECT "\"\n"
	"1: .balign 8\n"
	"packed_len: .quad 1b - packed\n"
	".previous");

/* Hidden, or arm64's compiler takes them from a table that has no place for local symbols. */
extern const unsigned char packed[] __attribute__((visibility("hidden")));
extern const size_t packed_len __attribute__((visibility("hidden")));

static void *bytes;

/* As gzip writes it: the last word, little-endian (RFC 1952, section 2.3.1). */
static size_t unpacked_len(void)
{
	const unsigned char *len = packed + packed_len - 4;

	return len[0] | len[1] << 8 | len[2] << 16 | (size_t)len[3] << 24;
}

static int unpack(void *to, size_t len)
{
	z_stream z = {
		.next_in = (unsigned char *)packed,
		.avail_in = packed_len,
		.next_out = to,
		.avail_out = len,
	};
	int r = inflateInit2(&z, MAX_WBITS + 16); /* + 16: gzip's header */

	if (r == Z_OK)
		r = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return r == Z_STREAM_END ? 0 : -1;
}

const void *bpf_object_bytes(size_t *len)
{
	*len = unpacked_len();
	if (!bytes)
		bytes = malloc(*len);
	if (bytes && unpack(bytes, *len))
		bpf_object_drop();
	return bytes;
}

void bpf_object_drop(void)
{
	free(bytes);
	bytes = NULL;
}
