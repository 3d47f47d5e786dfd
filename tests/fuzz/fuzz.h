/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the fuzz targets have in common.  tests/fuzz/README.md tells how they are run. */
#ifndef CTRACE_FUZZ_H
#define CTRACE_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A finding, as a crash is one.  assert() would go with NDEBUG. */
#define MUST(condition)                                                                         \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                \
		}                                                                               \
	} while (0)

/* What is left of an input. */
struct input {
	const uint8_t *at;
	size_t len;
};

static inline unsigned int take_byte(struct input *in)
{
	if (!in->len)
		return 0;
	in->len--;
	return *in->at++;
}

/* A new string: up to the next NUL, which goes, too, and at most max bytes of it. */
static inline char *take_string(struct input *in, size_t max)
{
	const uint8_t *nul = in->len ? memchr(in->at, 0, in->len) : NULL;
	size_t whole = nul ? (size_t)(nul - in->at) : in->len;
	char *text = strndup(in->len ? (const char *)in->at : "", whole < max ? whole : max);

	MUST(text);
	in->at += whole + !!nul;
	in->len -= whole + !!nul;
	return text;
}

#endif
