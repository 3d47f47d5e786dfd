# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A thousand containers, and fifty that come and go each second."""

import os
import time

import pytest

from conftest import unique_name
from harness import bundle, settings
from harness.bpf import filter_keys
from harness.fleet import Fleet
from harness.trace import Trace

CONTAINERS = 1000
RING_KB = 2 * 8 * 1024  # the default ring; its data is mapped twice
CHURN_PER_SECOND = 50
CHURN_SECONDS = 300 if settings.SLOW else 20


@pytest.fixture(name="fleet")
def make_fleet(work):
    reason = bundle.why_not("runc")
    if reason:
        pytest.skip(reason)
    fleet = Fleet(work, unique_name("fleet"))
    yield fleet
    fleet.end_all()


def status_kb(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        (line,) = [line for line in status if line.startswith(f"{field}:")]
    return int(line.split()[1])


def cpu_seconds(pid):
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as stat:
        return int(stat.read().split()[0]) / 1e9


def start_cost(fleet, enough=0):
    """Seconds of CPU until it traces, the best of some: others use this machine, too."""
    costs = []
    while len(costs) < 7 or (min(costs) >= enough > 0 and len(costs) < 50):
        with Trace(*fleet.runtime_root) as trace:
            costs.append(cpu_seconds(trace.pid))
    return min(costs)


def test_thousand_containers(fleet):
    alone = start_cost(fleet)
    for number in range(CONTAINERS):
        fleet.begin(number)
    # 100 ms where a start by itself takes some 30; on a slow machine in proportion
    enough = alone + max(0.1, 3.5 * alone)
    assert start_cost(fleet, enough) < enough, alone
    with Trace(*fleet.runtime_root) as trace:
        assert set(fleet.live.values()) <= filter_keys(trace.pid)
        beside_the_ring = status_kb(trace.pid, "VmHWM") - RING_KB
    assert beside_the_ring < 16 * 1024


class Kept:
    """What a ctrace holds on to, to be compared."""

    def __init__(self, pid):
        self.kb = status_kb(pid, "RssAnon")
        # the fewest in a while: it may be looking at files, those of 200 containers
        self.fds = min(self.count_fds(pid) for _ in range(20))

    @staticmethod
    def count_fds(pid):
        time.sleep(0.01)
        return len(os.listdir(f"/proc/{pid}/fd"))


def churn(fleet, numbers, seconds):
    """Each lives for a tenth of a second.  Returns {id: id of the cgroup that it had}."""
    gone, young = {}, []
    next_start = time.monotonic()
    end = next_start + seconds
    while time.monotonic() < end:
        time.sleep(max(0, next_start - time.monotonic()))
        next_start = max(next_start + 1 / CHURN_PER_SECOND, time.monotonic() - 0.1)
        young.append(fleet.begin(next(numbers)))
        fleet.run(young[-1], f"/churn/{young[-1]}")
        if len(young) > CHURN_PER_SECOND // 10:
            oldest = young.pop(0)
            gone[oldest] = fleet.end(oldest)
    return gone | {one: fleet.end(one) for one in young}


def test_containers_that_come_and_go(fleet):
    """Beside 200 that stay."""
    for number in range(200):
        fleet.begin(number)
    with Trace(*fleet.runtime_root) as trace:
        numbers = iter(range(1000, 1000000))
        gone = churn(fleet, numbers, 5)
        before = Kept(trace.pid)
        gone |= churn(fleet, numbers, CHURN_SECONDS)
        time.sleep(0.5)
        after, keys = Kept(trace.pid), filter_keys(trace.pid)
    assert after.fds == before.fds
    assert after.kb - before.kb < 2048, (before.kb, after.kb)
    assert set(fleet.live.values()) <= keys
    assert not set(gone.values()) & keys
    assert not [e for e in trace.events if e["type"] == "lost" and e["cgroup_id"] in gone.values()]
    told = {
        (event["container"]["id"], event["file"]["name"])
        for event in trace.opens(comm="opener")
        if event["file"].get("name", "").startswith("/churn/")
    }
    assert told == {(one, f"/churn/{one}") for one in gone}
