# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
Containers that have cgroups in v1 only: on a host without v2, or one whose runtime made
them none there. On a hybrid host the runtimes of these tests see no v2.
"""

import os
import subprocess
import time

import pytest

from conftest import own_docker, unique_name
from harness import bundle, settings
from harness.bpf import filter_keys
from harness.burst import Burst
from harness.cgroup import Cgroup, is_hybrid, shown, v1_mount_point, v2_mount_point
from harness.schema import Lines
from harness.trace import Trace
from harness.truth import run_program
from harness.usage import in_private_mounts
from harness.wait import wait_until
from test_containers import listed
from test_first_open import PARALLEL, expected, firsts, waited_for
from test_records import actions
from test_setup import is_exec

# Fewer where the machine is slow.
BURST = int(os.environ.get("CTRACE_BURST", "30"))
TAG = 1 << 63  # what keeps ids of v1 apart in the filter; event.h
READS = "while :; do cat /etc/motd; sleep 0.1; done"

pytestmark = pytest.mark.skipif(not v1_mount_point(), reason="no cgroup v1 is mounted here")


@pytest.fixture
def v1_cgroup():
    group = Cgroup(v1_mount_point() / unique_name("v1"))
    yield group
    group.remove()


@pytest.fixture(params=["runc", "crun"])
def runtime(request):
    reason = bundle.why_not(request.param)
    if reason:
        pytest.skip(reason)
    return request.param


@pytest.fixture
def box(runtime, work):
    """box(SCRIPT): a container of v1 only, not started yet; box(SCRIPT, v1=False) where it may choose."""
    made = []

    def make(script, v1=True):
        name = unique_name(runtime)
        path = bundle.make_bundle(work / name, script)
        made.append(bundle.Container(runtime, name, path, v1=v1))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def only_v1(one):
    """Is that really so?"""
    return one.cgroup().is_dir() and not (v2_mount_point() and (v2_mount_point() / one.id).exists())


def tagged(trace):
    """Cgroups of v1 in the filter."""
    return {key & ~TAG for key in filter_keys(trace.pid) if key & TAG}


# --- any cgroup ------------------------------------------------------------------------


@pytest.mark.parametrize("typed", [str, shown], ids=["directory", "path"])
def test_cgroup_and_what_is_made_in_it(v1_cgroup, typed):
    early = v1_cgroup.child("early")
    with Trace("--cgroup", typed(v1_cgroup.path)) as trace:
        late = v1_cgroup.child("late").child("deep")
        for group in (early, late):
            run_program(group, "opener", "openat", "/etc")
        late.remove()
        wait_until(lambda: late.id not in tagged(trace), "a removed cgroup stays in the filter")
    assert {event["cgroup_id"] for event in trace.opens(comm="opener")} == {early.id, late.id}


def test_sibling_is_not_traced(v1_cgroup):
    inside, outside = v1_cgroup.child("inside"), v1_cgroup.child("outside")
    with Trace("--cgroup", inside) as trace:
        run_program(outside, "opener", "openat", "/etc")
    assert trace.opens() == []


@pytest.mark.skipif(not is_hybrid(), reason="v2 is not mounted beside v1 here")
def test_v2_and_v1_at_once(cgroup, v1_cgroup):
    with Trace("--cgroup", cgroup, "--cgroup", v1_cgroup) as trace:
        for group in (cgroup, v1_cgroup):
            run_program(group, "opener", "openat", "/etc")
    assert {event["cgroup_id"] for event in trace.opens(comm="opener")} == {cgroup.id, v1_cgroup.id}


def test_run_without_v2():
    hide = f"umount -l {v2_mount_point()}" if v2_mount_point() else ":"
    done = in_private_mounts(hide, "run", "--", "cat", "/proc/self/cgroup")
    assert done.returncode == 0, done.stderr
    parser = Lines()
    events = [parser.parse(line) for line in done.stdout.encode().splitlines(keepends=True)]
    assert events[0]["call"] == "execve"
    assert "/proc/self/cgroup" in [event["file"].get("name") for event in events]
    (path,) = {line for line in done.stderr.split() if "/ctrace-run-" in line}
    wait_until(lambda: not (v1_mount_point() / path.split(":/")[1]).exists(), f"{path} stays")


def test_cgroup_that_is_not_there():
    done = subprocess.run(
        [settings.CTRACE, "--cgroup", "v1:/no/such"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "'/no/such'" in done.stderr and str(v1_mount_point()) in done.stderr


# --- containers --------------------------------------------------------------------------


def test_one_that_runs(box):
    one = box(READS).start()
    assert only_v1(one)
    (row,) = [row for row in listed() if row["container"]["id"] == one.id]
    assert row["container"]["runtime"] == one.runtime
    assert (row["cgroup"], row["cgroup_id"]) == (f"v1:/{one.id}", one.cgroup().stat().st_ino)

    with Trace("--container", one.id) as trace:
        trace.wait_line(b'"/etc/motd"', "a read of the container")
    assert actions(trace, one.id) == ["running", "open"]
    for event in trace.opens():
        assert event["container"] == {"id": one.id, "runtime": one.runtime}
        assert event["cgroup_id"] == row["cgroup_id"]


def test_one_whose_end_is_the_end(box):
    one = box("until [ -e /stop ]; do cat /etc/motd; sleep 0.1; done").start()
    with Trace("--container", one.id) as trace:
        trace.wait_line(b'"/etc/motd"', "a read of the container")
        (one.bundle / "rootfs" / "stop").touch()
        assert trace.wait_end() == 0
    assert actions(trace, one.id) == ["running", "open", "stopped"]


@pytest.mark.parametrize("options", [[], ["--setup"]], ids=["without", "with"])
def test_set_up_is_told_apart(box, options):
    one = box("")
    one.set_argv("/bin/cat", "/etc/motd")
    with Trace("--container", one.id, "--wait", *options) as trace:
        one.start()
        trace.wait_line(b'"/etc/motd"', "the program's open")
        one.stop()
        trace.wait_line(b'"action":"stopped"', "the container's end")
    opens = trace.opens()
    first = next(i for i, event in enumerate(opens) if "setup" not in event)
    assert (first > 3) == bool(options)
    assert all("setup" in event for event in opens[:first])
    assert is_exec(opens[first]) and opens[first]["file"]["path"] == "/bin/busybox"
    assert [event["file"]["name"] for event in opens[first + 1 :]] == ["/etc/motd"]
    assert actions(trace, one.id) == ["started", "open", "stopped"]


def test_burst_of_containers_that_live_for_a_moment(runtime, work):
    many = Burst(runtime, work, [unique_name(runtime) for _ in range(BURST)], v1=True)
    with Trace(*waited_for(many.names)) as trace:
        many.run(PARALLEL)
    assert firsts(trace) == expected(many)


def test_cgroups_of_nobody_are_dropped(v1_cgroup):
    with Trace("--container", unique_name("nobody"), "--wait") as trace:
        child = v1_cgroup.child("child")
        run_program(child, "opener", "openat", "/etc")
        assert child.id in tagged(trace)
        wait_until(lambda: child.id not in tagged(trace), "it stays in the filter", 10)
    assert trace.events == []


@pytest.mark.skipif(not is_hybrid(), reason="v2 is not mounted beside v1 here")
def test_container_of_both_is_known_by_v2(box):
    """Its cgroup in v1 leaves the filter: else it would cost all others a second look-up."""
    one = box(READS, v1=False)
    with Trace("--container", one.id, "--wait", "--setup") as trace:
        one.start()
        trace.wait_line(b'"/etc/motd"', "a read of the container")
        v1_id = (v1_mount_point() / one.id).stat().st_ino
        wait_until(lambda: v1_id not in tagged(trace), "its v1 cgroup stays in the filter", 10)
        time.sleep(0.3)  # as long as a name is waited for
        one.stop()
        trace.wait_line(b'"action":"stopped"', "the container's end")
    assert actions(trace, one.id) == ["started", "open", "stopped"]
    assert {event["cgroup"] for event in trace.containers()} == {f"/{one.id}"}
    assert trace.lost == 0


# --- an engine ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def v1_docker():
    yield from own_docker(v1=True)


def test_docker_container_from_its_first_open(v1_docker):
    name = unique_name("web")
    with Trace("--container", name, "--wait", *v1_docker.runtime_root) as trace:
        full = v1_docker.run(name, f"cat /etc/motd; {READS}")
        trace.wait_line(b'"/etc/motd"', "a read of the container")
        (row,) = [row for row in listed(*v1_docker.runtime_root) if row["container"]["id"] == full]
        v1_docker.remove(name)
        trace.wait_line(b'"action":"stopped"', "the container's end")
    who = {"id": full, "name": name, "image": "busybox", "runtime": "docker"}
    assert (row["container"], row["cgroup"]) == (who, f"v1:/docker/{full}")
    assert actions(trace, full) == ["started", "open", "stopped"]
    assert all(event["container"] == who for event in trace.events)
    assert is_exec(trace.opens()[0])
