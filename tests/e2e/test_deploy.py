# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The container image and the Kubernetes manifests that we ship."""

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from harness import archive, foreign, settings
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


def of_the_source(*names):
    """Skips where only the tests are, as in a VM."""
    for name in names:
        if not (TOP / name).exists():
            pytest.skip("only the tests are here, not the source")


def make_base_image(docker, directory, arch):
    """The Dockerfile's base image, without a registry: Debian as its installer makes it."""
    if not shutil.which("debootstrap"):
        pytest.skip("no debootstrap here to make the base image (apt-get install debootstrap)")
    root = directory / "root"
    suite = BASE.split(":")[1]
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", f"--arch={arch}", suite, root],
        capture_output=True,
        text=True,
        timeout=1200 * settings.PATIENCE,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"debootstrap can't get {suite} for {arch}: {done.stdout[-300:]}")
    layer = directory / "root.tar"
    subprocess.run(["tar", "-C", root, "--exclude=./dev/*", "-cf", layer, "."], check=True)
    shutil.rmtree(root)
    docker("load", "-i", archive.write(directory / "base.tar", layer, BASE, arch=arch), timeout=300)


def build_image(docker, directory, arch, name):
    of_the_source("Dockerfile")
    make_base_image(docker, directory, arch)
    path = directory / "context.tar"
    # docker tells a context from a Dockerfile by its first bytes, and knows no PAX header
    with tarfile.open(path, mode="w", format=tarfile.GNU_FORMAT) as context:
        for each in CONTEXT:
            context.add(TOP / each, arcname=each)
    # The engine has no bridge, and the packages must come from somewhere.
    options = ["--network", "host", f"--platform=linux/{arch}"]
    options += ["--build-arg", "VERSION=1.2.3", "--build-arg", "REVISION=abc"]
    with path.open("rb") as stdin:
        docker("build", *options, "-t", name, "-", stdin=stdin, timeout=3600)
    return name


@pytest.fixture(scope="module")
def image(docker, tmp_path_factory):
    return build_image(docker, tmp_path_factory.mktemp("image"), "amd64", "ctrace")


@pytest.fixture(scope="module")
def arm64_image(docker, tmp_path_factory):
    with foreign.programs("aarch64"):
        yield build_image(docker, tmp_path_factory.mktemp("image"), "arm64", "ctrace-arm64")


@pytest.fixture(params=["image", "arm64_image"])
def any_image(request):
    return request.getfixturevalue(request.param)


@pytest.mark.slow
def test_image_is_labelled(docker, any_image):
    (info,) = json.loads(docker("image", "inspect", any_image))
    assert info["Architecture"] == ("arm64" if "arm64" in any_image else "amd64")
    assert info["Config"]["Entrypoint"] == ["/usr/bin/ctrace"]
    labels = info["Config"]["Labels"]
    assert labels["org.opencontainers.image.licenses"] == "BSD-2-Clause OR GPL-2.0-only"
    assert labels["org.opencontainers.image.version"] == "1.2.3"
    assert labels["org.opencontainers.image.revision"] == "abc"


