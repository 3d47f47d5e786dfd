# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A container that starts while ctrace runs is traced, under its name, from its first open."""

import signal
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import unique_name
from harness import bundle, settings
from harness.bpf import filter_keys
from harness.burst import Burst
from harness.cgroup import remove_everywhere
from harness.trace import Trace
from harness.truth import run_program
from harness.wait import wait_until

COUNT = 200 if settings.SLOW else 60
PARALLEL = 8


def waited_for(names):
    """--wait for each of them: nothing that others start here is traced."""
    return ["--wait", *(word for name in names for word in ("--container", name))]


@pytest.fixture(params=["runc", "crun"])
def burst(request, work):
    """burst(COUNT): that many containers, not started yet."""
    reason = bundle.why_not(request.param)
    if reason:
        pytest.skip(reason)
    return lambda count: Burst(
        request.param, work, [unique_name(request.param) for _ in range(count)]
    )


def firsts(trace):
    """{file: whose} of the opens that the containers are made for."""
    return {
        event["file"]["name"]: event["container"]
        for event in trace.opens(comm="cat")
        if event["file"].get("name", "").startswith("/first/")
    }


def expected(many):
    return {f"/first/{name}": {"id": name, "runtime": many.runtime} for name in many.names}


def test_burst_of_containers_that_live_for_a_moment(burst):
    many = burst(COUNT)
    with Trace(*waited_for(many.names)) as trace:
        many.run(PARALLEL)
    assert firsts(trace) == expected(many)


def test_each_is_told_of_before_its_first_open_and_after_its_last(burst):
    many = burst(5)
    with Trace(*waited_for(many.names)) as trace:
        many.run(1)
    for name in many.names:
        kinds = [
            event.get("action", event["type"])
            for event in trace.events
            if event["container"]["id"] == name
        ]
        assert kinds[0] == "started" and kinds[-1] == "stopped"
        assert set(kinds[1:-1]) == {"open"}


def test_containers_that_are_gone_before_ctrace_can_look(burst):
    """On a host so busy that ctrace gets no processor while they live."""
    many = burst(10)
    with Trace(*waited_for(many.names)) as trace:
        trace.process.send_signal(signal.SIGSTOP)
        try:
            many.run(PARALLEL)
        finally:
            trace.process.send_signal(signal.SIGCONT)
    assert firsts(trace) == expected(many)


def test_container_whose_birth_found_no_room_in_the_ring(cgroup):
    """The record that tells of its cgroup is lost: its first open leads there."""
    noisy, full = cgroup.child("noisy"), f"{uuid.uuid4().hex}{uuid.uuid4().hex}"
    asked = ("--cgroup", noisy, "--container", full, "--wait", "--buffer-size", "4096")
    with Trace(*asked) as trace:
        trace.process.send_signal(signal.SIGSTOP)
        try:
            run_program(noisy, "load", "burst", "200", "/etc/passwd")
            for number in range(5):  # smaller records, for what room is left
                noisy.child(f"n{number}")
            box = cgroup.child(f"libpod-{full}")
        finally:
            trace.process.send_signal(signal.SIGCONT)
        run_program(box, "opener", "openat", "/etc/motd")
        trace.wait_line(b'"/etc/motd"', "the container's open", 20)
    opens = [event for event in trace.opens() if event["cgroup_id"] == box.id]
    assert {event["container"]["id"] for event in opens} == {full}


def test_cgroups_of_nobody_are_dropped(cgroup):
    """A cgroup that no runtime made is traced from birth, but nothing of it is shown."""
    with Trace("--container", unique_name("nobody"), "--wait") as trace:
        child = cgroup.child("child")
        run_program(child, "opener", "openat", "/etc")
        assert child.id in filter_keys(trace.pid)
        wait_until(lambda: child.id not in filter_keys(trace.pid), "it stays in the filter", 10)
        run_program(child, "opener", "openat", "/etc")
    assert child.id not in {event["cgroup_id"] for event in trace.events}


def test_docker_container_under_its_name(docker):
    """Its runtime's own cgroup driver, and files that a daemon writes."""
    names = [unique_name("web") for _ in range(5)]
    with Trace(*waited_for(names), *docker.runtime_root) as trace:
        for name in names:
            docker("run", "--rm", "--name", name, "--network=none", "busybox", "cat", f"/{name}", check=False)
    told = {
        event["file"]["name"]: (event["container"]["name"], event["container"]["runtime"])
        for event in trace.opens(comm="cat")
        if event.get("error")
    }
    assert told == {f"/{name}": (name, "docker") for name in names}


@pytest.fixture
def pod(cri):
    """(What kubelet holds of a pod that runs, its name)."""
    root, name, uid = f"/{unique_name('kubelet')}", unique_name("pod"), str(uuid.uuid4())
    running = cri.pod(name, "shop", uid, f"{root}/kubepods/pod{uid}")
    yield running, name
    cri.remove(running)
    remove_everywhere(root)


def test_burst_of_containers_in_a_pod(own_containerd, cri, pod):
    """By id, by their name in the pod, and by pod."""
    running, pod_name = pod
    names = [f"c{number}" for number in range(COUNT // 5 if not settings.SLOW else COUNT)]
    with Trace("--pod", f"shop/{pod_name}", *own_containerd.runtime_root) as trace:
        with ThreadPoolExecutor(PARALLEL // 2) as pool:
            ids = list(pool.map(lambda name: cri.container(running, name, f": < /{name}"), names))
    told = {
        (event["file"]["name"], event["container"]["id"], event["container"]["name"])
        for event in trace.opens(comm="sh")
        if event["file"].get("name") in {f"/{name}" for name in names}
    }
    assert told == {(f"/{name}", full, name) for name, full in zip(names, ids)}
    assert {event["k8s"]["pod"] for event in trace.opens()} == {pod_name}
