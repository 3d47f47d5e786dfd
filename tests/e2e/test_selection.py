# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Containers are selected by what they are, also those that start later, and left out by it."""

import shutil
import subprocess

import pytest

from conftest import unique_name
from harness.bpf import traced_cgroups
from harness.trace import Trace, run_ctrace
from harness.truth import run_program

READS = "while :; do cat /etc/motd; sleep 0.1; done"


def ids(trace):
    return {event["container"]["id"] for event in trace.opens()}


def refused(*args):
    done = run_ctrace(*args)
    assert done.returncode == 1 and done.stdout == "", done.stderr
    return done.stderr


# --- without a runtime: a name in the cgroup's path -------------------------------------


def test_several_names_are_alternatives(lxc):
    boxes = [lxc(), lxc(), lxc()]
    with Trace("--container", boxes[0].name, "--container", boxes[1].name) as trace:
        for box in boxes:
            run_program(box, "opener", "openat", "/etc")
    assert ids(trace) == {boxes[0].name, boxes[1].name}


def test_conditions_must_all_hold(lxc):
    box = lxc()
    with Trace("--container", box.name, "--runtime", "lxc") as trace:
        run_program(box, "opener", "openat", "/etc")
    assert ids(trace) == {box.name}
    message = refused("--container", box.name, "--runtime", "docker")
    assert box.name in message and "leave out" in message


def test_an_excluded_container_is_left_out(lxc):
    boxes = [lxc(), lxc()]
    names = [word for box in boxes for word in ("--container", box.name)]
    with Trace(*names, "--wait", "--exclude-container", boxes[0].name) as trace:
        for box in boxes:
            run_program(box, "opener", "openat", "/etc")
    assert ids(trace) == {boxes[1].name}
    assert boxes[0].name in refused(*names, "--exclude-container", boxes[0].name)


def test_a_name_may_be_of_several_if_waited_for(lxc, cgroup):
    """And all of them are taken, those that come later, too."""
    name = unique_name("twin")
    first = lxc(name)
    with Trace("--container", name, "--wait") as trace:
        second = lxc(name, cgroup.child("x"))
        for box in (first, second):
            run_program(box, "opener", "openat", "/etc")
        trace.stop()
        second.remove()
    assert {event["cgroup_id"] for event in trace.opens()} == {first.id, second.id}


def test_set_that_is_empty_is_waited_for():
    with Trace("--image", "no-such-image:*", "--duration", "0.5") as trace:
        assert trace.wait_end() == 0
    assert "tracing 0 containers" in trace.stderr and "still to start" in trace.stderr
    assert trace.events == []


# --- containers inside of what is traced ------------------------------------------------


def test_a_container_inside_keeps_its_name(cgroup, lxc):
    inner = lxc(parent=cgroup)
    with Trace("--cgroup", cgroup) as trace:
        run_program(inner, "opener", "openat", "/etc")
        trace.stop()
        inner.remove()
    assert ids(trace) == {inner.name}
    assert [event["container"]["id"] for event in trace.containers()] == [inner.name]


@pytest.mark.parametrize("born", ["before", "later"])
def test_an_excluded_one_inside_is_cut_out(cgroup, lxc, born):
    name = unique_name("inner")
    inner = lxc(name, cgroup) if born == "before" else None
    with Trace("--cgroup", cgroup, "--exclude-container", name) as trace:
        inner = inner or lxc(name, cgroup)
        deeper = inner.child("x")
        run_program(cgroup, "opener", "openat", "/first")
        trace.wait_line(b'"/first"', "what shows that the new cgroup was seen")
        for group in (inner, deeper, cgroup):
            run_program(group, "opener", "openat", "/etc")
        trace.stop()
        inner.remove()
    assert {event["cgroup_id"] for event in trace.opens()} == {cgroup.id}
    assert trace.containers() == []


# --- ctrace's own container -------------------------------------------------------------


class TraceInside(Trace):
    """A ctrace that runs in a cgroup, behind the words of a shell's command line."""

    def __init__(self, group, script, *args):
        self.group, self.script = group, script
        super().__init__(*args)

    def spawn(self, argv, **kwargs):
        shell = ["/bin/sh", "-ec", f'exec {self.script}"$@"', "sh", *argv]
        return subprocess.Popen(self.group.join(shell), **kwargs)


