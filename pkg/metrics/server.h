/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* /metrics, /healthz and /readyz over HTTP, on a thread of its own. */
#ifndef CTRACE_METRICS_SERVER_H
#define CTRACE_METRICS_SERVER_H

#include <stdbool.h>

#include "base/error.h"
#include "metrics/metrics.h"

struct metrics_server;

/* Is this "ADDR:PORT", "[ADDR6]:PORT" or ":PORT"?  0, or -EINVAL with the reason. */
int metrics_server_check(const char *listen, struct error *err);

struct metrics_server_settings {
	const char *listen;            /* as above */
	const struct metrics *metrics; /* must live longer */
	bool confined;                 /* the thread gives up all that it doesn't need */
};

/*
 * Listen there, and start the thread, confined from its first moment on.  It takes no
 * connection yet: they wait for metrics_server_go().  0, or negative errno and the reason,
 * such as that the address is in use.
 */
int metrics_server_open(struct metrics_server **out, const struct metrics_server_settings *settings,
			struct error *err);

/* Answer from here on.  NULL is fine. */
void metrics_server_go(struct metrics_server *server);

/* Closes all connections; NULL is fine. */
void metrics_server_stop(struct metrics_server *server);

#endif
