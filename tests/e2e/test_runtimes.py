# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
The containers of each runtime, really running: `ctrace ps` lists them and the events
of their opens name them, with all that their runtime knows and nothing besides.
"""

import os
import uuid

import pytest

from conftest import new_cgroup, unique_name
from harness import lxc, nspawn, podman
from harness.box import Box, expected, identity, opens_forever
from harness.cgroup import Cgroup, make, mount_point, remove_empty, remove_everywhere
from harness.containerd import IMAGE, PAUSE
from harness.trace import Trace, run_ctrace
from harness.wait import wait_until
from test_containers import listed


def row_of(box):
    """The line that `ctrace ps` has for it."""
    rows = listed(*box.options)
    (row,) = [row for row in rows if row["cgroup"] == box.cgroup]
    return row


def check(box):
    """Both views of a container that runs, found by what a person would call it."""
    box.wait()
    row = row_of(box)
    assert identity(row) == expected(box)
    assert row["cgroup_id"] == box.group.stat().st_ino

    with Trace("--container", box.handle, *box.options) as trace:
        trace.wait_line(f'"{box.path}"'.encode(), f"no open of {box.path}")
    assert not [event for event in trace.events if event["container"].get("sandbox")]
    for event in trace.opens():
        assert identity(event) == expected(box)
        assert event["cgroup_id"] in box.cgroup_ids()


@pytest.fixture
def path():
    """The file that a test's container opens."""
    return f"/tmp/{unique_name('file')}"


# --- Docker ------------------------------------------------------------------------


@pytest.mark.parametrize("parent", [None, "own"])
def test_docker(docker, docker_container, path, parent):
    """Below another parent the cgroup's path no longer says that it is Docker's."""
    parent = parent and f"/{unique_name('docker')}"
    options = ["--cgroup-parent", parent] if parent else []
    name, full = docker_container(opens_forever(path), *options)
    who = {"id": full, "name": name, "image": "busybox", "runtime": "docker"}
    try:
        check(Box(who, f"{parent or '/docker'}/{full}", docker.runtime_root, path=path))
    finally:
        docker.remove(name)
        if parent:
            remove_everywhere(parent)


# --- containerd --------------------------------------------------------------------


@pytest.fixture
def pods(cri):
    """pods(PARENT) runs the sandbox of a pod as kubelet does; PARENT: its cgroup, {uid} in it."""
    running = []

    def run(parent):
        name, uid = unique_name("pod"), str(uuid.uuid4())
        parent = parent.format(uid=uid, uid_=uid.replace("-", "_"))
        running.append(cri.pod(name, "shop", uid, parent))
        return running[-1], {"namespace": "shop", "pod": name, "pod_uid": uid}, parent

    yield run
    for pod in running:
        cri.remove(pod)


@pytest.fixture
def kubepods():
    """A cgroup such as kubelet is given with --cgroup-root."""
    root = f"/{unique_name('kubelet')}"
    yield f"{root}/kubepods"
    remove_everywhere(root)


@pytest.mark.parametrize("qos", ["", "/burstable", "/besteffort"])
def test_cri_container(own_containerd, cri, pods, kubepods, path, qos):
    pod, k8s, parent = pods(f"{kubepods}{qos}/pod{{uid}}")
    full = cri.container(pod, "nginx", opens_forever(path))
    who = {"id": full, "name": "nginx", "image": IMAGE, "runtime": "containerd"}
    k8s["container"] = "nginx"
    check(Box(who, f"{parent}/{full}", own_containerd.runtime_root, k8s, path))


def test_cri_container_without_being_told_the_root(cri, pods, kubepods, path):
    """As with k3s, whose bundles are elsewhere: runc's state is in the usual place, and enough."""
    pod, k8s, parent = pods(f"{kubepods}/pod{{uid}}")
    full = cri.container(pod, "nginx", opens_forever(path))
    who = {"id": full, "name": "nginx", "image": IMAGE, "runtime": "containerd"}
    k8s["container"] = "nginx"
    check(Box(who, f"{parent}/{full}", (), k8s, path))


