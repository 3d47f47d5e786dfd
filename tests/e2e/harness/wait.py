# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Waiting for something to become true, with an end."""

import time

from .settings import PATIENCE


def wait_until(claim, what, seconds=10):
    """Returns the first true value of claim(); fails with `what` after some time."""
    end = time.monotonic() + seconds * PATIENCE
    while True:
        value = claim()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds * PATIENCE:g} s in vain: {what}")
        time.sleep(0.01)
