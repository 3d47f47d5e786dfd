# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
A container with cgroups of its own may take everybody's rights to them: to a ctrace
without CAP_DAC_READ_SEARCH, root or not, they are closed then.
"""

import time
from subprocess import PIPE

import pytest

from conftest import unique_name
from harness.capabilities import NEEDED, with_only
from harness.trace import Trace
from harness.truth import run_program

# Debian's kernels have perf_event_open(2) ask for sys_admin, which opens no closed files.
TO_TRACE = [*NEEDED, "sys_admin"]


class HumbleTrace(Trace):
    """ctrace with the capabilities that it takes to trace, and no others."""

    def spawn(self, argv, **kwargs):
        return super().spawn(with_only(TO_TRACE, argv), **kwargs)


@pytest.fixture(name="close")
def make_close():
    """close(group, mode): its directory has that mode until the test is over."""
    closed = []

    def close(group, mode=0):
        group.path.chmod(mode)
        closed.append(group)

    yield close
    for group in closed:
        if group.path.exists():
            group.path.chmod(0o755)


def complaints(trace, group):
    return trace.stderr.count(f"'/{group.path.name}' may not be looked into")


def opened_in(trace, group):
    names = [event["file"]["path"] for event in trace.opens() if event["cgroup_id"] == group.id]
    return names.count("/etc")


def open_in(group):
    run_program(group, "opener", "openat", "/etc")


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111], ids=["none", "no entry", "no list"])
def test_what_is_done_below_is_told(lxc, close, mode):
    """Of cgroups that were there before ctrace, and of those made later."""
    container = lxc()
    before = container.child("inner").child("before")
    close(container, mode)
    with HumbleTrace("--container", container.name) as trace:
        later = before.child("later")
        for group in (container, before, later):
            open_in(group)
    assert [opened_in(trace, group) for group in (container, before, later)] == [1, 1, 1]
    assert {event["container"]["id"] for event in trace.opens()} == {container.name}
    assert complaints(trace, container) == 1
    assert trace.status == 0


def test_where_nobody_can_tell_what_is_below(cgroup, lxc, close):
    """Its root lies too deep to be found from above."""
    deep = cgroup
    for _ in range(40):
        deep = deep.child("d")
    container = lxc(parent=deep)
    container.child("inner")
    close(container)
    with HumbleTrace("--container", container.name) as trace:
        open_in(container)
    assert opened_in(trace, container) == 1
    (lost,) = (event for event in trace.events if event["type"] == "lost")
    assert (lost["reason"], lost["container"]["id"]) == ("map_full", container.name)


def test_nothing_else_is_told(lxc, close, cgroup):
    """Where anything that is unknown may be a part of the container."""
    container = lxc()
    container.child("inner")
    close(container)
    with HumbleTrace("--container", container.name) as trace:
        for group in (cgroup, cgroup.child("inner"), container):
            open_in(group)
    assert {event["cgroup_id"] for event in trace.opens()} == {container.id}


def test_other_containers_are_traced(lxc, close):
    container, other = lxc(), lxc()
    container.child("inner")
    close(container)
    with HumbleTrace("--container", other.name) as trace:
        open_in(other)
    assert opened_in(trace, other) == 1
    assert complaints(trace, container) == 1


def test_a_container_inside_goes_on(lxc, close):
    """It is not gone, just because nobody can find it any more."""
    outer = lxc()
    inner = lxc(parent=outer)
    waiting = inner.popen("/bin/sh", "-c", "echo; read line", stdin=PIPE, stdout=PIPE)
    waiting.stdout.readline()
    with HumbleTrace("--container", outer.name, "--container", inner.name) as trace:
        close(outer)
        lxc(parent=outer, name=unique_name("new")).remove()
        for _ in range(3):
            time.sleep(0.2)  # ctrace looks for ends ten times a second, at most
            open_in(inner)
    waiting.communicate()
    assert opened_in(trace, inner) == 3
    assert trace.containers(action="stopped") == []


@pytest.mark.parametrize("wanted", [True, False], ids=["wanted", "excluded"])
def test_a_container_inside_that_starts_later(lxc, close, wanted):
    outer, name = lxc(), unique_name("inner")
    close(outer)
    option = "--container" if wanted else "--exclude-container"
    with HumbleTrace("--container", outer.name, option, name, "--wait") as trace:
        inner = lxc(name, parent=outer)
        for group in (inner, outer):
            open_in(group)
        trace.wait_line(b'"openat"', "an open")
        time.sleep(0.5)  # of the other one, too, if that is told
    assert [opened_in(trace, group) for group in (inner, outer)] == [wanted, True]
    assert trace.status == 0


@pytest.mark.parametrize("attempt", range(5))
def test_one_that_starts_meanwhile(lxc, close, attempt):
    """... and is closed before ctrace looks into it, or after, or while it does."""
    name = unique_name("late")
    with HumbleTrace("--container", name, "--wait") as trace:
        late = lxc(name)
        inner = late.child("inner")
        close(late)
        open_in(inner)
        trace.wait_line(b'"openat"', "the open")
    assert opened_in(trace, inner) == 1


def test_with_one_more_capability_none_is_closed(lxc, close):
    class AbleTrace(Trace):
        def spawn(self, argv, **kwargs):
            return super().spawn(with_only([*TO_TRACE, "dac_read_search"], argv), **kwargs)

    container = lxc()
    inner = container.child("inner")
    close(container)
    with AbleTrace("--container", container.name) as trace:
        open_in(inner)
    assert opened_in(trace, inner) == 1
    assert complaints(trace, container) == 0


def test_below_the_root_of_all(own_machine, cgroup, close):
    inner = cgroup.child("inner")
    close(cgroup)
    with HumbleTrace("--cgroup", "/") as trace:
        open_in(inner)
    assert opened_in(trace, inner) == 1
