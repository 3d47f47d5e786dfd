# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Whoever may make cgroups makes as many as they can: memory stays, and the neighbour is seen."""

import subprocess

import pytest

from conftest import unique_name
from harness.bpf import filter_keys
from harness.cgroup import Cgroup, mount_point
from harness.settings import program
from harness.trace import Trace
from harness.truth import run_program

ROOM = 4096  # of one container in the filter
NESTED = 1024  # what is named like a container in one and kept apart
STRANGERS = 128  # unknown cgroups at once that root did not make
GROWTH_KB = 4096
NOBODY = ("setpriv", "--reuid", "65534", "--clear-groups")


@pytest.fixture(name="containers")
def make_containers():
    """Two containers, by the names of their cgroups: one that floods, and its neighbour."""
    names = [unique_name("flood"), unique_name("calm")]
    groups = [Cgroup(mount_point() / f"lxc.payload.{name}") for name in names]
    yield [arg for name in names for arg in ("--container", name)], *groups
    for group in groups:
        group.remove()


def flood(*args, by=()):
    done = subprocess.run(
        [*by, program("flood"), *map(str, args)], capture_output=True, text=True, check=True, timeout=60
    )
    return int(done.stdout)


def memory_kb(trace):
    with open(f"/proc/{trace.pid}/status", encoding="ascii") as status:
        (line,) = [line for line in status if line.startswith("RssAnon:")]
    return int(line.split()[1])


def sees(trace, calm, name):
    """An open of the neighbour is told within the time that one may take."""
    run_program(calm, "opener", "openat", name)
    trace.wait_line(f'"{name}"'.encode(), f"the neighbour's open of {name}", 5)


def lost_in(trace, group):
    """How many of its cgroups a container has lost."""
    lost = [event for event in trace.events if event["type"] == "lost" and event.get("cgroup_id") == group.id]
    assert {event["reason"] for event in lost} <= {"map_full"}
    return sum(event["count"] for event in lost)


def started_in(trace, group):
    return [event for event in trace.containers(action="started") if event["cgroup"].startswith(f"/{group.path.name}/")]


@pytest.mark.parametrize(
    "shape, count, kept_apart", [("plain", 6000, 0), ("docker", 3000, NESTED), ("long", 3000, 0)]
)
def test_a_container_that_makes_cgroups(containers, shape, count, kept_apart):
    which, noisy, calm = containers
    with Trace(*which, "--wait") as trace:
        sees(trace, calm, "/before")
        before = memory_kb(trace)
        flood("keep", noisy, count, shape)
        sees(trace, calm, "/while")
        assert memory_kb(trace) - before < GROWTH_KB
        in_filter = len(filter_keys(trace.pid))
        flood("remove", noisy, count, shape)
        sees(trace, calm, "/after")
        assert len(filter_keys(trace.pid)) < ROOM / 4
    assert len(started_in(trace, noisy)) <= kept_apart
    assert lost_in(trace, noisy) >= count - in_filter - 1
    assert lost_in(trace, calm) == 0


def test_more_than_there_is_room_for_at_the_start(containers):
    """They keep nobody from tracing; what is left out is told."""
    which, noisy, calm = containers
    count = ROOM + 1000
    flood("keep", noisy, count, "plain")
    try:
        with Trace(*which, "--wait") as trace:
            sees(trace, calm, "/there")
    finally:
        flood("remove", noisy, count, "plain")
    assert lost_in(trace, noisy) == count - ROOM


def test_opens_in_those_that_have_room_are_seen(containers):
    which, noisy, _ = containers
    with Trace(*which, "--wait") as trace:
        flood("keep", noisy, ROOM + 1000, "plain")
        noisy.run(program("flood"), "open", str(noisy), "500", "/etc/passwd")
        flood("remove", noisy, ROOM + 1000, "plain")
    seen = [event for event in trace.opens(comm="flood") if event["file"]["path"] == "/etc/passwd"]
    assert len({event["cgroup_id"] for event in seen}) == len(seen) == 500
    assert lost_in(trace, noisy) == 1000


def test_cgroups_made_from_where_there_was_no_room(containers):
    """By a process in one that is not in the filter: they are the container's, not the host's root's."""
    which, noisy, calm = containers
    count = 5000
    with Trace(*which, "--wait") as trace:
        flood("keep", noisy, ROOM, "plain")
        beyond = Cgroup(noisy.path / "beyond")
        sees(trace, calm, "/before")
        before, in_filter = memory_kb(trace), len(filter_keys(trace.pid))
        beyond.run(program("flood"), "keep", str(beyond.path), str(count), "long")
        sees(trace, calm, "/while")
        assert memory_kb(trace) - before < GROWTH_KB
        assert len(filter_keys(trace.pid)) == in_filter
        beyond.run(program("flood"), "remove", str(beyond.path), str(count), "long")
        beyond.remove()
        flood("remove", noisy, ROOM, "plain")
    assert lost_in(trace, noisy) == count + 1
    assert lost_in(trace, calm) == 0


@pytest.mark.parametrize("inside", [True, False])
def test_cgroups_that_come_and_go(containers, cgroup, inside):
    """By a container, and by a user of the host who is not root."""
    which, noisy, calm = containers
    with Trace(*which, "--wait") as trace:
        sees(trace, calm, "/before")
        before = memory_kb(trace)
        cgroup.path.chmod(0o777)
        made = flood("churn", *((noisy, 2, "long") if inside else (cgroup, 2, "plain")), by=() if inside else NOBODY)
        sees(trace, calm, "/after")
        assert memory_kb(trace) - before < GROWTH_KB
    assert made > 1000
    assert lost_in(trace, calm) == 0


def test_a_user_who_makes_cgroups(containers, cgroup):
    """While nobody knows whose they are all are traced: so many at a time, and the rest is told."""
    which, _, calm = containers
    count = 5000
    cgroup.path.chmod(0o777)
    with Trace(*which, "--wait") as trace:
        sees(trace, calm, "/before")
        before = memory_kb(trace)
        flood("keep", cgroup, count, "long", by=NOBODY)
        sees(trace, calm, "/while")
        assert memory_kb(trace) - before < GROWTH_KB
        assert len(filter_keys(trace.pid)) < count / 2
        flood("remove", cgroup, count, "long")
    assert sum(event["count"] for event in trace.events if event.get("reason") == "map_full") > count / 2
