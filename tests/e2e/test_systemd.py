# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
The same where systemd makes the cgroups, as scopes: on a host whose init it is, such
as the one that tests/vm/in-systemd makes.
"""

import os
import shutil
import subprocess
import uuid

import pytest

from conftest import unique_name
from harness import bundle, containerd, engine, nspawn, podman
from harness.box import Box, opens_forever
from harness.settings import ENGINE, PATIENCE
from test_runtimes import check

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.path.isdir("/run/systemd/system"), reason="systemd is not the init here"
    ),
]


def needs(reason):
    if reason:
        pytest.skip(reason)


@pytest.fixture
def path():
    return f"/tmp/{unique_name('file')}"


def test_docker(work, path):
    needs(engine.why_not())
    docker = engine.Docker(work / "docker", driver="systemd")
    up, said = docker.start()
    assert up, said
    try:
        full = docker.run("web", opens_forever(path))
        who = {"id": full, "name": "web", "image": "busybox", "runtime": "docker"}
        check(Box(who, f"/system.slice/docker-{full}.scope", docker.runtime_root, path=path))
    finally:
        docker.stop()


def test_cri(work, path):
    needs(containerd.why_not() or containerd.why_no_cri())
    private = containerd.Containerd(work, "k8s.io", systemd=True)
    private.start()
    pod, uid = None, str(uuid.uuid4())
    slice_name = f"kubepods-besteffort-pod{uid.replace('-', '_')}.slice"
    try:
        kubelet = containerd.Cri(private)
        pod = kubelet.pod("web-7d4b9", "shop", uid, slice_name)
        full = kubelet.container(pod, "nginx", opens_forever(path))
        who = {"id": full, "name": "nginx", "image": containerd.IMAGE, "runtime": "containerd"}
        k8s = {"namespace": "shop", "pod": "web-7d4b9", "pod_uid": uid, "container": "nginx"}
        cgroup = (
            f"/kubepods.slice/kubepods-besteffort.slice/{slice_name}/cri-containerd-{full}.scope"
        )
        check(Box(who, cgroup, private.runtime_root, k8s, path))
    finally:
        if pod:
            kubelet.remove(pod)
        private.stop()


@pytest.mark.parametrize("runtime", ["runc", "crun"])
def test_podman(work, path, runtime):
    needs(podman.why_not())
    private = podman.Podman(work, manager="systemd")
    try:
        private.start()
        full = private.run("web", opens_forever(path), runtime=runtime)
        who = {"id": full, "name": "web", "image": podman.IMAGE, "runtime": "podman"}
        cgroup = f"/machine.slice/libpod-{full}.scope"
        check(Box(who, cgroup, private.runtime_root, path=path))
    finally:
        private.stop()


def test_podman_pod(work, path):
    needs(podman.why_not())
    private = podman.Podman(work, manager="systemd")
    try:
        private.start()
        pod = private(
            "pod", "create", "--infra-image", podman.IMAGE, "--infra-command", "/bin/sleep 1000000",
        )  # fmt: skip
        full = private.run("web", opens_forever(path), "--pod", pod)
        who = {"id": full, "name": "web", "image": podman.IMAGE, "runtime": "podman"}
        cgroup = f"/machine.slice/machine-libpod_pod_{pod}.slice/libpod-{full}.scope"
        check(Box(who, cgroup, private.runtime_root, path=path))
    finally:
        private.stop()


@pytest.mark.parametrize("runtime", ["runc", "crun"])
def test_plain(work, path, runtime):
    needs(bundle.why_not(runtime))
    name = unique_name(runtime)
    linux = {
        "cgroupsPath": f"system.slice:test:{name}",
        "namespaces": [{"type": kind} for kind in ("pid", "mount", "uts")],
    }
    made = bundle.make_bundle(work / name, opens_forever(path), linux=linux)
    box = bundle.Container(runtime, name, made, "--systemd-cgroup")
    try:
        box.start()
        who = {"id": name, "runtime": runtime}
        check(Box(who, f"/system.slice/test-{name}.scope", path=path))
    finally:
        box.stop()


def test_nspawn(work, path):
    """Registered with machined, as it is by default."""
    needs(nspawn.why_not())
    name = unique_name("nspawn")
    root = work / name
    subprocess.run([ENGINE / "busybox-root", root], check=True)
    (root / "usr").mkdir()
    process = subprocess.Popen(
        ["systemd-nspawn", "--quiet", f"--directory={root}", f"--machine={name}"]
        + ["/bin/sh", "-c", opens_forever(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        who = {"id": name, "name": name, "runtime": "systemd-nspawn"}
        escaped = name.replace("-", "\\x2d")
        check(Box(who, f"/machine.slice/machine-{escaped}.scope", path=path))
    finally:
        process.terminate()
        process.wait(30 * PATIENCE)
        shutil.rmtree(root, ignore_errors=True)
