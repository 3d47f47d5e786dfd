// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "base/name_set.h"

#include <stdlib.h>
#include <string.h>

struct name {
	const char *text;
	size_t which;
};

/* Names in their order; nearly all others differ from these in how they begin. */
struct name_set {
	unsigned char begins[1 << 13]; /* one bit for each two characters */
	size_t count;
	struct name names[];
};

static unsigned int beginning(const char *name)
{
	return name[0] ? (unsigned char)name[0] << 8 | (unsigned char)name[1] : 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

struct name_set *name_set_new(const char *const *names, size_t count)
{
	struct name_set *set = calloc(1, sizeof(*set) + count * sizeof(*set->names));

	if (!set)
		return NULL;
	set->count = count;
	for (size_t i = 0; i < count; i++) {
		unsigned int begins = beginning(names[i]);

		set->names[i] = (struct name){ names[i], i };
		set->begins[begins / 8] |= 1 << begins % 8;
	}
	qsort(set->names, count, sizeof(*set->names), by_text);
	return set;
}

void name_set_free(struct name_set *set)
{
	free(set);
}

long name_set_find(const struct name_set *set, const char *name)
{
	unsigned int begins = beginning(name);
	const struct name *found;

	if (!(set->begins[begins / 8] >> begins % 8 & 1))
		return -1;
	found = bsearch(&(struct name){ .text = name }, set->names, set->count, sizeof(*set->names),
			by_text);
	return found ? (long)found->which : -1;
}
