# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What it takes to trace, and programs that have nothing else."""

import os
import re

KERNEL = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
# Kernels before 5.11 count BPF's memory as locked.
FOR_MEMORY = [] if KERNEL >= (5, 11) else ["sys_resource"]
NEEDED = ["bpf", "perfmon", *FOR_MEMORY]


def with_only(names, argv, **ids):
    """The command with these capabilities and no others, as root or as another user."""
    held = ",".join(["-all", *(f"+{name}" for name in names)])
    who = [f"--{key}={value}" for key, value in ids.items()]
    if ids:
        who += ["--clear-groups", f"--ambient-caps={held}"]
    return ["setpriv", *who, f"--inh-caps={held}", f"--bounding-set={held}", *argv]
