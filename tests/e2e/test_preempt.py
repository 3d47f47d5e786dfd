# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
Threads that open at the same time, also where the kernel may preempt a BPF
program midway: delivered + lost = done, and nothing is lost that need not be.
CTRACE_OPENS says how many opens, for machines that are slow.
"""

import collections
import os
import pathlib
import re

import pytest

from harness import settings
from harness.trace import Trace, fexit_may_be_skipped
from harness.truth import run_program

THREADS = 4
EACH = int(os.environ.get("CTRACE_OPENS", "100000")) // THREADS
# Room for all of them at once: what is lost is not lost for want of room.
RING = "64M"
NAME = re.compile(rb'"path":"[^"]*/(t\d-\d+)"')
# The Python of an emulated machine would take minutes to parse each line as JSON.
LOST = re.compile(rb'"type":"lost".*"count":(\d+),"reason":"(\w+)"')


def may_skip(said):
    """Does this kernel skip runs of this backend's programs?  docs/hooks.md says which do."""
    return "fexit backend" in said and fexit_may_be_skipped()


def only_execs(lost):
    """Where raw tracepoint programs are preempted, what others execute may be skipped meanwhile, and no other open."""
    return not lost or (settings.MAY_SKIP and set(lost) == {"skipped"})


def burst(cgroup, work):
    """Runs the threads under a ctrace of their own: (times each name came, losses by reason, stderr)."""
    stream = work / "events"
    options = ("--cgroup", cgroup, "--comm", "load", "--buffer-size", RING, "--output", stream)
    with Trace(*options) as trace:
        (told,) = run_program(cgroup, "load", "threads", str(THREADS), str(EACH), work)
    assert told["done"] == told["failed"] == THREADS * EACH, "the scene is wrong"
    text = stream.read_bytes()
    lost = collections.Counter()
    for count, reason in LOST.findall(text):
        lost[reason.decode()] += int(count)
    return collections.Counter(NAME.findall(text)), lost, trace.stderr


def test_threads_opening_at_once_are_all_accounted_for(cgroup, work):
    times, lost, said = burst(cgroup, work)
    wanted = {b"t%d-%d" % (thread, i) for thread in range(THREADS) for i in range(EACH)}
    assert set(times) <= wanted, "names that nobody opened"
    assert set(times.values()) == {1}, "a name came twice"
    missing = len(wanted) - len(times)
    print(f"{len(wanted)} opens, {missing} missing, lost: {dict(lost)}")
    if may_skip(said):
        # The kernel counts runs that it skipped: other tasks', too, and two of one open.
        assert set(lost) <= {"skipped"} and sum(lost.values()) >= missing
    else:
        assert missing == 0 and only_execs(lost)


def test_many_opens_under_way_at_once(cgroup, work):
    """Each waits in the kernel for the other end of a FIFO; kretprobes have room for ten by default."""
    os.mkfifo(work / "fifo")
    with Trace("--cgroup", cgroup, "--comm", "load") as trace:
        (told,) = run_program(cgroup, "load", "blocked", "40", work / "fifo")
    assert told == {"pid": told["pid"], "done": 41, "failed": 0}
    seen = [event for event in trace.opens() if event["file"]["path"] == str(work / "fifo")]
    assert len({event["process"]["tid"] for event in seen}) == len(seen)
    if may_skip(trace.stderr):
        assert len(seen) + trace.lost >= 41
    else:
        assert len(seen) == 41 and only_execs({event["reason"] for event in trace.events if event["type"] == "lost"})


def test_kretprobes_do_not_stay(cgroup):
    """tracefs would keep them: they are removed at the end, those of a killed ctrace by the next."""
    if settings.BACKEND != "kprobe":
        pytest.skip("only the kprobe backend makes any")
    events = pathlib.Path("/sys/kernel/tracing/kprobe_events")
    with Trace("--cgroup", cgroup) as trace:
        assert "ctrace/" in events.read_text()
        trace.kill()
    assert "ctrace/" in events.read_text(), "nothing is left to be cleaned up"
    with Trace("--cgroup", cgroup) as trace:
        run_program(cgroup, "opener", "openat", "/etc")
    assert trace.opens(comm="opener")
    assert "ctrace/" not in events.read_text()
