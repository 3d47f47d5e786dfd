# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""In a pipe, too, an event is visible within 100 ms."""

import calendar
import statistics
import subprocess
import time

from harness.settings import PATIENCE, program
from harness.trace import Trace
from harness.truth import run_program

LIMIT = 0.1 * PATIENCE


def test_single_open_is_visible_within_100_ms(cgroup):
    delays = []
    with Trace("--cgroup", cgroup) as trace:
        for number in range(5):
            run_program(cgroup, "opener", "openat", f"/none{number}")
            done = time.monotonic()
            delays.append(trace.wait_line(b'"/none%d"' % number, "the open") - done)
            time.sleep(0.2)
    # The busiest moment of a shared machine says nothing about ctrace.
    assert statistics.median(delays) < LIMIT, delays


def test_slow_trickle_is_not_held_back(cgroup):
    """Opens that never fill a buffer: the first comes long before the last is made."""
    with Trace("--cgroup", cgroup) as trace:
        process = cgroup.popen(
            program("load"), "paced", "20", "100", "/etc", stdout=subprocess.DEVNULL
        )
        trace.wait_line(b'"/etc"', "the first open")
        assert process.poll() is None
        process.kill()
        process.wait()


def test_events_carry_the_time_of_the_open(cgroup):
    before = time.time()
    with Trace("--cgroup", cgroup) as trace:
        run_program(cgroup, "opener", "openat", "/etc")
        after = time.time()
    event = trace.opens(comm="opener")[-1]
    stamp, fraction = event["time"].removesuffix("Z").split(".")
    when = calendar.timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%S")) + float(f"0.{fraction}")
    assert before - 0.05 <= when <= after + 0.05


def test_times_never_go_back_within_a_thread(cgroup):
    with Trace("--cgroup", cgroup) as trace:
        run_program(cgroup, "load", "burst", "2000", "/etc")
    times = [event["time"] for event in trace.opens(comm="load")]
    assert times == sorted(times)
