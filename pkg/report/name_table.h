/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Numbers for names: the first name asked for is 0, the next new one 1, and so on.
 *
 * A name belongs to an owner, so that one table can hold a whole tree of files:
 * the owner of a file's name is the number of its directory.  Names come from
 * containers, which would choose them to collide: the hash has a secret.
 */
#ifndef CTRACE_NAME_TABLE_H
#define CTRACE_NAME_TABLE_H

#include <stddef.h>

#include <linux/types.h>

#include "event/open_event.h"

#define NAME_NONE ((__u32)-1) /* no number; as an owner: nobody */

struct name_table;

/* A table that takes max names at most, of max_bytes together.  NULL when there is no memory. */
struct name_table *name_table_new(__u32 max, size_t max_bytes);

void name_table_free(struct name_table *t);

/* The number of a name that is there, or NAME_NONE. */
__u32 name_table_find(const struct name_table *t, __u32 owner, struct bytes name);

/*
 * The same, and a new number for a name that is not there.  0 with *number set,
 * -ENOSPC when the table is full (nothing is added then), or -ENOMEM.
 */
int name_table_get(struct name_table *t, __u32 owner, struct bytes name, __u32 *number);

__u32 name_table_count(const struct name_table *t);

/* Of all names together. */
size_t name_table_bytes(const struct name_table *t);

/* Of a number below the count.  The bytes stay where they are until the table is freed. */
struct bytes name_table_name(const struct name_table *t, __u32 number);
__u32 name_table_owner(const struct name_table *t, __u32 number);

#endif
