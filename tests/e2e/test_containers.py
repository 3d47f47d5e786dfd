# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A container is found by id, prefix or name; its opens carry who it is."""

import pytest

from harness.cgroup import shown
from harness.schema import Lines
from harness.trace import Trace, run_ctrace

READS = "while :; do cat /etc/motd /var/welcome /var/../etc/group; sleep 0.1; done"


def opens_of(trace, container_id):
    return [event for event in trace.opens() if event["container"]["id"] == container_id]


def listed(*args):
    """The containers that `ctrace ps` finds, one record each."""
    done = run_ctrace("ps", "-o", "json", *args)
    assert done.returncode == 0, done.stderr
    parser = Lines()
    return [parser.parse(line) for line in done.stdout.encode().splitlines(keepends=True)]


def watch(*args, seconds="2"):
    with Trace(*args, "--duration", seconds) as trace:
        trace.wait_end()
    assert trace.status == 0, trace.stderr
    return trace


# --- plain runc and crun -------------------------------------------------------------


def test_plain_container_by_id(container):
    box = container(READS)
    trace = watch("--container", box.id)
    assert {event["container"]["id"] for event in trace.opens()} == {box.id}
    assert {event["container"]["runtime"] for event in trace.opens()} == {box.runtime}


def test_plain_container_paths_are_its_own(container):
    """As the container sees them: no rootfs in front, links and dots resolved."""
    trace = watch("--container", container(READS).id)
    pairs = {
        (event["file"].get("name"), event["file"]["path"]) for event in trace.opens(comm="cat")
    }
    assert ("/etc/motd", "/etc/motd") in pairs
    assert ("/var/welcome", "/etc/motd") in pairs
    assert ("/var/../etc/group", "/etc/group") in pairs


def test_plain_container_exe_and_uid(container):
    trace = watch("--container", container(READS).id)
    event = trace.opens(comm="cat")[0]
    assert event["process"]["exe"] == "/bin/busybox"
    assert event["process"]["uid"] == 0


def test_other_processes_are_not_reported(container):
    boxes = [container(READS), container(READS)]
    trace = watch("--container", boxes[0].id)
    assert opens_of(trace, boxes[0].id)
    assert {event["container"]["id"] for event in trace.opens()} == {boxes[0].id}


def test_several_containers_at_once(container):
    boxes = [container(READS), container(READS)]
    trace = watch("--container", boxes[0].id, "--container", boxes[1].id)
    for box in boxes:
        assert opens_of(trace, box.id)


def test_command_started_in_a_running_container(container):
    box = container("sleep 60")
    with Trace("--container", box.id) as trace:
        box.exec("/bin/cat", "/etc/motd")
    assert "/etc/motd" in [event["file"]["path"] for event in trace.opens(comm="cat")]


def test_pivot_root_and_bind_mount(container, work):
    (work / "outside").write_text("x")
    mounts = [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
        {
            "destination": "/mnt/here",
            "type": "bind",
            "source": str(work / "outside"),
            "options": ["bind", "ro"],
        },
    ]
    box = container("while :; do cat /mnt/here; echo > /mnt/here; sleep 0.1; done", mounts=mounts)
    trace = watch("--container", box.id)
    assert ("/mnt/here", None) in {
        (event["file"]["path"], event.get("error")) for event in trace.opens(comm="cat")
    }
    assert ("/mnt/here", "EROFS") in {
        (event["file"]["path"], event.get("error")) for event in trace.opens(comm="sh")
    }


def test_ps_lists_a_plain_container(container):
    box = container("sleep 60")
    rows = listed()
    (row,) = [row for row in rows if row["container"]["id"] == box.id]
    assert row["container"]["runtime"] == box.runtime
    assert (row["type"], row["action"]) == ("container", "running")
    assert (row["cgroup"], row["cgroup_id"]) == (shown(box.cgroup()), box.cgroup().stat().st_ino)
    assert row["pid"] in [int(pid) for pid in (box.cgroup() / "cgroup.procs").read_text().split()]


# --- Docker ----------------------------------------------------------------------------


@pytest.fixture
def web(docker_container):
    return docker_container(READS)


def test_docker_by_full_id(docker, web):
    name, full = web
    trace = watch("--container", full, *docker.runtime_root)
    assert {event["container"]["id"] for event in trace.opens()} == {full}
    who = trace.opens()[0]["container"]
    assert (who["name"], who["image"], who["runtime"]) == (name, "busybox", "docker")
    assert "/etc/motd" in [event["file"]["path"] for event in trace.opens()]


@pytest.mark.parametrize("length", [12, 8, 4])
def test_docker_by_prefix(docker, web, length):
    trace = watch("--container", web[1][:length], *docker.runtime_root, seconds="1")
    assert {event["container"]["id"] for event in trace.opens()} == {web[1]}


def test_docker_by_name(docker, web):
    trace = watch("--container", web[0], *docker.runtime_root, seconds="1")
    assert {event["container"]["id"] for event in trace.opens()} == {web[1]}


def test_docker_overlay_and_volume_paths(docker, docker_container, work):
    """An image's file, one changed in the container, one on a volume: all as seen inside."""
    (work / "f").write_text("x")
    script = "while :; do cat /etc/motd; echo > /etc/new; cat /etc/new /vol/f; sleep 0.1; done"
    name, _ = docker_container(script, "-v", f"{work}:/vol")
    trace = watch("--container", name, *docker.runtime_root)
    paths = {event["file"]["path"] for event in trace.opens(comm="cat")}
    assert {"/etc/motd", "/etc/new", "/vol/f"} <= paths


def test_docker_exec(docker, docker_container):
    name, _ = docker_container("sleep 60")
    with Trace("--container", name, *docker.runtime_root) as trace:
        docker("exec", name, "cat", "/etc/motd")
    assert "/etc/motd" in [event["file"]["path"] for event in trace.opens(comm="cat")]


def test_docker_ps(docker, web):
    name, full = web
    rows = listed(*docker.runtime_root)
    (who,) = [row["container"] for row in rows if row["container"]["id"] == full]
    assert (who["name"], who["image"], who["runtime"]) == (name, "busybox", "docker")


def test_docker_ps_table(docker, web):
    table = run_ctrace("ps", "-o", "table", *docker.runtime_root).stdout.splitlines()
    assert any(web[0] in line and web[1][:12] in line for line in table[1:]), table


def test_all_containers(docker, docker_container):
    ids = {docker_container(READS)[1] for _ in range(2)}
    trace = watch(*docker.runtime_root)
    assert ids <= {event["container"]["id"] for event in trace.opens()}


def test_container_that_starts_later_is_traced_from_its_first_open(docker, docker_container):
    mark = "/etc/ctrace-test-first"  # other containers of the host read /etc/motd, too
    with Trace(*docker.runtime_root) as trace:
        _, full = docker_container(f"cat {mark}; sleep 60")
        trace.wait_line(f'"{mark}"'.encode(), "the new container's first read")
    first = [event for event in opens_of(trace, full) if event["file"].get("name") == mark]
    assert len(first) == 1


def test_wait_for_a_container_by_name(docker, docker_container):
    """--wait: the name may be one that doesn't exist yet."""
    first, _ = docker_container("sleep 1")
    docker("wait", first)
    docker.remove(first)
    with Trace("--container", first, "--wait", *docker.runtime_root) as trace:
        full = docker.run(first, "cat /etc/motd; sleep 60")
        trace.wait_line(b'"/etc/motd"', "the awaited container's first read")
    assert {event["container"]["id"] for event in trace.opens()} == {full}
