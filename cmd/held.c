// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "held.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct held_record {
	struct held_record *next;
	size_t len;
	struct open_record record; /* and its data */
};

struct held {
	struct held_record *first, **last;
	size_t bytes;
};

struct held *held_new(void)
{
	struct held *held = calloc(1, sizeof(*held));

	if (held)
		held->last = &held->first;
	return held;
}

void held_free(struct held *held)
{
	if (!held)
		return;
	while (held->first) {
		struct held_record *next = held->first->next;

		free(held->first);
		held->first = next;
	}
	free(held);
}

static size_t bytes_for(size_t len)
{
	return offsetof(struct held_record, record) + len;
}

int held_keep(struct held *held, const struct open_record *record, size_t len)
{
	struct held_record *h;

	if (held->bytes + bytes_for(len) > HELD_BYTES)
		return -ENOSPC;
	h = malloc(bytes_for(len));
	if (!h)
		return -ENOMEM;
	h->next = NULL;
	h->len = len;
	memcpy(&h->record, record, len);
	*held->last = h;
	held->last = &h->next;
	held->bytes += bytes_for(len);
	return 0;
}

/* The list is whole again before take() is called. */
static int take_one(struct held *held, struct held_record **at, const struct held_release *release)
{
	struct held_record *h = *at;
	int r;

	*at = h->next;
	if (held->last == &h->next)
		held->last = at;
	held->bytes -= bytes_for(h->len);
	r = release->take(&h->record, h->len, release->arg);
	free(h);
	return r;
}

int held_release(struct held *held, const struct held_release *release)
{
	struct held_record **at = &held->first;

	while (*at) {
		int r;

		if (!release->ready(&(*at)->record, release->arg)) {
			at = &(*at)->next;
			continue;
		}
		r = take_one(held, at, release);
		if (r < 0)
			return r;
	}
	return 0;
}
