# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""`ctrace report`, run to its end."""

from .trace import run_ctrace


def report(*args, **kwargs):
    """Runs `ctrace report` to its good end; returns its CompletedProcess."""
    done = run_ctrace("report", *args, **kwargs)
    assert done.returncode == 0, done.stderr
    return done