LIBRARY = re.compile(r"(usr/)?lib(64)?/[a-z0-9_-]*/?(ld-linux-[a-z0-9_-]+|lib[a-z0-9_+.-]+)\.so[.0-9]*")
LICENCE = re.compile(r"usr/share/doc/[a-z0-9.+-]+/(LICENSE|copyright)")
SBOM = "usr/share/doc/ctrace/ctrace.cdx.json"
OURS = {"usr/bin/ctrace", "usr/share/ctrace/event.schema.json", SBOM}
OF_THE_ENGINE = {".dockerenv", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"}
OF_THE_ENGINE |= {"dev", "dev/console", "dev/pts", "dev/shm", "etc", "proc", "sys"}


def test_what_is_linked_can_be_listed():
    """A library that is new has to have a licence in pkg/debian/sbom, or no release can be made."""
    of_the_source("pkg/debian")
    done = subprocess.run(
        [TOP / "pkg/debian/sbom", settings.CTRACE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    listed = {part["properties"][0]["value"] for part in json.loads(done.stdout)["components"]}
    linked = subprocess.run(["ldd", settings.CTRACE], capture_output=True, text=True, check=True)
    assert listed == set(re.findall(r"(/\S+) \(", linked.stdout))


def test_package_is_built_with_what_a_build_needs():
    of_the_source("pkg/debian")
    table = (TOP / "tests/packages").read_text()
    needed = set(re.findall(r"^build\|.*\|(\S+)$", table, re.MULTILINE))
    fields = re.search(r"^Build-Depends: (.*?)^\S", (TOP / "pkg/debian/control").read_text(), re.M | re.S)
    named = {word.split()[0] for word in fields[1].replace("\n", " ").split(",")}
    # what every Debian package is built with
    assert needed - {"gcc", "libc6-dev", "linux-libc-dev"} == named - {"debhelper-compat"}


def assert_lists_all(image, libraries):
    """The list of what is linked has each library that is there, by its very bytes."""
    with tarfile.open(image) as contents:
        listed = json.load(contents.extractfile(SBOM))["components"]
        sums = {
            hashlib.sha256(contents.extractfile(name).read()).hexdigest()
            for name in libraries
            if contents.getmember(name).isfile()
        }
    assert {part["hashes"][0]["content"] for part in listed} == sums
    assert all(part["purl"].startswith("pkg:deb/") for part in listed)


@pytest.mark.slow
def test_image_is_small_and_holds_nothing_it_does_not_need(docker, any_image, work):
    docker("create", "--name", "look-into", any_image, timeout=120)
    docker("export", "-o", work / "image.tar", "look-into", timeout=120)
    docker("rm", "look-into")
    with tarfile.open(work / "image.tar") as contents:
        members = {m.name: m for m in contents if m.name not in OF_THE_ENGINE}
    files = {name: m for name, m in members.items() if not m.isdir()}
    libraries = {name for name in files if LIBRARY.fullmatch(name)}
    others = {name for name in files if not LICENCE.fullmatch(name)} - libraries
    terminals = {name for name in others if name.startswith("lib/terminfo/")}
    assert {"lib/terminfo/l/linux", "lib/terminfo/x/xterm-256color"} <= terminals and len(terminals) < 15
    assert others - terminals == OURS
    assert_lists_all(work / "image.tar", libraries)
    assert len(libraries) <= 14
    size = sum(m.size for name, m in files.items() if not LICENCE.fullmatch(name))
    print(f"{any_image}: {size} bytes, {len(libraries)} libraries")
    assert size < 6 << 20
    assert not [name for name, m in members.items() if not m.issym() and m.mode & 0o222]


@pytest.mark.slow
def test_image_runs_read_only(docker, any_image):
    out = docker("run", "--rm", "--read-only", "--network", "none", any_image, "--version", timeout=120)
    assert out.startswith("ctrace ")


def test_build_needs_no_btf_of_the_host(work):
    """Not even /sys: what comes out is the same to the byte."""
    of_the_source("Makefile", "build/ctrace.bpf.o")
    make = f"make -s BUILD={work}/build {work}/build/gen/ctrace.skel.h"
    script = f"mount -t tmpfs none /sys && test ! -e /sys/kernel && exec {make}"
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
        cwd=TOP,
        capture_output=True,
        text=True,
        timeout=120 * settings.PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in ("ctrace.bpf.o", "gen/ctrace.skel.h"):
        assert (work / "build" / name).read_bytes() == (TOP / "build" / name).read_bytes()


# --- as README.md runs it ------------------------------------------------------------------

# A host may lack a capability that --privileged asks for.  SYS_ADMIN stands for BPF and
# PERFMON, which older engines don't know by name.
WITHOUT_PRIVILEGED = ["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"]


def readme_command():
    """What is between `docker run` and the options of ctrace itself, and these."""
    of_the_source("README.md")
    text = (TOP / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    words = re.search(r"^ +docker run (.*)$", text, re.MULTILINE)[1].split()
    image_at = words.index("ctrace")
    return words[:image_at], words[image_at + 1 :]


@pytest.fixture(scope="module")
def run_image(docker, image):
    options, arguments = readme_command()
    if docker("run", "--rm", "--privileged", "--network", "none", "busybox", "echo", "yes", check=False) != "yes":
        at = options.index("--privileged")
        options[at : at + 1] = WITHOUT_PRIVILEGED
    options += ["--network", "none"]  # the private engine has no other

    def run(replaced, *more, words=()):
        own = [replaced.get(word, word) for word in arguments]
        return docker("run", *options, *words, image, *own, *docker.runtime_root, *more)

    return run


@pytest.mark.slow
def test_image_traces_a_container_of_its_own_engine(run_image, docker_container):
    name, full = docker_container("while :; do cat /etc/motd; sleep 0.1; done")
    node = ("-e", "NODE_NAME=node-7")
    out = run_image({"web": name}, "--duration", "3", words=node)
    parser = Lines()
    events = [parser.parse(line + b"\n") for line in out.encode().splitlines()]
    assert {event["container"]["id"] for event in events} == {full}
    assert {event["container"]["name"] for event in events} == {name}
    opens = [event for event in events if event["type"] == "open"]
    assert "/etc/motd" in {event["file"]["path"] for event in opens}
    assert {event["k8s"]["node"] for event in events} == {"node-7"}


def test_dockerfile_copies_only_what_there_is():
    """A build context is checked late and slowly; this is early and quick."""
    of_the_source("Dockerfile")
    lines = Path(TOP / "Dockerfile").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (TOP / source).exists(), line
                assert any(source == name or source.startswith(name + "/") for name in CONTEXT)
