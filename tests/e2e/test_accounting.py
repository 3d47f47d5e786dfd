# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
Whatever happens to ctrace, to the traced or to what is around them: the opens that an oracle
counted are delivered, suppressed or lost, to the last one.

A ring of one page by itself is in test_loss.py, a reader that stops in test_backpressure.py.
"""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from conftest import unique_name
from harness.cgroup import mount_point, v1_mount_points
from harness.oracle import Oracle
from harness.settings import TOP
from harness.sleep import suspend
from harness.trace import Trace
from harness.wait import wait_until

TINY = ("--buffer-size", "4096")
SMALL = ("--buffer-size", "256K")
BY_CLOCK = re.compile(rb'"time":"([^"]+)"')


@pytest.fixture
def oracle(work):
    return Oracle(work)


def finish(*processes):
    for process in processes:
        assert process.wait(60) == 0


def kill(*processes):
    for process in processes:
        process.kill()
    for process in processes:
        process.wait()


def hold(trace, seconds):
    os.kill(trace.pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(trace.pid, signal.SIGCONT)


def test_stopped_for_five_seconds_under_load(cgroup, oracle):
    with Trace("--cgroup", cgroup, *SMALL, *oracle.only) as trace:
        loads = [cgroup.popen(*oracle.opens(us=200)) for _ in range(2)]
        hold(trace, 5)
        wait_until(lambda: trace.lost, "a loss that is told while it goes on")
        kill(*loads)
    assert oracle.check(trace, kills=2)[2] > 0, "nothing lost: nothing is proven"


def test_suppressed_and_lost_add_up(cgroup, oracle):
    """A limit, and a ring that is too small for what it leaves."""
    with Trace(
        "--cgroup", cgroup, *TINY, *oracle.only, "--rate", "200", "--summary", "1s"
    ) as trace:
        load = cgroup.popen(*oracle.opens(us=200))
        hold(trace, 2)
        time.sleep(0.5)
        kill(load)
    assert all(oracle.check(trace, kills=1)), "one of the three is missing: nothing is proven"


def test_ten_thousand_short_lived_processes(cgroup, oracle):
    with Trace("--cgroup", cgroup, *oracle.only) as trace:
        broods = [cgroup.popen(*oracle.brood(5000)) for _ in range(2)]
        finish(*broods)
    assert oracle.told() == (10000, 10000)
    assert oracle.check(trace) == (10000, 0, 0)


def test_container_killed_in_the_middle(container, work):
    """Its state and cgroup go while its opens are still in the ring."""
    oracle = Oracle(work)
    argv = ["/mnt/counted", "opens", "/mnt/opened.counts", "0", "300", "/mnt/opened"]
    (work / "counted").write_bytes(Path(oracle.opens()[0]).read_bytes())
    (work / "counted").chmod(0o755)
    mounts = [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
        {"destination": "/mnt", "type": "bind", "source": str(work), "options": ["bind"]},
    ]
    box = container("read line < /dev/zero; sleep 100", mounts=mounts)
    options = ("--container", box.id, "--wait", *SMALL, "--path", "/mnt/opened")
    with Trace(*options) as trace:
        load = subprocess.Popen([box.runtime, "exec", box.id, *argv])
        wait_until(lambda: oracle.told()[1] > 500, "no load")
        os.kill(trace.pid, signal.SIGSTOP)
        box.stop()
        load.wait()
        os.kill(trace.pid, signal.SIGCONT)
        wait_until(lambda: trace.containers(action="stopped"), "its end was not told")
    oracle.check(trace, kills=1, path="/mnt/opened")
    opens = trace.opens()
    assert {event["container"]["id"] for event in opens} == {box.id}


def test_64_cgroups_made_and_removed_a_second(cgroup, oracle):
    rate, seconds = 64, 4
    with Trace("--cgroup", cgroup, *oracle.only) as trace:
        before = time.monotonic()
        finish(cgroup.popen(*oracle.groups(rate * seconds, 1000 // rate, f"{cgroup}/g")))
        assert time.monotonic() - before < 2 * seconds, "that was less than half of the rate"
    assert oracle.told()[1] == rate * seconds * 10
    oracle.check(trace)
    assert trace.lost or len({event["cgroup_id"] for event in trace.opens()}) == rate * seconds


def test_64_containers_a_second(lxc, oracle):
    """Which nobody knew before, and which are gone before anybody could look twice."""
    name, rate, seconds = lxc().name, 64, 4
    group = lxc()
    # --setup: who comes from outside, as these do, is the runtime's until it executes something
    with Trace("--container", name, "--wait", "--setup", *oracle.only) as trace:
        prefix = f"{group}/lxc.payload.{name}-x"
        finish(group.popen(*oracle.groups(rate * seconds, 1000 // rate, prefix)))
    delivered, _, lost = oracle.check(trace)
    assert delivered + lost == rate * seconds * 10
    names = {event["container"]["id"] for event in trace.opens()}
    assert trace.lost or len(names) == rate * seconds


def test_two_at_once(cgroup, oracle):
    """Each tells all of it, and neither anything of the other."""
    with Trace("--cgroup", cgroup, *oracle.only) as one:
        with Trace("--cgroup", cgroup, *TINY, *oracle.only) as other:
            loads = [cgroup.popen(*oracle.opens(5000)) for _ in range(2)]
            os.kill(other.pid, signal.SIGSTOP)
            finish(*loads)
            os.kill(other.pid, signal.SIGCONT)
    assert oracle.check(one)[2] == 0
    assert oracle.check(other)[2] > 0


# --- what is around it -----------------------------------------------------------------


def limit_of_the_manifest():
    text = (TOP / "k8s/base/daemonset.yaml").read_text()
    return int(re.search(r"limits:\s+memory: (\d+)Mi", text)[1]) << 20


@pytest.fixture
def limited(cgroup):
    """A cgroup with a limit on memory, of the hierarchy that has the controller."""
    made = []

    def make(limit):
        v1 = v1_mount_points().get("memory")
        group = (v1 or mount_point()) / f"{cgroup.path.name}-limited"
        made.append(group)
        if not v1 and "memory" not in (mount_point() / "cgroup.subtree_control").read_text():
            pytest.skip("no memory controller for cgroups here")
        group.mkdir()
        name = "memory.limit_in_bytes" if v1 else "memory.max"
        (group / name).write_text(str(limit))
        return group

    yield make
    for group in made:
        wait_until(lambda each=group: not each.exists() or not each.rmdir(), "it stays")


def kills_of(group):
    name = "memory.events" if (group / "memory.events").exists() else "memory.oom_control"
    return int(re.search(r"oom_kill (\d+)", (group / name).read_text())[1])


@pytest.mark.parametrize("part", [1, 4], ids=["as-shipped", "a-quarter"])
def test_memory_limit_of_the_manifest(cgroup, oracle, limited, part):
    """Under load from many cgroups: it stays below, is not killed, and accounts for all."""
    if not (TOP / "k8s").exists():
        pytest.skip("only the tests are here, not the manifests")
    group = limited(limit_of_the_manifest() // part)

    def enter():
        (group / "cgroup.procs").write_text("0")

    with Trace("--cgroup", cgroup, *oracle.only, preexec_fn=enter) as trace:
        loads = [cgroup.popen(*oracle.opens(20000)) for _ in range(2)]
        loads.append(cgroup.popen(*oracle.groups(64, 5, f"{cgroup}/g")))
        finish(*loads)
        assert trace.process.poll() is None
        assert kills_of(group) == 0
    oracle.check(trace)


class InPrivateMounts(Trace):
    def spawn(self, argv, **kwargs):
        return super().spawn(["unshare", "--mount", "--propagation", "private", *argv], **kwargs)

    def run(self, script):
        """In its mounts."""
        subprocess.run(["nsenter", "--mount", "-t", str(self.pid), "sh", "-ec", script], check=True)


def test_cgroup_file_system_remounted(cgroup, oracle):
    """What it looks at is unmounted, and mounted anew in the same place."""
    point = mount_point()
    kind = "cgroup2" if (point / "cgroup.procs").exists() else None
    if not (point / "cgroup.controllers").exists() or not kind:
        pytest.skip("no cgroup v2 is mounted here")
    with InPrivateMounts("--cgroup", cgroup, *oracle.only) as trace:
        finish(cgroup.popen(*oracle.opens(100)))
        trace.run(f"umount -l {point}")
        finish(cgroup.popen(*oracle.groups(8, 10, f"{cgroup}/g")))
        trace.run(f"mount -t {kind} none {point}")
        finish(cgroup.popen(*oracle.groups(8, 10, f"{cgroup}/g")))
        finish(cgroup.popen(*oracle.opens(100)))
    assert oracle.check(trace) == (360, 0, 0)


def test_runtime_daemon_restarted(own_containerd, work):
    """Its containers live on, and so do their names and accounts."""
    oracle, namespace, name = Oracle(work), own_containerd.namespaces[0], "ctrace-accounts"
    (work / "counted").write_bytes(Path(oracle.opens()[0]).read_bytes())
    (work / "counted").chmod(0o755)
    own_containerd.ctr(
        "--namespace", namespace, "run", "--detach", "--null-io",
        "--mount", f"type=bind,src={work},dst=/mnt,options=rbind:rw", "registry.test/busybox:1", name,
        "/bin/sh", "-c",
        "while [ ! -e /mnt/go ]; do sleep 0.1; done; "
        "/mnt/counted opens /mnt/opened.counts 0 300 /mnt/opened",
    )  # fmt: skip
    try:
        options = ("--container", name, *own_containerd.runtime_root, "--path", "/mnt/opened")
        with Trace(*options, "--wait") as trace:
            (work / "go").touch()
            wait_until(lambda: oracle.told()[1] > 500, "no load")
            own_containerd.process.kill()
            own_containerd.process.wait()
            between = oracle.told()[1]
            wait_until(lambda: oracle.told()[1] > between + 500, "the container ended, too")
            own_containerd.start()
            again = oracle.told()[1]
            wait_until(lambda: oracle.told()[1] > again + 500, "the container ended, too")
            own_containerd.remove(namespace, name)
            wait_until(lambda: trace.containers(action="stopped"), "its end was not told")
        oracle.check(trace, kills=1, path="/mnt/opened")
        assert {event["container"]["id"] for event in trace.opens()} == {name}
    finally:
        own_containerd.remove(namespace, name)


# --- what only a machine of our own may have done to it: tests/vm/suite ---------------------


def test_processors_taken_offline_and_back(own_machine, cgroup, oracle):
    switch = Path("/sys/devices/system/cpu/cpu1/online")
    if not switch.exists():
        pytest.skip("one processor, or one that can't be switched off")
    with Trace("--cgroup", cgroup, *oracle.only) as trace:
        loads = [cgroup.popen(*oracle.opens(us=1000)) for _ in range(4)]
        for state in "0101":
            switch.write_text(state)
            seen = oracle.told()[1]
            wait_until(lambda seen=seen: oracle.told()[1] > seen + 50, "no load", 30)
        kill(*loads)
    oracle.check(trace, kills=4)


def test_clock_steps(own_machine, cgroup, oracle):
    """Times follow the wall clock, and go back only where it did."""
    times, steps = [], [3600, -7200, 0.5, 3600 - 0.5]
    with Trace("--cgroup", cgroup, *oracle.only) as trace:
        for step in [*steps, 0]:
            before = time.time()
            finish(cgroup.popen(*oracle.opens(3, us=400000)))
            times.append((before, time.time()))
            time.clock_settime(time.CLOCK_REALTIME, time.time() + step)
            time.sleep(1.2)  # it looks at the clocks once a second
    assert oracle.check(trace)[0] == 3 * len(times)
    seen = [stamp(line) for _, line in trace.lines if b'"open"' in line]
    for number, (before, after) in enumerate(times):
        mine = seen[3 * number : 3 * number + 3]
        assert before <= mine[0] and mine[-1] <= after and mine == sorted(mine), (number, mine)


def test_suspended(own_machine, cgroup, oracle):
    """Times follow the wall clock through it, in order, and the sleep is a hole in them."""
    with Trace("--cgroup", cgroup, *oracle.only) as trace:
        load = cgroup.popen(*oracle.opens(us=20000))
        wait_until(lambda: oracle.told()[1] > 50, "no load")
        asleep = time.time()
        stood = suspend(6)
        awake = time.time()
        seen = oracle.told()[1]
        wait_until(lambda: oracle.told()[1] > seen + 100, "no load after it", 30)
        kill(load)
        load.wait()
        ended = time.time()
    assert trace.status == 0
    oracle.check(trace, kills=1)
    times = [stamp(line) for _, line in trace.lines if b'"open"' in line]
    assert times == sorted(times) and times[-1] <= ended
    hole = max(range(1, len(times)), key=lambda i: times[i] - times[i - 1])
    assert times[hole] - times[hole - 1] > stood
    # the load was stopped after the one and went on before the other
    assert asleep < times[hole] and times[hole - 1] < awake
    assert abs(awake - times[hole]) < 1 and abs(times[hole - 1] - asleep) < 1
    assert 50 <= hole <= len(times) - 100


def test_suspended_while_a_container_is_made(own_machine, cgroup, oracle, work):
    """How long its runtime has been at it is counted awake: the name comes, and its opens with it."""
    name = unique_name("asleep")
    root = work / "runc"
    (root / name).mkdir(parents=True)
    options = ("--container", name, "--wait", "--setup", "--runtime-root", f"runc={root}", *oracle.only)
    with Trace(*options) as trace:
        box = cgroup.child(name)
        finish(box.popen(*oracle.opens(3)))
        suspend(40)
        time.sleep(1)
        state = {"id": name, "cgroup_paths": {"": str(box)}, "init_process_pid": os.getpid()}
        (root / name / "state.json").write_text(json.dumps(state))
        finish(box.popen(*oracle.opens(3)))
        wait_until(lambda: len(trace.lines) > 6, "not told of the container", 20)
    assert oracle.check(trace) == (6, 0, 0)
    assert {event["container"]["id"] for event in trace.opens()} == {name}


def stamp(line):
    text = BY_CLOCK.search(line)[1].decode()
    seconds = time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    return seconds + float("0" + text[19:-1])
