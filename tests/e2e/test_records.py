# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Containers come and go in the stream, and no open is ever given to the wrong one."""

import os
import signal

from conftest import unique_name
from harness import settings
from harness.trace import Trace
from harness.truth import run_program
from harness.wait import wait_until

READS = "while :; do cat /etc/motd; sleep 0.1; done"


def actions(trace, container_id):
    """What became of one container, in the stream's order; its opens as one word."""
    words = []
    for event in trace.events:
        if event.get("container", {}).get("id") == container_id:
            word = event.get("action", event["type"])
            if word != "open" or words[-1:] != ["open"]:
                words.append(word)
    return words


def records(trace, action, container_id):
    return [
        event
        for event in trace.containers(action=action)
        if event["container"]["id"] == container_id
    ]


# --- when there is a record ---------------------------------------------------------------


def test_one_that_is_there_is_running(container):
    box = container(READS)
    with Trace("--container", box.id) as trace:
        trace.wait_line(b'"/etc/motd"', "a read of the container")
    assert actions(trace, box.id) == ["running", "open"]
    (record,) = trace.containers()
    assert record["container"] == {"id": box.id, "runtime": box.runtime}
    assert record["cgroup"] == f"/{box.id}"
    assert record["cgroup_id"] == box.cgroup().stat().st_ino
    assert isinstance(record["pid"], int)


def test_one_whose_end_is_the_end_has_stopped(container):
    box = container("until [ -e /stop ]; do cat /etc/motd; sleep 0.1; done")
    with Trace("--container", box.id) as trace:
        trace.wait_line(b'"/etc/motd"', "a read of the container")
        (box.bundle / "rootfs" / "stop").touch()
        assert trace.wait_end() == 0
    assert actions(trace, box.id) == ["running", "open", "stopped"]


def test_one_that_comes_and_goes(lxc):
    """Two lives of one name are two cgroups, each with a beginning and an end."""
    name = unique_name("lxc")
    with Trace("--container", name, "--wait") as trace:
        for life in (1, 2):
            box = lxc(name)
            wait_until(lambda: opens_in(box, trace), f"no open of it: {trace.stderr}")
            box.remove()
            wait_until(lambda: stop_lines(trace) == life, f"no end: {trace.stderr}", 30)
    assert actions(trace, name) == ["started", "open", "stopped"] * 2
    assert len({event["cgroup_id"] for event in trace.containers()}) == 2


def opens_in(box, trace):
    """Opens a file there; true once an open of it is in the stream."""
    run_program(box, "opener", "openat", "/etc")
    return any(f'"cgroup_id":{box.id}}}'.encode() in line for _, line in list(trace.lines))


def stop_lines(trace):
    return sum(b'"action":"stopped"' in line for _, line in list(trace.lines))


def test_what_is_no_container_has_none(cgroup):
    with Trace("--cgroup", cgroup) as trace:
        run_program(cgroup, "opener", "openat", "/etc")
    assert trace.opens() and trace.containers() == []


def test_run_has_none():
    with Trace("run", "--", "cat", "/etc/passwd", wait=False) as trace:
        trace.wait_end()
    assert trace.opens() and trace.containers() == []


def test_count_counts_opens_only(lxc):
    boxes = [lxc(), lxc()]
    names = [word for box in boxes for word in ("--container", box.name)]
    with Trace(*names, "--count", "3") as trace:
        run_program(boxes[0], "load", "burst", "10", "/etc")
        assert trace.wait_end() == 0
    assert len(trace.opens()) == 3 and len(trace.containers(action="running")) == 2


def test_table_has_one_plain_line(lxc):
    box = lxc()
    with Trace("--container", box.name, "-o", "table", "--wait") as trace:
        box.remove()
        trace.wait_line(b"*** stopped", "the container's end", 30)
    lines = [line.decode() for _, line in trace.lines]
    assert [line for line in lines if "*** running" in line and f"lxc.payload.{box.name}" in line]
    assert sum("***" in line for line in lines) == 2


def test_one_that_leaves_its_state_behind_is_told_of_in_order(docker, docker_container):
    """It is gone before ctrace gets a processor, and all is known of it at once."""
    with Trace("--label", "role=quick", *docker.runtime_root) as trace:
        os.kill(trace.pid, signal.SIGSTOP)
        try:
            name, full = docker_container("cat /etc/motd", "--label", "role=quick")
            docker("wait", name)
        finally:
            os.kill(trace.pid, signal.SIGCONT)
        wait_until(lambda: stop_lines(trace), f"its end: {trace.stderr}", 30)
    assert actions(trace, full) == ["started", "open", "stopped"]


# --- who is who -----------------------------------------------------------------------------


