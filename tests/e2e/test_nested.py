# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A cgroup's children belong to it, whenever they were made; who leaves is out."""

import multiprocessing
import os
import time
from contextlib import suppress
from subprocess import DEVNULL

import pytest

from harness.settings import program
from harness.trace import Trace
from harness.truth import run_program
from harness.wait import wait_until


def names(trace):
    return [event["file"].get("name") for event in trace.opens()]


def test_children_that_were_there(cgroup):
    deepest = cgroup.child("a").child("b").child("c")
    with Trace("--cgroup", cgroup) as trace:
        run_program(deepest, "opener", "openat", "/etc")
    assert "/etc" in names(trace)
    assert {event["cgroup_id"] for event in trace.opens(comm="opener")} == {deepest.id}


def test_children_made_later(cgroup):
    with Trace("--cgroup", cgroup) as trace:
        deepest = cgroup.child("a").child("b").child("c")
        run_program(deepest, "opener", "openat", "/etc")
    assert "/etc" in names(trace)


def test_children_made_while_it_starts(cgroup):
    """Between the scan of what is there and the hooks' going live nothing slips through."""
    with Trace("--cgroup", cgroup, wait=False) as trace:
        children = []
        while not trace.live():
            assert trace.process.poll() is None, trace.stderr
            children.append(cgroup.child(f"n{len(children)}"))
            if len(children) > 20000:
                break
        for child in children[-200:]:
            run_program(child, "opener", "openat", f"/etc/{child.path.name}")
    seen = set(names(trace))
    assert {f"/etc/{child.path.name}" for child in children[-200:]} <= seen


def test_many_children(cgroup):
    with Trace("--cgroup", cgroup) as trace:
        for number in range(300):
            child = cgroup.child(f"n{number}")
            if number % 100 == 0:
                run_program(child, "opener", "openat", f"/etc/{number}")
            child.remove()
    assert {"/etc/0", "/etc/100", "/etc/200"} <= set(names(trace))


def open_as_told(cpu, orders):
    """A process of one CPU opens what it is told to, and nothing else."""
    os.sched_setaffinity(0, [cpu])
    while name := orders.recv():
        with suppress(FileNotFoundError):
            os.open(name, os.O_RDONLY)
        orders.send("done")


def visit_new_ones(parent, home, opener, orders, turn):
    """It opens in cgroups that are made for it and then removed; it is moved by us, who are on another CPU."""
    groups = [parent.child(f"passing{number}") for number in range(20)]
    for number, group in enumerate(groups):
        group.add(opener.pid)
        orders.send(f"/nowhere/{parent.path.name}/{turn}-{number}")
        orders.recv()
    home.add(opener.pid)
    for group in groups:
        group.path.rmdir()
    time.sleep(0.1)  # the kernel gives their memory back, and takes it for the next


def test_cgroups_that_are_made_where_others_were(cgroup):
    """
    The kernel side remembers what it was told of a cgroup by its address, which another one has soon
    after that is gone: what was outside must not hide it, and what was inside not show it.
    """
    inside, outside = cgroup.child("inside"), cgroup.child("outside")
    context = multiprocessing.get_context("fork")
    orders, taken = context.Pipe()
    cpus = sorted(os.sched_getaffinity(0))
    opener = context.Process(target=open_as_told, args=(cpus[-1], taken), daemon=True)
    with Trace("--cgroup", inside) as trace:
        opener.start()
        os.sched_setaffinity(0, cpus[:1])
        for turn in range(10):
            for parent in (outside, inside):
                visit_new_ones(parent, outside, opener, orders, turn)
        os.sched_setaffinity(0, cpus)
        orders.send("")
        opener.join()
    assert [name for name in names(trace) if name.startswith("/nowhere/")] == [
        f"/nowhere/inside/{turn}-{number}" for turn in range(10) for number in range(20)]


