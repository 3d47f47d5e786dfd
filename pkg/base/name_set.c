// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "base/name_set.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Names in their order; nearly all others differ from these in how they begin. */
struct name_set {
	uint64_t begins[1 << 10]; /* a bit for what is made of the first characters */
	size_t count;
	const char *names[];
};

/* A number below 2^16. */
static unsigned int beginning(const char *name)
{
	uint32_t first = 0;

	for (int i = 0; i < 4 && name[i]; i++)
		first |= (uint32_t)(unsigned char)name[i] << 8 * i;
	return first * 0x9e3779b1u >> 16; /* Knuth's multiplicative hash */
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct name_set *name_set_new(const char *const *names, size_t count)
{
	struct name_set *set = calloc(1, sizeof(*set) + count * sizeof(*set->names));

	if (!set)
		return NULL;
	set->count = count;
	for (size_t i = 0; i < count; i++) {
		unsigned int begins = beginning(names[i]);

		set->names[i] = names[i];
		set->begins[begins / 64] |= 1ULL << begins % 64;
	}
	qsort(set->names, count, sizeof(*set->names), by_text);
	return set;
}

void name_set_free(struct name_set *set)
{
	free(set);
}

bool name_set_has(const struct name_set *set, const char *name)
{
	unsigned int begins = beginning(name);

	return set->begins[begins / 64] >> begins % 64 & 1 &&
	       bsearch(&name, set->names, set->count, sizeof(*set->names), by_text);
}
