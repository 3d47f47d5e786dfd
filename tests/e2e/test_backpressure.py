# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A reader that stops reading costs events, which are counted, and nothing else."""

import os
import pty
import re
import signal
import socket
import threading
import time

import pytest

from harness.settings import program
from harness.trace import Trace
from harness.truth import run_program
from harness.wait import wait_until

BUSY = ("--comm", "load", "--buffer-size", "64K")


def ends_of_pipe():
    reader, writer = os.pipe()
    return reader, writer


def ends_of_socket():
    reader, writer = socket.socketpair()
    return reader.detach(), writer.detach()


def ends_of_terminal():
    reader, writer = pty.openpty()
    return reader, writer


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


def is_stuck(pid):
    """It waits in poll() for its reader: the same place, time after time."""
    with open(f"/proc/{pid}/syscall", encoding="ascii") as call:
        return call.read().split()[0] in ("7", "271")  # poll, ppoll: epoll_wait has another number


def fill(cgroup, trace):
    run_program(cgroup, "load", "burst", "20000", "/etc/passwd")
    wait_until(lambda: is_stuck(trace.pid), "ctrace does not wait for its reader")


@pytest.mark.parametrize("ends", [ends_of_pipe, ends_of_socket, ends_of_terminal])
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_though_nobody_reads(cgroup, ends, by):
    reader, writer = ends()
    with Trace("--cgroup", cgroup, *BUSY, stdout=writer) as trace:
        os.close(writer)
        fill(cgroup, trace)
        before = time.monotonic()
        assert trace.stop(by, 10) == 1
        assert time.monotonic() - before < 8
    os.close(reader)
    assert re.search(r"the reader of 'stdout' has stopped: \d+ lines were not written", trace.stderr)


def test_pipe_stays_as_it_was_for_others(cgroup):
    reader, writer = os.pipe()
    with Trace("--cgroup", cgroup, *BUSY, stdout=writer) as trace:
        fill(cgroup, trace)
        assert os.get_blocking(writer)
        trace.stop(signal.SIGINT, 10)
    assert os.get_blocking(writer)
    os.close(writer)
    os.close(reader)


class Stalled:
    """A Trace that is read only once goes_on() is called."""

    def __init__(self, *args):
        self.reader, writer = os.pipe()
        self.trace = Trace(*args, stdout=writer)
        os.close(writer)
        self.trace.wait_live()

    def goes_on(self):
        trace = self.trace
        trace.process.stdout = os.fdopen(self.reader, "rb")
        trace.readers.append(threading.Thread(target=trace.read_lines, daemon=True))
        trace.readers[-1].start()


def around_the_gap(events, path):
    """What was told up to the last open of path, and what comes next."""
    opened = [event["type"] == "open" and event["file"]["path"] == path for event in events]
    last = len(opened) - opened[::-1].index(True)
    return events[:last], events[last:]


def test_reader_that_comes_back_is_told_what_was_lost(cgroup):
    """Its stop neither blocks the traced program nor lets ctrace grow."""
    stalled = Stalled("--cgroup", cgroup, *BUSY)
    trace = stalled.trace
    fill(cgroup, trace)
    before = resident_kb(trace.pid)
    (told,) = run_program(cgroup, "load", "burst", "50000", "/etc/passwd")
    assert resident_kb(trace.pid) <= before + 64
    stalled.goes_on()
    trace.wait_line(b'"lost"', "the loss")
    run_program(cgroup, "load", "burst", "1", "/etc/group")
    trace.stop()
    assert trace.status == 0, trace.stderr
    assert trace.lost > 0
    before, after = around_the_gap(trace.events, "/etc/passwd")
    assert after[0]["type"] == "lost"
    # each exec's own open may be one more on backends that see it
    done = 20000 + told["done"]
    seen = len([event for event in before if event["type"] == "open"])
    assert done <= seen + trace.lost <= done + 2
    assert not [event for event in after[1:] if event["type"] == "lost"]
    assert "/etc/group" in [event["file"]["path"] for event in after[1:]]


def test_loss_is_told_by_container(cgroup):
    noisy, calm = cgroup.child("noisy"), cgroup.child("calm")
    stalled = Stalled("--cgroup", noisy, "--cgroup", calm, *BUSY)
    fill(noisy, stalled.trace)
    (told,) = run_program(calm, "load", "burst", "3000", "/etc/group")
    stalled.goes_on()
    stalled.trace.stop()
    trace = stalled.trace
    lost = {e["cgroup_id"]: 0 for e in trace.events if e["type"] == "lost"}
    for event in trace.events:
        if event["type"] == "lost":
            lost[event["cgroup_id"]] += event["count"]
    assert set(lost) == {noisy.id, calm.id}
    seen = [event for event in trace.opens() if event["cgroup_id"] == calm.id]
    assert told["done"] <= len(seen) + lost[calm.id] <= told["done"] + 1


def test_slow_reader_gets_it_all_after_a_signal(cgroup):
    """It takes its time, but it takes: nothing is given up."""
    reader, writer = os.pipe()
    with Trace("--cgroup", cgroup, "--comm", "load", stdout=writer) as trace:
        os.close(writer)
        (told,) = run_program(cgroup, "load", "burst", "2000", "/etc/passwd")
        wait_until(lambda: is_stuck(trace.pid), "ctrace does not wait for its reader")
        trace.process.send_signal(signal.SIGINT)
        text = b""
        while part := os.read(reader, 40000):
            text += part
            time.sleep(0.1)
        assert trace.wait_end() == 0, trace.stderr
    os.close(reader)
    assert text.count(b"/etc/passwd") >= told["done"]
    assert text.endswith(b"\n")


def test_full_disk_from_the_start(cgroup):
    with Trace("--cgroup", cgroup, "--output", "/dev/full", "--comm", "load") as trace:
        run_program(cgroup, "load", "burst", "10", "/etc/passwd")
        assert trace.wait_end() == 1
    assert "write events to '/dev/full': No space left on device" in trace.stderr


def test_full_disk_in_the_middle(cgroup, work):
    """A file system that fills up: what is there is whole lines but the last, the code is 1."""
    full = work / "small"
    full.mkdir()
    if os.system(f"mount -t tmpfs -o size=64k none {full}"):
        pytest.skip("no tmpfs can be mounted here")
    try:
        with Trace("--cgroup", cgroup, "--output", full / "out", "--comm", "load") as trace:
            load = cgroup.popen(program("load"), "burst", "5000", "/etc/passwd")
            assert trace.wait_end() == 1
            load.wait()
        assert f"write events to '{full}/out': No space left on device" in trace.stderr
    finally:
        os.system(f"umount {full}")
