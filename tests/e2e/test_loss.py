# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Loss is counted: delivered + lost = done, always and exactly."""

import os
import re
import signal

import pytest

from harness.trace import Trace
from harness.truth import programs_own, run_program

TINY = ("--buffer-size", "4096")


def stopped(trace):
    """Holds ctrace, so that its ring must run over."""
    os.kill(trace.pid, signal.SIGSTOP)


def goes_on(trace):
    os.kill(trace.pid, signal.SIGCONT)


def test_delivered_and_lost_add_up_to_done(cgroup):
    with Trace("--cgroup", cgroup, *TINY, "--comm", "load") as trace:
        stopped(trace)
        (told,) = run_program(cgroup, "load", "burst", "20000", "/etc/passwd")
        goes_on(trace)
    assert trace.lost > 0, "nothing lost: nothing is proven"
    # the exec's own open may be one more on backends that see it
    assert told["done"] <= len(trace.opens()) + trace.lost <= told["done"] + 1
    assert len(programs_own(trace.opens(), [told])) + trace.lost == told["done"]


def test_lost_is_told_by_cgroup_and_reason(cgroup):
    with Trace("--cgroup", cgroup, *TINY) as trace:
        stopped(trace)
        run_program(cgroup, "load", "burst", "1000", "/etc/passwd")
        goes_on(trace)
    lost = [event for event in trace.events if event["type"] == "lost"]
    assert {event["reason"] for event in lost} == {"ring_full"}
    assert {event.get("cgroup_id") for event in lost} == {cgroup.id}


def test_loss_is_kept_apart(cgroup):
    """The loss of one group is not laid on another."""
    noisy, calm = cgroup.child("noisy"), cgroup.child("calm")
    with Trace("--cgroup", noisy, "--cgroup", calm, *TINY) as trace:
        made = run_program(calm, "opener", "openat", "/etc")
        trace.wait_line(b'"/etc"', "the calm group's open")
        stopped(trace)
        run_program(noisy, "load", "burst", "1000", "/etc/passwd")
        goes_on(trace)
    assert len(programs_own(trace.opens(), made)) == 1
    lost = [event for event in trace.events if event["type"] == "lost"]
    assert {event["cgroup_id"] for event in lost} == {noisy.id}


def test_summary_tells_the_loss(cgroup):
    with Trace("--cgroup", cgroup, *TINY) as trace:
        stopped(trace)
        run_program(cgroup, "load", "burst", "1000", "/etc/passwd")
        goes_on(trace)
    assert re.search(rf"\b{trace.lost}\b.*lost|lost.*\b{trace.lost}\b", trace.stderr), trace.stderr


def test_counts_add_up_under_filters(cgroup):
    """What a filter leaves out is not lost."""
    with Trace("--cgroup", cgroup, *TINY, "--failed", "--comm", "load") as trace:
        stopped(trace)
        run_program(cgroup, "load", "burst", "1000", "/etc/passwd")
        (told,) = run_program(cgroup, "load", "unique", "3000", "/none/")
        goes_on(trace)
    assert len(trace.opens()) + trace.lost == told["done"]


def test_nothing_lost_by_default(cgroup):
    with Trace("--cgroup", cgroup) as trace:
        (told,) = run_program(cgroup, "load", "burst", "20000", "/etc/passwd")
    assert len(programs_own(trace.opens(), [told])) + trace.lost == told["done"]
    assert trace.lost == 0


@pytest.mark.parametrize("threads, count", [(4, 5000), (16, 500)])
def test_threads_opening_at_once(cgroup, work, threads, count):
    """Each name is its own: none is missing, none comes twice, none is another's."""
    with Trace("--cgroup", cgroup, "--buffer-size", "32M") as trace:
        (told,) = run_program(cgroup, "load", "threads", str(threads), str(count), work)
    assert trace.lost == 0
    seen = [event["file"]["path"] for event in programs_own(trace.opens(), [told])]
    wanted = [f"{work}/t{thread}-{i}" for thread in range(threads) for i in range(count)]
    assert len(seen) == told["done"] == len(wanted)
    assert set(seen) == set(wanted)


def test_threads_of_one_process_have_their_own_tid(cgroup, work):
    with Trace("--cgroup", cgroup) as trace:
        (told,) = run_program(cgroup, "load", "threads", "3", "10", work)
    tids = {}
    for event in programs_own(trace.opens(), [told]):
        thread = event["file"]["path"].rsplit("/", 1)[1].split("-")[0]
        tids.setdefault(thread, set()).add(event["process"]["tid"])
    assert sorted(map(len, tids.values())) == [1, 1, 1]
    assert len(set.union(*tids.values())) == 3


def names_of(trace):
    return [event["file"]["name"] for event in trace.opens() if event["file"].get("name", "").startswith("/none/")]


def test_a_burst_goes_over_from_one_ring_into_the_next(cgroup):
    """A processor's ring holds some 5,000 records; the one that all share has the rest, and the order is kept."""
    with Trace("--cgroup", cgroup) as trace:
        stopped(trace)
        run_program(cgroup, "load", "unique", "20000", "/none/")
        goes_on(trace)
    assert trace.lost == 0
    assert names_of(trace) == [f"/none/{number}" for number in range(20000)]


def test_what_processors_do_in_turn_comes_in_turn(cgroup):
    """Each has a ring of its own, and both are read at one time."""
    cpus = sorted(os.sched_getaffinity(0))
    turns = (cpus * 4)[:8]
    with Trace("--cgroup", cgroup) as trace:
        stopped(trace)
        try:
            for turn, cpu in enumerate(turns):
                os.sched_setaffinity(0, [cpu])
                run_program(cgroup, "load", "unique", "100", f"/none/{turn}/")
        finally:
            os.sched_setaffinity(0, cpus)
        goes_on(trace)
    assert names_of(trace) == [f"/none/{turn}/{number}" for turn in range(len(turns)) for number in range(100)]
    times = [event["time"] for event in trace.opens()]
    assert times == sorted(times)
