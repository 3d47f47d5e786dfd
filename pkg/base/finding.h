/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a look at one thing has found: fine or not, in a sentence, and what to do about it. */
#ifndef CTRACE_FINDING_H
#define CTRACE_FINDING_H

enum health {
	HEALTH_OK,
	HEALTH_WARN, /* tracing works, but not as well as it could */
	HEALTH_FAIL, /* tracing does not work */
};

struct finding {
	const char *name; /* of what was looked at; static */
	enum health health;
	char text[640];
	char remedy[384]; /* "" where there is nothing to be done */
};

/* "ok", "warn" or "FAIL"; static. */
const char *health_word(enum health health);

/* Set health and text; name stays, the remedy becomes "". */
void finding_set(struct finding *f, enum health health, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Set the remedy: what to do, as an order ("run as root"). */
void finding_remedy(struct finding *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
