/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What libbpf has to say: to stderr, or kept for the one sentence that names the reason. */
#ifndef CTRACE_LIBBPF_LOG_H
#define CTRACE_LIBBPF_LOG_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Forget what was said before in this thread.  From here on all of it goes to stderr if
 * verbose, and the first warning in each thread is kept in any case.  libbpf has one log for
 * the process.
 */
void libbpf_log_start(bool verbose);

/*
 * "can't <what>: " and the first warning since, which names the program and what the kernel
 * said of it; strerror(-code) if there was none.  Returns code.
 */
int libbpf_log_refusal(struct error *err, int code, const char *what);

#endif
