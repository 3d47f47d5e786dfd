/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A list of strings that somebody else owns, such as the words of a command line. */
#ifndef CTRACE_STRING_LIST_H
#define CTRACE_STRING_LIST_H

#include <stddef.h>

/* Starts as {}; at is NULL-terminated, or NULL while the list is empty. */
struct string_list {
	const char **at;
	size_t count;
};

/* 0, or -ENOMEM with the list as it was. */
int string_list_add(struct string_list *list, const char *string);

/* Frees the list, not the strings; it is empty then. */
void string_list_free(struct string_list *list);

#endif
