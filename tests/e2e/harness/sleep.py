# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The whole machine put to sleep, and woken by its own clock."""

import time
from pathlib import Path

import pytest

POWER = Path("/sys/power")
ALARM = Path("/sys/class/rtc/rtc0/wakealarm")


def slept():
    """For how long this machine has slept since it was started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


def suspend(seconds):
    """
    To RAM, which stops CLOCK_MONOTONIC; to idle need not.  Returns for how long that stood still:
    what the alarm says, but for the second that its clock is exact to.
    """
    if not ALARM.exists():
        pytest.skip("no clock here that would wake it")
    if "deep" not in (POWER / "mem_sleep").read_text():
        pytest.skip("this machine can't be suspended to RAM")
    (POWER / "mem_sleep").write_text("deep")
    before = slept()
    ALARM.write_text("0")
    ALARM.write_text(f"+{seconds}")
    (POWER / "state").write_text("mem")
    stood = slept() - before
    if stood < seconds - 2:
        pytest.skip(f"asked to sleep for {seconds} s, CLOCK_MONOTONIC stood still for {stood:.1f} s")
    return stood
