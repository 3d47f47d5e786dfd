# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Runs ctrace where something is missing."""

import ctypes
import os
import subprocess

from . import settings
from .trace import command_line

PR_CAPBSET_DROP = 24
CAPABILITIES = {"CAP_SYS_ADMIN": 21, "CAP_PERFMON": 38, "CAP_BPF": 39}


def dropping(*names):
    """For preexec_fn: what is exec'd has every capability of ours but these."""
    libc = ctypes.CDLL(None, use_errno=True)

    def drop():
        for name in names:
            if libc.prctl(PR_CAPBSET_DROP, CAPABILITIES[name], 0, 0, 0) < 0:
                raise OSError(ctypes.get_errno(), f"can't drop {name}")

    return drop


def in_private_mounts(script, *args):
    """Runs ctrace in a mount namespace that the shell script has changed first."""
    argv = ["unshare", "--mount", "sh", "-ec", script + '; exec "$@"', "sh", *command_line(args)]
    return subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=30 * settings.PATIENCE
    )