def test_restart_with_the_same_id(container):
    box = container(READS)
    with Trace("--container", box.id, "--wait") as trace:
        trace.wait_line(b'"/etc/motd"', "a read of the first run")
        box.stop()
        wait_until(lambda: stop_lines(trace), f"the first run's end: {trace.stderr}", 30)
        before = len(trace.lines)
        box.start()
        wait_until(
            lambda: any(b'"/etc/motd"' in line for _, line in trace.lines[before:]),
            f"a read of the second run: {trace.stderr}",
        )
    first, second = records(trace, "running", box.id) + records(trace, "started", box.id)
    assert first["cgroup_id"] != second["cgroup_id"]
    (stopped,) = records(trace, "stopped", box.id)
    assert stopped["cgroup_id"] == first["cgroup_id"]
    end = trace.events.index(stopped)
    for number, event in enumerate(trace.events):
        if event["type"] == "open":
            whose = first if number < end else second
            assert event["cgroup_id"] == whose["cgroup_id"]


def test_same_name_made_again(docker, docker_container):
    """The opens of the first are the first's, those of the second the second's."""
    role = unique_name("role")
    name, first = docker_container("cat /etc/motd; sleep 60", "--label", f"role={role}")
    with Trace("--label", f"role={role}", *docker.runtime_root) as trace:
        docker("exec", name, "cat", "/etc/first", check=False)  # there is none
        docker.remove(name)
        second = docker.run(
            name, "while :; do cat /etc/second; sleep 0.1; done", "--label", f"role={role}"
        )
        trace.wait_line(b'"/etc/second"', "the second container's read")
        docker.remove(name)
        wait_until(lambda: stop_lines(trace) == 2, f"two ends: {trace.stderr}", 30)
    for event in trace.opens():
        assert event["container"]["name"] == name
        if event["file"].get("name") in ("/etc/first", "/etc/second"):
            assert event["container"]["id"] == {"/etc/first": first, "/etc/second": second}[
                event["file"]["name"]
            ]
    assert actions(trace, first) == ["running", "open", "stopped"]
    assert actions(trace, second)[-2:] == ["open", "stopped"]


def test_name_that_moves_to_another_container(docker, docker_container):
    """The old bearer has its new name from the time that the new one is there."""
    role = unique_name("role")
    name, old = docker_container(READS, "--label", f"role={role}")
    with Trace("--label", f"role={role}", *docker.runtime_root) as trace:
        trace.wait_line(b'"/etc/motd"', "the first container's read")
        docker("rename", name, f"{name}-old")
        new = docker.run(
            name, "while :; do cat /etc/group; sleep 0.1; done", "--label", f"role={role}"
        )
        trace.wait_line(b'"/etc/group"', "the second container's read")
        before = len(trace.lines)
        wait_until(
            lambda: any(b'"/etc/motd"' in line for _, line in trace.lines[before:]),
            "one more read of the first",
        )
        docker.remove(f"{name}-old")
        trace.stop()
    later = trace.events[before:]
    names = {(e["container"]["id"], e["container"]["name"]) for e in later if e["type"] == "open"}
    assert (old, f"{name}-old") in names
    assert names <= {(old, f"{name}-old"), (new, name)}


# --- ps --watch -----------------------------------------------------------------------------


class Watch(Trace):
    """ctrace ps --watch; live once the first container is there."""

    def __init__(self, *args, **kwargs):
        super().__init__("ps", "--watch", *args, **kwargs)

    def spawn(self, argv, **kwargs):
        return super().spawn([settings.CTRACE, *argv[argv.index("ps") :]], **kwargs)

    def live(self):
        return bool(self.lines)


def test_ps_watch_follows(lxc):
    there, name = lxc(), unique_name("late")
    names = ("--container", there.name, "--container", name)
    with Watch("-o", "json", *names) as watch:
        late = lxc(name)
        watch.wait_line(b'"started"', "the new container")
        late.remove()
        watch.wait_line(b'"stopped"', "its end")
        assert watch.stop() == 0
    told = [(event["action"], event["container"]["id"]) for event in watch.events]
    assert told == [("running", there.name), ("started", name), ("stopped", name)]


def test_ps_watch_as_a_table(lxc):
    there, other = lxc(), lxc()
    with Watch("--container", there.name) as watch:
        there.remove()
        watch.wait_line(b"stopped", "the end")
        assert watch.stop(signal.SIGTERM) == 0
    lines = [line.decode().split() for _, line in watch.lines]
    assert [line[0] for line in lines] == ["ACTION", "running", "stopped"]
    assert all(there.name in line for line in lines[1:])
    assert other.name not in str(lines)


def test_ps_watch_ends_with_its_reader(lxc):
    there = lxc()
    reader, writer = os.pipe()
    with Watch("--container", there.name, stdout=writer, wait=False) as watch:
        os.close(writer)
        assert os.read(reader, 10)
        os.close(reader)
        assert watch.wait_end(10) == 0
