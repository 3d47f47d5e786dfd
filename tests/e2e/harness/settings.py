# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Where things are, all of it settable from outside: the suite also runs in VMs."""

import os
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
ENGINE = TOP / "tests" / "engine"
SCHEMA = TOP / "docs" / "event.schema.json"

CTRACE = os.environ.get("CTRACE", str(TOP / "build" / "ctrace"))
PROGRAMS = Path(os.environ.get("PROGRAMS", TOP / "build" / "programs"))
BACKEND = os.environ.get("CTRACE_BACKEND") or None  # None: ctrace chooses
# Sanitizers and valgrind do what the sandbox forbids.
NO_SANDBOX = os.environ.get("CTRACE_NO_SANDBOX") == "1"
SLOW = os.environ.get("CTRACE_SLOW") == "1"

# Kernels that may skip runs of BPF programs, and count them: docs/hooks.md says when.
MAY_SKIP = int(os.uname().release.split(".")[0]) >= 7 and "PREEMPT" in os.uname().version

# Emulated machines are slow: every time limit is multiplied by this.
PATIENCE = float(os.environ.get("CTRACE_PATIENCE", "1"))


def program(name):
    return str(PROGRAMS / name)
