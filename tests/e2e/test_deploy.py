# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The container image and the Kubernetes manifests that we ship."""

import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from harness import settings
from harness.schema import Lines
from harness.settings import TOP

# All that the Dockerfile copies: build/ may hold gigabytes that an engine need not be sent.
CONTEXT = [
    "Dockerfile",
    "Makefile",
    "VERSION",
    "LICENSE",
    "bpf",
    "pkg",
    "cmd",
    "docs",
    "tests/packages",
]
BASE = "debian:bookworm"


@pytest.fixture(scope="module")
def manifests():
    if not (TOP / "k8s").exists():
        pytest.skip("only the tests are here, not the source")
    if not shutil.which("kubectl"):
        pytest.skip("no kubectl here")
    done = subprocess.run(
        ["kubectl", "kustomize", TOP / "k8s"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_kustomize_accepts_the_manifests(manifests):
    for kind in ("Namespace", "DaemonSet"):
        assert f"kind: {kind}\n" in manifests


def test_daemonset_has_what_tracing_needs(manifests):
    for line in ("hostPID: true", "privileged: true", "- --host-root", "- name: NODE_NAME"):
        assert line in manifests
    mounts = manifests.split("volumeMounts:")[1].split("volumes:")[0]
    assert mounts.count("mountPath:") == mounts.count("readOnly: true")


def make_base_image(docker, directory):
    """The Dockerfile's base image, without a registry: Debian as its installer makes it."""
    if not shutil.which("debootstrap"):
        pytest.skip("no debootstrap here to make the base image (apt-get install debootstrap)")
    root = directory / "root"
    suite = BASE.split(":")[1]
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", suite, root],
        capture_output=True,
        text=True,
        timeout=600 * settings.PATIENCE,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"debootstrap can't get {suite}: {done.stdout[-300:]}")
    archive = directory / "root.tar"
    subprocess.run(["tar", "-C", root, "--exclude=./dev/*", "-cf", archive, "."], check=True)
    shutil.rmtree(root)
    docker("import", archive, BASE, timeout=300)


@pytest.fixture(scope="module")
def image(docker, tmp_path_factory):
    if not (TOP / "Dockerfile").exists():
        pytest.skip("only the tests are here, not the source")
    make_base_image(docker, tmp_path_factory.mktemp("base"))
    path = tmp_path_factory.mktemp("context") / "context.tar"
    # docker tells a context from a Dockerfile by its first bytes, and knows no PAX header
    with tarfile.open(path, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name in CONTEXT:
            archive.add(TOP / name, arcname=name)
    with path.open("rb") as stdin:
        # The engine has no bridge, and the packages must come from somewhere.
        labels = ("--build-arg", "VERSION=1.2.3", "--build-arg", "REVISION=abc")
        docker("build", "--network", "host", *labels, "-t", "ctrace", "-", stdin=stdin, timeout=900)
    return "ctrace"


# A host may lack a capability that --privileged asks for.  SYS_ADMIN stands for BPF and
# PERFMON, which older engines don't know by name.
RIGHTS = ["--pid", "host", "--cgroupns", "host", "--network", "none"]
RIGHTS += ["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"]


def run_image(docker, image, *args, options=()):
    """As the DaemonSet does it, with this engine's folder in the place of the host's."""
    mounts = [
        ("/sys/fs/cgroup", "/sys/fs/cgroup"),
        ("/sys/fs/cgroup", "/host/sys/fs/cgroup"),
        ("/run", "/host/run"),
        (docker.data_root, "/host/var/lib/docker"),
    ]
    volumes = [word for at, to in mounts for word in ("-v", f"{at}:{to}:ro")]
    return docker("run", "--rm", *RIGHTS, *volumes, *options, image, *args)


@pytest.mark.slow
def test_image_is_small_and_labelled(docker, image):
    (info,) = json.loads(docker("image", "inspect", image))
    assert info["Size"] < 6 << 20
    assert info["Config"]["Entrypoint"] == ["/usr/bin/ctrace"]
    labels = info["Config"]["Labels"]
    assert labels["org.opencontainers.image.licenses"] == "BSD-2-Clause OR GPL-2.0-only"
    assert labels["org.opencontainers.image.version"] == "1.2.3"
    assert labels["org.opencontainers.image.revision"] == "abc"


LIBRARY = re.compile(r"(usr/)?lib(64)?/[a-z0-9_-]*/?(ld-linux-[a-z0-9_-]+|lib[a-z0-9_+-]+)\.so[.0-9]*")
TEXT = re.compile(r"usr/share/(doc/[a-z0-9.+-]+/(LICENSE|copyright)|ctrace/event\.schema\.json)")
OF_THE_ENGINE = {".dockerenv", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"}
OF_THE_ENGINE |= {"dev/console"}


@pytest.mark.slow
def test_image_holds_the_program_and_its_libraries(docker, image, work):
    docker("create", "--name", "look-into", image)
    docker("export", "-o", work / "image.tar", "look-into", timeout=120)
    docker("rm", "look-into")
    with tarfile.open(work / "image.tar") as archive:
        files = {m.name: m for m in archive if not m.isdir() and m.name not in OF_THE_ENGINE}
    others = [n for n in files if not LIBRARY.fullmatch(n) and not TEXT.fullmatch(n)]
    assert others == ["usr/bin/ctrace"]
    writable = [name for name, member in files.items() if member.isreg() and member.mode & 0o222]
    assert not writable
    assert len([name for name in files if LIBRARY.fullmatch(name)]) <= 14


@pytest.mark.slow
def test_image_runs_read_only(docker, image):
    out = docker("run", "--rm", "--read-only", "--network", "none", image, "--version")
    assert out.startswith("ctrace ")


@pytest.mark.slow
def test_image_traces_a_container_of_its_own_engine(docker, image, docker_container):
    name, full = docker_container("while :; do cat /etc/motd; sleep 0.1; done")
    node = ("-e", "NODE_NAME=node-7")
    what = ("--container", name, "--duration", "3")
    out = run_image(docker, image, "--host-root", "/host", *what, options=node)
    parser = Lines()
    events = [parser.parse(line + b"\n") for line in out.encode().splitlines()]
    assert {event["container"]["id"] for event in events} == {full}
    assert {event["container"]["name"] for event in events} == {name}
    opens = [event for event in events if event["type"] == "open"]
    assert "/etc/motd" in {event["file"]["path"] for event in opens}
    assert {event["k8s"]["node"] for event in events} == {"node-7"}


@pytest.mark.slow
def test_image_lists_the_containers(docker, image, docker_container):
    name, full = docker_container("sleep 60")
    out = run_image(docker, image, "ps", "--host-root", "/host", "-o", "json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert (name, full) in [(row["container"].get("name"), row["container"]["id"]) for row in rows]


def test_dockerfile_copies_only_what_there_is():
    """A build context is checked late and slowly; this is early and quick."""
    if not (TOP / "Dockerfile").exists():
        pytest.skip("only the tests are here, not the source")
    lines = Path(TOP / "Dockerfile").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (TOP / source).exists(), line
                assert any(source == name or source.startswith(name + "/") for name in CONTEXT)