def test_cri_sandbox(own_containerd, pods, kubepods):
    """The pause container has its pod's names and none of its own."""
    pod, k8s, parent = pods(f"{kubepods}/pod{{uid}}")
    who = {"id": pod[0], "runtime": "containerd"}
    box = Box(who, f"{parent}/{pod[0]}", own_containerd.runtime_root, k8s)
    row = row_of(box.wait())
    assert identity(row) == expected(box)
    assert row["container"]["sandbox"] is True


def test_cri_container_and_drivers_that_do_not_match(own_containerd, cri, pods, path):
    """kubelet names a slice, runc's cgroupfs driver makes a directory of just that name."""
    pod, k8s, parent = pods("kubepods-besteffort-pod{uid_}.slice")
    full = cri.container(pod, "nginx", opens_forever(path))
    who = {"id": full, "name": "nginx", "image": IMAGE, "runtime": "containerd"}
    k8s["container"] = "nginx"
    cgroup = f"/{parent}:cri-containerd:{full}"
    check(Box(who, cgroup, own_containerd.runtime_root, k8s, path))


def test_ctr(own_containerd, path):
    """ctr gives an id only, and the image is in containerd's database: nothing is made up."""
    name, namespace = unique_name("ctr"), own_containerd.namespaces[0]
    own_containerd.run(namespace, name, opens_forever(path))
    try:
        who = {"id": name, "runtime": "containerd"}
        check(Box(who, f"/{namespace}/{name}", own_containerd.runtime_root, path=path))
    finally:
        own_containerd.remove(namespace, name)


# --- Podman ------------------------------------------------------------------------


@pytest.fixture
def podman_container(own_podman):
    """podman_container(SCRIPT, OPTIONS...) starts one; returns (name, full id)."""
    names = []

    def start(script, *options, **kwargs):
        names.append(unique_name("podman"))
        return names[-1], own_podman.run(names[-1], script, *options, **kwargs)

    yield start
    for name in names:
        own_podman("rm", "--force", "--time", "0", name, check=False)


def podman_identity(name, full):
    return {"id": full, "name": name, "image": podman.IMAGE, "runtime": "podman"}


@pytest.mark.parametrize("cgroups", ["enabled", "no-conmon"])
@pytest.mark.parametrize("runtime", ["runc", "crun"])
def test_podman(own_podman, podman_container, path, runtime, cgroups):
    script = opens_forever(path)
    name, full = podman_container(script, "--cgroups", cgroups, runtime=runtime)
    who = podman_identity(name, full)
    check(Box(who, f"/libpod_parent/libpod-{full}", own_podman.runtime_root, path=path))


@pytest.mark.parametrize("runtime", ["runc", "crun"])
def test_podman_split(own_podman, podman_container, path, runtime):
    """As in a systemd unit: the container goes below the cgroup that Podman itself is in."""
    unit = f"/{unique_name('unit')}"
    script = opens_forever(path)
    try:
        # All of them: Podman moves everybody in its cgroup, of whatever hierarchy, to another.
        options = {"runtime": runtime, "within": make(unit)}
        name, full = podman_container(script, "--cgroups", "split", **options)
        who = podman_identity(name, full)
        cgroup = f"{unit}/libpod-payload-{full}"
        check(Box(who, cgroup, own_podman.runtime_root, path=path))
    finally:
        own_podman("rm", "--all", "--force", "--time", "0", check=False)
        remove_everywhere(unit)


def test_podman_pod(own_podman, podman_container, path):
    """A pod is a cgroup named like a container's: it is none, and what is in it is."""
    pod = own_podman(
        "pod", "create", "--infra-image", podman.IMAGE, "--infra-command", "/bin/sleep 1000000",
        "--name", unique_name("pod"),
    )  # fmt: skip
    try:
        name, full = podman_container(opens_forever(path), "--pod", pod)
        cgroup = f"/libpod_parent/{pod}/libpod-{full}"
        check(Box(podman_identity(name, full), cgroup, own_podman.runtime_root, path=path))
        assert pod not in [row["container"]["id"] for row in listed(*own_podman.runtime_root)]
    finally:
        own_podman("pod", "rm", "--force", "--time", "0", pod)
        remove_everywhere(f"/libpod_parent/{pod}")