# As a runtime does it: a namespace whose root is the container's cgroup, and its own mount of it;
# and with nothing but the host's mount in its place.
WAYS = {
    "host": "",
    "namespace": "unshare --cgroup --mount sh -ec 'mount -t tmpfs none /mnt && "
    "mkdir /mnt/own && mount -t cgroup2 none /mnt/own && exec \"$@\"' sh ",
    "host's mount": "unshare --cgroup ",
}
each_way = pytest.mark.parametrize("script", WAYS.values(), ids=WAYS.keys())


@each_way
def test_ctraces_own_container_is_not_traced(lxc, script):
    own, other = lxc(), lxc()
    names = ("--runtime", "lxc")
    with TraceInside(own, script, *names) as trace:
        for box in (own, other):
            run_program(box, "opener", "openat", "/etc")
        trace.stop()
    assert own.name not in ids(trace) and other.name in ids(trace)


@each_way
def test_unless_it_is_asked_for(lxc, script):
    own = lxc()
    with TraceInside(own, script, "--container", own.name) as trace:
        run_program(own, "opener", "openat", "/etc")
        trace.stop()
    assert own.name in ids(trace)


# --- with a real engine -----------------------------------------------------------------


def test_label_selects_and_is_shown(docker, docker_container):
    role = unique_name("role")
    shown = ("--show-label", "team", "--show-label", "none")
    with Trace("--label", f"role={role}", *shown, *docker.runtime_root) as trace:
        _, front = docker_container(READS, "--label", f"role={role}", "--label", "team=shop")
        docker_container(READS, "--label", "role=other", "--label", "team=shop")
        trace.wait_line(b'"/etc/motd"', "the labelled container's read")
    assert ids(trace) == {front}
    assert {str(event["container"]["labels"]) for event in trace.opens()} == {"{'team': 'shop'}"}


def test_key_of_a_label_alone_selects(docker, docker_container):
    key = unique_name("key")
    _, full = docker_container(READS, "--label", f"{key}=")
    with Trace("--label", key, *docker.runtime_root) as trace:
        trace.wait_line(b'"/etc/motd"', "the labelled container's read")
    assert ids(trace) == {full}
    assert "labels" not in trace.opens()[0]["container"]


def test_image_selects_and_excludes(docker):
    names = {tag: unique_name("image") for tag in ("one", "two")}
    repository = unique_name("repo")
    for tag, name in names.items():
        docker("tag", "busybox", f"{repository}:{tag}")
        options = ("-d", "--name", name, "--network", "none")
        docker("run", *options, f"{repository}:{tag}", "sh", "-c", READS)
    try:
        globs = ("--image", f"{repository}:*", "--exclude-image", "*:two")
        with Trace(*globs, *docker.runtime_root) as trace:
            trace.wait_line(b'"/etc/motd"', "a read")
        listed = run_ctrace("ps", *globs, *docker.runtime_root).stdout
    finally:
        for name in names.values():
            docker.remove(name)
    assert {event["container"]["name"] for event in trace.opens()} == {names["one"]}
    assert names["one"] in listed and names["two"] not in listed


def test_excluded_label_of_one_that_starts_later(docker, docker_container):
    """Its state has to be read before anything of it may be shown."""
    role = unique_name("role")
    with Trace(
        "--label", f"role={role}", "--exclude-label", "noise", *docker.runtime_root
    ) as trace:
        docker_container(READS, "--label", f"role={role}", "--label", "noise=1")
        _, wanted = docker_container(READS, "--label", f"role={role}")
        trace.wait_line(b'"/etc/motd"', "the wanted container's read")
    assert ids(trace) == {wanted}


@pytest.mark.skipif(not shutil.which("bpftool"), reason="no bpftool here to look into the map")
def test_unwanted_containers_are_not_in_the_filter(lxc):
    """What is not wanted costs nothing: its cgroup is not in the kernel's map."""
    boxes = [lxc(), lxc()]
    with Trace("--container", boxes[0].name, "--wait", "--exclude-runtime", "docker") as trace:
        late = lxc()
        run_program(boxes[0], "opener", "openat", "/mark")
        trace.wait_line(b'"/mark"', "what shows that the new cgroup was seen")
        held = traced_cgroups(trace.pid)
    assert held == {boxes[0].id}, (boxes[1].id, late.id)
