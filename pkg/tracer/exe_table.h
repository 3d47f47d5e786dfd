/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Paths of executables by the number the kernel side gave them; see exe_record. */
#ifndef CTRACE_EXE_TABLE_H
#define CTRACE_EXE_TABLE_H

#include "event/open_event.h"

struct exe_table;

/* NULL when there is no memory. */
struct exe_table *exe_table_new(void);

/* NULL is fine. */
void exe_table_free(struct exe_table *table);

/*
 * Remember an exe_record of len bytes, taking the place of one not asked for
 * in a long time once there are many.  0, -EBADMSG for a record that
 * contradicts itself, -ENOMEM.
 */
int exe_table_add(struct exe_table *table, const void *record, size_t len);

/* Valid until the next exe_table_add(); at is NULL if the number is not known. */
struct bytes exe_table_find(struct exe_table *table, __u64 exe_id);

#endif