def test_podman_without_a_cgroup(own_podman, podman_container):
    """There is nothing to tell it by; what else is in its cgroup must not be taken for it."""
    _, full = podman_container("sleep 1000000", "--cgroups", "disabled", runtime="crun")
    assert full not in [row["container"]["id"] for row in listed(*own_podman.runtime_root)]


def test_podman_on_another_storage_driver(path, work):
    reason = podman.why_not()
    if reason:
        pytest.skip(reason)
    private = podman.Podman(work, driver="vfs")
    try:
        private.start()
        name = unique_name("vfs")
        full = private.run(name, opens_forever(path))
        who = podman_identity(name, full)
        check(Box(who, f"/libpod_parent/libpod-{full}", private.runtime_root, path=path))
    finally:
        private.stop()


# --- plain runc and crun -----------------------------------------------------------


@pytest.mark.parametrize("where", [None, "deep"])
def test_plain(container, path, where):
    parent = where and f"/{unique_name('plain')}"
    linux = {"namespaces": [{"type": kind} for kind in ("pid", "mount", "uts")]}
    if where:
        linux["cgroupsPath"] = f"{parent}/{where}/x"
    box = container(opens_forever(path), linux=linux)
    try:
        who = {"id": box.id, "runtime": box.runtime}
        check(Box(who, f"{parent}/{where}/x" if where else f"/{box.id}", path=path))
    finally:
        box.stop()
        if where:
            remove_everywhere(parent)


# --- LXC and systemd-nspawn --------------------------------------------------------


@pytest.fixture
def lxc_container(work):
    reason = lxc.why_not()
    if reason:
        pytest.skip(reason)
    box = lxc.Container(work, unique_name("lxc"))
    yield box
    box.stop()
    remove_empty("/lxc.pivot")


def test_lxc(lxc_container, path):
    lxc_container.start(opens_forever(path))
    name = lxc_container.name
    options = ("--runtime-root", f"lxc={lxc_container.path}")
    who = {"id": name, "name": name, "runtime": "lxc"}
    check(Box(who, f"/lxc.payload.{name}", options, path=path))


def test_lxc_whose_cgroup_is_numbered(lxc_container, path):
    """A cgroup was left from before: LXC numbered the new one, and the name is the name still."""
    name = lxc_container.name
    left = Cgroup(mount_point() / f"lxc.payload.{name}")
    try:
        lxc_container.start(opens_forever(path))
    finally:
        left.remove()
    options = ("--runtime-root", f"lxc={lxc_container.path}")
    who = {"id": name, "name": name, "runtime": "lxc"}
    check(Box(who, f"/lxc.payload.{name}-1", options, path=path))


def test_nspawn(work, path):
    reason = nspawn.why_not()
    if reason:
        pytest.skip(reason)
    machine = nspawn.Machine(work, unique_name("nspawn"))
    try:
        machine.start(opens_forever(path))
        who = {"id": machine.name, "name": machine.name, "runtime": "systemd-nspawn"}
        check(Box(who, machine.scope, path=path))
    finally:
        machine.stop()


# --- state files that are no good --------------------------------------------------


def test_one_message_about_a_state_file_that_cannot_be_read(work):
    """However often it is met; the FIFO holds nobody up."""
    directory = work / "containers" / ("f" * 64)
    directory.mkdir(parents=True)
    os.mkfifo(directory / "config.v2.json")
    options = ("--runtime-root", f"docker={work}")
    message = f"ctrace: state file '{directory}/config.v2.json' is not a regular file"

    assert run_ctrace("ps", *options).stderr.count(message) == 1
    with Trace("--container", "nobody", "--wait", *options) as trace:
        for _ in range(3):
            group = new_cgroup("new")  # may be anybody's: all files are looked at
            group.remove()
        wait_until(lambda: message in trace.stderr, "no message")
    assert trace.stderr.count(message) == 1
