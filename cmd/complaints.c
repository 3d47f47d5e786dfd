// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "complaints.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

static bool was_said(const struct complaints *c, const char *text)
{
	unsigned int i;

	for (i = 0; i < c->count; i++) {
		if (c->said[i] && !strcmp(c->said[i], text))
			return true;
	}
	return false;
}

void complaints_say(const struct error *err, void *arg)
{
	struct complaints *c = arg;

	if (c->count == COMPLAINTS_MAX || was_said(c, err->text))
		return;
	say("%s", err->text);
	c->said[c->count++] = strdup(err->text);
	if (c->count == COMPLAINTS_MAX)
		say("there are more of these, not shown");
}

void complaints_free(struct complaints *c)
{
	while (c->count)
		free(c->said[--c->count]);
}