def open_until(told, cpu, group, name):
    """A process of one CPU opens in the group, and opens that name once it is told that all is ready."""
    os.sched_setaffinity(0, [cpu])
    group.add(os.getpid())
    while not told.is_set():
        with suppress(FileNotFoundError):
            os.open("/nowhere", os.O_RDONLY)
    with suppress(FileNotFoundError):
        os.open(name, os.O_RDONLY)


def test_processes_that_open_while_it_starts(cgroup):
    """
    Before their cgroup is in the filter the kernel side remembers, by CPU, that it is outside. Once it is,
    that must hide nothing.
    """
    inside, others = cgroup.child("inside"), cgroup.child("others")
    for number in range(300):  # first in the filter: that takes a while
        others.child(f"n{number}")
    context = multiprocessing.get_context("fork")
    told = context.Event()
    openers = {
        f"/nowhere/{cpu}": context.Process(target=open_until, args=(told, cpu, inside, f"/nowhere/{cpu}"))
        for cpu in os.sched_getaffinity(0)
    }
    for opener in openers.values():
        opener.start()
    try:
        wait_until(lambda: len(inside.pids()) == len(openers), "they don't join")
        asked = ("--cgroup", others, "--cgroup", inside, "--dedup", "1m")
        with Trace(*asked, backend="tracepoint") as trace:
            told.set()
            for opener in openers.values():
                opener.join()
    finally:
        for opener in openers.values():
            opener.kill()
    assert set(openers) <= set(names(trace))


def test_sibling_is_not_traced(cgroup):
    inside, outside = cgroup.child("inside"), cgroup.child("outside")
    with Trace("--cgroup", inside) as trace:
        run_program(outside, "opener", "openat", "/etc")
    assert names(trace) == []


def test_parent_is_not_traced(cgroup):
    child = cgroup.child("child")
    with Trace("--cgroup", child) as trace:
        run_program(cgroup, "opener", "openat", "/etc")
    assert names(trace) == []


def test_process_that_joins_is_reported_from_then_on(cgroup):
    inside, outside = cgroup.child("inside"), cgroup.child("outside")
    process = outside.popen(program("load"), "forever", "/etc", stdout=DEVNULL)
    try:
        with Trace("--cgroup", inside) as trace:
            assert trace.lines == []
            inside.add(process.pid)
            trace.wait_line(b'"/etc"', "an open of the process that joined")
    finally:
        process.kill()
        process.wait()
    assert set(names(trace)) == {"/etc"}


def test_process_that_leaves_is_not_reported_any_more(cgroup):
    inside, outside = cgroup.child("inside"), cgroup.child("outside")
    process = inside.popen(program("load"), "paced", "100000", "5", "/etc", stdout=DEVNULL)
    try:
        with Trace("--cgroup", inside) as trace:
            trace.wait_line(b'"/etc"', "an open of the process")
            outside.add(process.pid)
            # what was under way is told by now: one more open marks the place
            run_program(inside, "opener", "openat", "/marker")
            trace.wait_line(b'"/marker"', "the marker")
            until_marker = len(trace.lines)
            run_program(inside, "opener", "openat", "/marker2")
            trace.wait_line(b'"/marker2"', "the second marker")
    finally:
        process.kill()
        process.wait()
    after = [event["file"].get("name") for event in trace.events[until_marker:]]
    assert "/marker2" in after and "/etc" not in after


def test_thread_in_a_threaded_child(cgroup):
    """Only one thread of a process is in the group: only its opens are reported."""
    parent = cgroup.child("p")
    threaded = parent.child("t")
    if not (threaded.path / "cgroup.type").exists():
        pytest.skip("v1 has no threaded cgroups")
    (threaded.path / "cgroup.type").write_text("threaded")
    process = parent.popen(program("load"), "paced", "100000", "5", "/etc", stdout=DEVNULL)
    try:
        with Trace("--cgroup", threaded) as trace:
            threaded.add(process.pid, threads=True)
            trace.wait_line(b'"/etc"', "an open of the thread that joined")
    finally:
        process.kill()
        process.wait()
    assert {event["cgroup_id"] for event in trace.opens()} == {threaded.id}
