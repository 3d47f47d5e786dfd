/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What runtimes left on a host, and the ids of its containers; OTHER_ID is none of those. */
#ifndef CTRACE_RECORDED_HOST_H
#define CTRACE_RECORDED_HOST_H

#define HOST       "tests/unit/fixtures/host"
#define X4(s)      s s s s
#define DOCKER_ID  X4(X4("a1")) X4(X4("a1"))
#define CRI_ID     X4(X4("b2")) X4(X4("b2"))
#define SANDBOX_ID X4(X4("c3")) X4(X4("c3"))
#define PODMAN_ID  X4(X4("d4")) X4(X4("d4"))
#define CRIO_ID    X4(X4("ab")) X4(X4("ab"))
#define CRIO_POD   X4(X4("cd")) X4(X4("cd"))
#define NERDCTL_ID X4(X4("07")) X4(X4("07"))
#define VFS_ID     X4(X4("18")) X4(X4("18"))
#define OTHER_ID   X4(X4("e5")) X4(X4("e5"))
#define POD_UID    "0a1b2c3d-1111-2222-3333-444455556666"

#endif
