// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "base/string_list.h"

#include <errno.h>
#include <stdlib.h>

int string_list_add(struct string_list *list, const char *string)
{
	const char **at = reallocarray(list->at, list->count + 2, sizeof(*at));

	if (!at)
		return -ENOMEM;
	at[list->count++] = string;
	at[list->count] = NULL;
	list->at = at;
	return 0;
}

void string_list_free(struct string_list *list)
{
	free(list->at);
	*list = (struct string_list){};
}
