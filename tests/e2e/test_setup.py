# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
What a runtime opens inside of a container's cgroup before it executes the program is
left out, or told apart with --setup; and nothing a container does looks like it.
"""

import shutil
import subprocess

import pytest

from conftest import unique_name
from harness import bundle
from harness.cgroup import mount_point, v2_mount_point
from harness.settings import program
from harness.trace import Trace

HIDDEN = ["start", "child", "orphan", "born", "self", "child-of-moved", "self-again"]


@pytest.fixture(params=["runc", "crun"])
def box(request, work):
    """box(ARGV...): a container that is not started yet; its root has the test programs' `hide`."""
    reason = bundle.why_not(request.param)
    if reason:
        pytest.skip(reason)
    made = []

    def make(*argv, **changes):
        name = unique_name(request.param)
        path = bundle.make_bundle(work / name, "", argv=argv, **changes)
        shutil.copy(program("hide"), path / "rootfs" / "bin" / "hide")
        made.append(bundle.Container(request.param, name, path))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def wait_for(one, *args):
    return Trace("--container", one.id, "--wait", *args)


def programs_opens(trace):
    """(comm, name) of all that is not set-up, the exec of the program first."""
    return [
        (event["process"]["comm"], event["file"].get("name", ""))  # a loader has no name asked for
        for event in trace.opens()
        if "setup" not in event
    ]


def is_exec(event):
    return event["call"].startswith("execve")


def test_set_up_is_left_out(box):
    one = box("/bin/cat", "/etc/motd")
    with wait_for(one) as trace:
        one.start()
        trace.wait_line(b'"/etc/motd"', "the program's open")
    opens = trace.opens()
    assert is_exec(opens[0]) and opens[0]["file"]["path"] == "/bin/busybox"
    assert [(event["process"]["comm"], event["file"]["name"]) for event in opens[1:]] == [
        ("cat", "/etc/motd")
    ]


def test_set_up_is_told_apart(box):
    one = box("/bin/cat", "/etc/motd")
    with wait_for(one, "--setup") as trace:
        one.start()
        trace.wait_line(b'"/etc/motd"', "the program's open")
    opens = trace.opens()
    first = next(i for i, event in enumerate(opens) if "setup" not in event)
    assert first > 5, opens
    assert all(event["setup"] is True for event in opens[:first])
    assert "cat" not in {event["process"]["comm"] for event in opens[:first]}
    assert is_exec(opens[first]) and opens[first]["file"]["path"] == "/bin/busybox"
    assert [event["file"]["name"] for event in opens[first + 1 :]] == ["/etc/motd"]


@pytest.mark.parametrize("options", [[], ["--setup"]], ids=["without", "with"])
def test_set_up_of_a_command_in_a_running_container(box, options):
    one = box("/bin/sleep", "60").start()
    with Trace("--container", one.id, *options) as trace:
        for _ in range(10):
            one.exec("/bin/cat", "/etc/motd")
    opens = [event for event in trace.opens() if "setup" not in event]
    assert len([event for event in opens if event["file"]["name"] == "/etc/motd"]) == 10
    # What the runtime's init opens between its move and when the kernel tells of that is
    # shown: rather too much than an open of the container's too little.
    others = [e["process"]["comm"] for e in opens if not is_exec(e) and e["process"]["comm"] != "cat"]
    assert len(others) <= 3
    assert all("init" in comm.lower() or comm in ("runc", "crun") for comm in others)
    assert any("setup" in event for event in trace.opens()) == bool(options)


def test_process_that_is_moved_while_it_is_executed(box):
    """runc learns that its init is executed by a descriptor that closes halfway through that."""
    one = box("/bin/sleep", "60").start()
    procs = one.cgroup() / "cgroup.procs"
    with Trace("--container", one.id, "--setup") as trace:
        for _ in range(100):
            with subprocess.Popen(["/bin/sh", "-c", "read _; : </etc/group"], stdin=subprocess.PIPE) as moved:
                procs.write_text(str(moved.pid), encoding="ascii")
    opens = [event for event in trace.opens() if event["file"].get("name") == "/etc/group"]
    assert [event.get("setup") for event in opens] == [True] * 100


def test_command_that_is_not_there(box):
    """The exec that fails is the container's, not its set-up."""
    one = box("/bin/sleep", "60").start()
    with Trace("--container", one.id) as trace:
        with pytest.raises(AssertionError):
            one.exec("/no/such/command")
        one.exec("/bin/true")
    failed = [event for event in trace.opens() if event.get("error") and is_exec(event)]
    assert {event["file"]["name"] for event in failed} <= {"/no/such/command"}


def test_copy_in_memory_is_the_containers_own(box):
    """As runc copies itself before it enters the container."""
    one = box("/bin/hide", "memfd", "/etc/motd")
    with wait_for(one) as trace:
        one.start()
        trace.wait_line(b'"/etc/motd"', "the copy's open")
    names = [name for _, name in programs_opens(trace)]
    assert "/proc/self/exe" in names and "/etc/motd" in names


@pytest.mark.parametrize("when", ["while it starts", "later"])
def test_moves_among_its_own_cgroups_hide_nothing(box, when):
    """Before and after it is known that it is a container."""
    if not v2_mount_point():
        pytest.skip("nobody is born into a cgroup of v1")
    top = f"/cgroup/{{}}"
    mounts = [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {
            "destination": "/cgroup",
            "type": "bind",
            "source": str(mount_point()),
            "options": ["bind", "rw"],
        },
    ]
    one = box("/bin/sleep", "60", mounts=mounts)
    argv = ["/bin/hide", "move", top.format(one.id)]
    if when == "later":
        one.start()
    else:
        one.set_argv(*argv)
    with wait_for(one) as trace:
        if when == "later":
            one.exec(*argv)
        else:
            one.start()
        trace.wait_line(b'"/hidden/self-again"', "the last open")
    names = [name for _, name in programs_opens(trace) if name.startswith("/hidden/")]
    assert sorted(names) == sorted(f"/hidden/{name}" for name in HIDDEN)


@pytest.mark.parametrize("options", [[], ["--setup"]], ids=["without", "with"])
def test_docker(docker, options):
    name = unique_name("web")
    with Trace("--container", name, "--wait", *options, *docker.runtime_root) as trace:
        docker.run(name, "cat /etc/motd; sleep 60")
        trace.wait_line(b'"/etc/motd"', "the program's open")
        docker("exec", name, "cat", "/etc/group")
        trace.wait_line(b'"/etc/group"', "the open of docker exec")
    docker.remove(name)
    opens = [event for event in trace.opens() if "setup" not in event]
    assert {event["process"]["comm"] for event in opens if not is_exec(event)} == {"cat"}
    assert any("setup" in event for event in trace.opens()) == bool(options)
