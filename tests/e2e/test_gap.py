# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""With --state, a ctrace that starts says since when nobody traced; and killed, it leaves nothing."""

import datetime
import os
import random
import re
import signal
import subprocess
import time

import pytest

from harness.bpf import alive, held_by
from harness.oracle import Oracle
from harness.trace import Trace, command_line, run_ctrace
from harness.wait import wait_until

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z\n")


def seconds(text):
    """Since 1970, of a time as events have it; to a microsecond."""
    when = datetime.datetime.fromisoformat(text[:26])
    return when.replace(tzinfo=datetime.timezone.utc).timestamp()


def gaps(trace):
    return [event for event in trace.events if event["type"] == "gap"]


@pytest.fixture
def state(work):
    return work / "state"


def start(cgroup, state, *more):
    return Trace("--cgroup", cgroup, "--state", state, *more)


def test_first_run_has_no_gap(cgroup, state):
    with start(cgroup, state) as trace:
        wait_until(lambda: TIME.fullmatch(state.read_text()), "nothing noted while it runs", 5)
    assert not gaps(trace)
    assert TIME.fullmatch(state.read_text())


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_restart_tells_what_was_missed(cgroup, state, work, by):
    """Each open is in the one stream, in the other, or in the time between."""
    oracle = Oracle(work)
    load = cgroup.popen(*oracle.opens(us=2000))
    try:
        with start(cgroup, state, *oracle.only) as before:
            time.sleep(1.5)
            assert before.stop(by) == (-by if by == signal.SIGKILL else 0)
        ended = time.time()
        time.sleep(1)
        with start(cgroup, state, *oracle.only) as after:
            began = time.time()
            time.sleep(0.5)
    finally:
        load.kill()
        load.wait()
    (gap,) = gaps(after)
    since, until = seconds(gap["from"]), seconds(gap["to"])
    assert since <= ended and until <= began
    # it notes once a second, and at the end where there is one
    assert ended - since < (0.5 if by == signal.SIGTERM else 3)
    assert until - ended >= 1
    opens = [seconds(event["time"]) for event in before.opens()]
    again = [seconds(event["time"]) for event in after.opens()]
    assert opens and again
    assert max(b - a for a, b in zip(opens, opens[1:]) if b < since) < 0.5
    assert max(opens) > since - 0.5 and min(again) < until + 0.5
    assert f"nothing was traced since {gap['from']}" in after.stderr


def test_update_without_a_gap(cgroup, state):
    """The next one is there before the last one goes, as in a roll-out; then it notes."""
    with start(cgroup, state) as one:
        wait_until(lambda: TIME.fullmatch(state.read_text()), "nothing noted", 5)
        with start(cgroup, state) as other:
            one.stop()
            noted = state.read_text()
            wait_until(lambda: state.read_text() != noted, "the other one does not note", 5)
    assert not gaps(one) and not gaps(other)


@pytest.mark.parametrize("text", ["hello\n", "x" * 5000, "2026-01-02T03:04:05Z\n"])
def test_file_of_somebody_else_is_left_alone(cgroup, state, text):
    state.write_text(text)
    done = run_ctrace("--cgroup", cgroup, "--state", state)
    assert done.returncode == 1
    assert f"'{state}' was not written by ctrace --state" in done.stderr
    assert state.read_text() == text


@pytest.mark.parametrize("what", ["symlink", "fifo", "missing folder"])
def test_no_file_for_it(cgroup, state, work, what):
    if what == "symlink":
        (work / "other").write_text("")
        state.symlink_to(work / "other")
    elif what == "fifo":
        os.mkfifo(state)
    else:
        state = work / "none" / "state"
    done = run_ctrace("--cgroup", cgroup, "--state", state)
    assert done.returncode == 1
    assert str(state) in done.stderr and len(done.stderr.splitlines()) == 1


def test_full_disk_is_said_once(cgroup, work):
    full = work / "full"
    full.mkdir()
    if os.system(f"mount -t tmpfs -o size=4k none {full}"):
        pytest.skip("no tmpfs can be mounted here")
    try:
        (full / "filler").write_bytes(bytes(4096))
        with start(cgroup, full / "state") as trace:
            wait_until(lambda: "No space left" in trace.stderr, "it says nothing", 5)
            time.sleep(2.5)
        assert trace.status == 0
        assert trace.stderr.count("No space left") == 1
    finally:
        os.system(f"umount {full}")


def test_killed_at_any_moment_leaves_nothing(cgroup, state):
    """Neither in the kernel nor half a note; and the next one starts."""
    for _ in range(15):
        process = subprocess.Popen(
            command_line(["--cgroup", cgroup, "--state", state]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(random.uniform(0, 0.8))
        held = held_by(process.pid)
        process.kill()
        process.wait()
        wait_until(lambda held=held: not alive(held), f"left in the kernel: {held}", 10)
        assert not state.exists() or not state.read_text() or TIME.fullmatch(state.read_text())
    with start(cgroup, state) as trace:
        pass
    assert trace.status == 0
