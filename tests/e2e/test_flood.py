# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Whoever may make cgroups makes as many as they can: memory stays, and the neighbour is seen."""

import subprocess
import time

import pytest

from conftest import unique_name
from harness.bpf import filter_keys
from harness.cgroup import Cgroup, mount_point
from harness.settings import program
from harness.trace import Trace
from harness.truth import run_program

ROOM = 4096  # of one container in the filter
NESTED = 1024  # what is named like a container in one and kept apart
STRANGERS = 128  # unknown cgroups at once that root did not make; this host may have some of its own
DEEPEST = 32  # a container's own cgroup, for what is beyond its room to be found
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
    assert in_filter <= 2 + ROOM + kept_apart + STRANGERS
    assert lost_in(trace, noisy) == lost_in(trace, calm) == 0


def opens_of(trace, path):
    return [event for event in trace.opens(comm="flood") if event["file"]["path"] == path]


@pytest.mark.parametrize("when", ["before", "while"])
def test_more_than_there_is_room_for(containers, when):
    """What is opened in those that the filter has no room for is seen, too."""
    which, noisy, _ = containers
    count = ROOM + 1000
    if when == "before":
        flood("keep", noisy, count, "plain")
    try:
        with Trace(*which, "--wait") as trace:
            if when == "while":
                flood("keep", noisy, count, "plain")
            assert len(filter_keys(trace.pid)) <= 2 + ROOM + STRANGERS
            noisy.run(program("flood"), "open", str(noisy), str(count), "/etc/passwd")
    finally:
        flood("remove", noisy, count, "plain")
    seen = opens_of(trace, "/etc/passwd")
    assert len({event["cgroup_id"] for event in seen}) == len(seen) == count
    assert {event["container"]["name"] for event in seen} == {noisy.path.name.removeprefix("lxc.payload.")}
    assert lost_in(trace, noisy) == 0


@pytest.mark.parametrize("when", ["before", "while"])
def test_more_than_there_is_room_for_too_deep(cgroup, lxc, when):
    """Nobody finds the container from above: then it is told how many are not seen."""
    deep = cgroup
    for _ in range(DEEPEST - 1):
        deep = deep.child("d")
    noisy, beyond = lxc(parent=deep), 100
    if when == "before":
        flood("keep", noisy, ROOM + beyond, "plain")
    try:
        with Trace("--container", noisy.name, "--wait") as trace:
            if when == "while":
                flood("keep", noisy, ROOM + beyond, "plain")
            run_program(noisy, "opener", "openat", "/seen")
            trace.wait_line(b'"/seen"', "an open in the container")
    finally:
        flood("remove", noisy, ROOM + beyond, "plain")
    assert lost_in(trace, noisy) == beyond


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
        assert len(filter_keys(trace.pid)) <= in_filter + STRANGERS
        run_program(beyond.child("deeper").child("still"), "opener", "openat", "/from-beyond")
        trace.wait_line(b'"/from-beyond"', "an open beyond the container's room")
        beyond.remove()
        flood("remove", noisy, ROOM, "plain")
    assert lost_in(trace, noisy) == lost_in(trace, calm) == 0


@pytest.mark.parametrize("when", ["before", "while"])
def test_one_cut_out_of_a_container_that_has_no_more_room(containers, lxc, when):
    """A walk that finds the container from above must not find it for what is excluded."""
    which, noisy, _ = containers
    name, count = unique_name("hidden"), 3 * ROOM

    def make_hidden():
        hidden = lxc(name, parent=noisy)
        return [hidden, *(hidden.child(f"in{number}") for number in range(10))]

    hidden = make_hidden() if when == "before" else []
    with Trace(*which, "--wait", "--exclude-container", name) as trace:
        flood("keep", noisy, count, "plain")
        hidden = hidden or make_hidden()
        time.sleep(3)  # for so long at most ctrace itself remembers that it is not wanted
        for group in hidden:
            run_program(group, "opener", "openat", "/hidden")
        run_program(noisy.child("other"), "opener", "openat", "/shown")
        trace.wait_line(b'"/shown"', "an open of the container")
        hidden[0].remove()
        flood("remove", noisy, count, "plain")
    assert not [event for event in trace.opens() if event["file"]["path"] == "/hidden"]
    assert lost_in(trace, noisy) == 0


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


@pytest.mark.parametrize("who", ["nobody", "root beyond its container's room"])
def test_a_user_who_makes_cgroups(containers, cgroup, who):
    """While nobody knows whose they are all are traced: so many at a time, and the rest is told."""
    which, noisy, calm = containers
    count = 5000
    cgroup.path.chmod(0o777)
    with Trace(*which, "--wait") as trace:
        sees(trace, calm, "/before")
        if who == "nobody":
            before = memory_kb(trace)
            flood("keep", cgroup, count, "long", by=NOBODY)
        else:
            flood("keep", noisy, ROOM, "plain")
            beyond = Cgroup(noisy.path / "beyond")
            sees(trace, calm, "/between")
            before = memory_kb(trace)
            beyond.run(program("flood"), "keep", str(cgroup), str(count), "long")
        sees(trace, calm, "/while")
        assert memory_kb(trace) - before < GROWTH_KB
        in_filter = len(filter_keys(trace.pid))
        flood("remove", cgroup, count, "long")
        if who != "nobody":
            beyond.remove()
            flood("remove", noisy, ROOM, "plain")
            in_filter -= ROOM
    assert in_filter < count / 2
    assert sum(e["count"] for e in trace.events if e.get("reason") == "map_full" and "cgroup_id" not in e) > count / 2
