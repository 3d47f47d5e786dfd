# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
The fixtures.  From the environment: CTRACE and PROGRAMS say what to test,
CTRACE_BACKEND forces one, CTRACE_NO_SANDBOX=1 switches the sandbox off,
CTRACE_SLOW=1 adds the slow tests, CTRACE_PATIENCE=N multiplies the time limits, TAP
names a file for the results.
"""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

# before the first import: their assertions shall show both sides, as a test's own do
for module in ("box", "schema", "shared", "trace", "truth", "wait"):
    pytest.register_assert_rewrite(f"harness.{module}")

# pylint: disable=wrong-import-position
from harness import bundle, containerd, engine, podman, settings
from harness.again import Again
from harness.cgroup import Cgroup, mount_point, remove_empty, remove_everywhere
from harness.shared import SharedTrace, Watch
from harness.tap import TapWriter
from harness.trace import command_line

numbers = itertools.count(1)


def pytest_configure(config):
    # nohup and a shell's & have them ignored, and what is started here would inherit that
    for signo in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(signo) == signal.SIG_IGN:
            signal.signal(signo, signal.SIG_DFL)
    config.addinivalue_line("markers", "slow: runs only with CTRACE_SLOW=1")
    if settings.MAY_SKIP:
        config.pluginmanager.register(Again(), "again")
    if os.environ.get("TAP"):
        config.pluginmanager.register(TapWriter(os.environ["TAP"]), "tap")


def pytest_collection_modifyitems(items):
    if settings.SLOW:
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow; CTRACE_SLOW=1 runs it"))


def unique_name(what):
    return f"ctrace-test-{os.getpid()}-{what}{next(numbers)}"


@pytest.fixture(scope="session", autouse=True)
def ready():
    """Without these nothing can be tested, and that is a failure, not a skip."""
    assert os.geteuid() == 0, "the end-to-end tests need root: sudo make check"
    assert os.access(settings.CTRACE, os.X_OK), f"no '{settings.CTRACE}'; build it with make"
    assert settings.PROGRAMS.is_dir(), f"no '{settings.PROGRAMS}'; make programs"


def new_cgroup(what):
    point = mount_point()
    if point is None:
        pytest.skip("no cgroup v2 is mounted here")
    return Cgroup(point / unique_name(what))


@pytest.fixture
def own_machine():
    if not os.environ.get("CTRACE_OWN_MACHINE"):
        pytest.skip("concerns the whole machine: done in a VM (tests/vm/suite BACKEND machine)")


@pytest.fixture
def cgroup():
    """A cgroup of the test's own; what runs in it is ended with it."""
    group = new_cgroup("c")
    yield group
    group.remove()


@pytest.fixture
def lxc():
    """
    lxc() makes what LXC would for a container: a cgroup whose path says its name, and there is
    no more to it.  Commands run in it as in any cgroup.  Its name is lxc().name.
    """
    groups = []

    def make(name=None, parent=None):
        name = name or unique_name("lxc")
        groups.append(Cgroup((parent.path if parent else mount_point()) / f"lxc.payload.{name}"))
        groups[-1].name = name
        return groups[-1]

    if mount_point() is None:
        pytest.skip("no cgroup v2 is mounted here")
    yield make
    for group in reversed(groups):
        if group.path.exists():
            group.remove()


@pytest.fixture(scope="module")
def make_cgroup():
    """make_cgroup() is like cgroup, as often as a module wants one."""
    groups = []

    def make():
        groups.append(new_cgroup("m"))
        return groups[-1]

    yield make
    for group in groups:
        group.remove()


@pytest.fixture(scope="session")
def shared_trace():
    root = new_cgroup("shared")
    shared = SharedTrace(root)
    yield shared
    shared.stop()
    root.remove()


@pytest.fixture
def watched(shared_trace):
    """Like cgroup, for tests that need no ctrace of their own: with watched.watch() as trace."""
    group = shared_trace.root.child(unique_name("c"))
    group.watch = lambda: Watch(shared_trace, group)
    yield group
    group.remove()


@pytest.fixture
def work():
    """
    A short-named directory that any user may enter, removed at the end.  Short
    because some tests are about the longest possible paths below it.
    """
    path = Path(tempfile.mkdtemp(prefix="ct-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(params=["runc", "crun"])
def container(request, work):
    """container(SCRIPT) starts a container of a plain runtime that runs it."""
    reason = bundle.why_not(request.param)
    if reason:
        pytest.skip(reason)
    started = []

    def start(script, **changes):
        name = unique_name(request.param)
        path = bundle.make_bundle(work / name, script, **changes)
        started.append(bundle.Container(request.param, name, path))
        return started[-1].start()

    yield start
    for each in started:
        each.stop()


def own_docker(**options):
    """For a fixture to yield from: a private engine."""
    reason = engine.why_not()
    if reason:
        pytest.skip(reason)
    directory = Path(tempfile.mkdtemp(prefix="ctrace-docker-"))
    private = engine.Docker(directory, **options)
    up, said = private.start()
    if not up:
        shutil.rmtree(directory, ignore_errors=True)
        pytest.skip(f"no Docker engine can run here: {said}")
    yield private
    down, said = private.stop()
    assert down and not directory.exists(), f"the engine didn't end: {said}"


@pytest.fixture(scope="session")
def docker():
    """One private engine for all tests that want Docker."""
    yield from own_docker()


@pytest.fixture
def docker_container(docker):
    """docker_container(SCRIPT) starts one and returns (name, full id); removed at the end."""
    names = []

    def start(script, *options):
        names.append(unique_name("web"))
        return names[-1], docker.run(names[-1], script, *options)

    yield start
    for name in names:
        docker.remove(name)


@pytest.fixture(scope="session")
def own_containerd():
    """One private containerd for all tests that want one, with its CRI plugin."""
    reason = containerd.why_not()
    if reason:
        pytest.skip(reason)
    directory = Path(tempfile.mkdtemp(prefix="ctrace-containerd-"))
    private = containerd.Containerd(directory, unique_name("ns"), "k8s.io")
    private.start()
    yield private
    private.stop()
    shutil.rmtree(directory)
    remove_everywhere(f"/{private.namespaces[0]}")


@pytest.fixture(scope="session")
def cri(own_containerd):
    """What kubelet would say to that containerd: cri.pod(...), cri.container(...)."""
    reason = containerd.why_no_cri()
    if reason:
        pytest.skip(reason)
    kubelet = containerd.Cri(own_containerd)
    yield kubelet
    kubelet.close()


@pytest.fixture(scope="session")
def own_podman():
    """One private Podman for all tests that want one."""
    reason = podman.why_not()
    if reason:
        pytest.skip(reason)
    directory = Path(tempfile.mkdtemp(prefix="ctrace-podman-"))
    private = podman.Podman(directory)
    private.start()
    yield private
    private.stop()
    shutil.rmtree(directory)
    remove_empty("/libpod_parent/conmon")


@pytest.fixture
def recorded(work):
    """recorded(CMD...) traces a command and returns the file of its events."""

    def record(*command):
        events = work / "events.jsonl"
        argv = command_line(["run", "--output", events, "--", *command])
        subprocess.run(argv, capture_output=True, check=True, timeout=60 * settings.PATIENCE)
        return events

    return record
