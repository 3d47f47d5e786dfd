/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What libbpf has to say: to stderr, or kept for the one sentence that names the reason. */
#ifndef CTRACE_LIBBPF_LOG_H
#define CTRACE_LIBBPF_LOG_H

#include <stdbool.h>

/*
 * Forget what was said before.  From here on all of it goes to stderr if verbose,
 * and the first warning is kept in any case.  libbpf has one log for the process.
 */
void libbpf_log_start(bool verbose);

/* The first warning since, in one line; "" if there was none.  Valid until the next start. */
const char *libbpf_log_reason(void);

#endif
