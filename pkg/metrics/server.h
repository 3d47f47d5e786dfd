/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* /metrics, /healthz and /readyz over HTTP, on a thread of its own. */
#ifndef CTRACE_METRICS_SERVER_H
#define CTRACE_METRICS_SERVER_H

#include "base/error.h"
#include "metrics/metrics.h"

struct metrics_server;

/* Is this "ADDR:PORT", "[ADDR6]:PORT" or ":PORT"?  0, or -EINVAL with the reason. */
int metrics_server_check(const char *listen, struct error *err);

/*
 * Listen there and answer from m, which must live longer.  0, or negative errno and the
 * reason, such as that the address is in use.
 */
int metrics_server_start(struct metrics_server **out, const char *listen, const struct metrics *m,
			 struct error *err);

/* Closes all connections; NULL is fine. */
void metrics_server_stop(struct metrics_server *server);

#endif
