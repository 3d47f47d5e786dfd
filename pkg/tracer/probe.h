/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Does a backend work here?  Found out by tracing an open of our own with it. */
#ifndef CTRACE_PROBE_H
#define CTRACE_PROBE_H

#include <linux/types.h>

#include "base/error.h"
#include "event.h"

/*
 * Load and attach the backend of this name, open a file that does not exist, see whether that comes
 * out of the ring, and take everything away again.  Traces this process alone, whose
 * cgroup is own_cgroup_id (on a host without v2: in the hierarchy of controller v1); for
 * that it has another command's name meanwhile.
 * 0; -ENODATA if all went well but for the open, which did not show; or the -errno and
 * reason of what went wrong.  Whether the backend is sure to see every open is
 * another question: see backend_fits().
 */
int backend_probe(const char *backend, __u64 own_cgroup_id, enum cgroup_v1_controller v1,
		  struct error *err);

#endif
