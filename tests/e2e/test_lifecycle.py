# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""How ctrace starts and ends, and that it leaves nothing behind."""

import os
import signal
import subprocess
import time

import pytest

from harness import settings
from harness.bpf import alive, held_by
from harness.cgroup import mount_point
from harness.trace import Trace, command_line
from harness.truth import programs_own, run_program
from harness.wait import wait_until

ENDINGS = {
    "SIGINT": signal.SIGINT,
    "SIGTERM": signal.SIGTERM,
    "SIGKILL": signal.SIGKILL,
}


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_signal_drains_the_ring_and_exits_0(cgroup, by):
    with Trace("--cgroup", cgroup) as trace:
        (told,) = run_program(cgroup, "load", "burst", "5000", "/etc/passwd")
        assert trace.stop(by) == 0
    assert len(programs_own(trace.opens(), [told])) + trace.lost == told["done"]


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_signal_brings_a_summary(cgroup, by):
    with Trace("--cgroup", cgroup, "--comm", "load") as trace:
        run_program(cgroup, "load", "burst", "123", "/etc/passwd")
        trace.stop(by)
    summary = trace.stderr.splitlines()[-1]
    assert summary.startswith("ctrace: ") and str(len(trace.opens())) in summary, trace.stderr


def test_messages_start_with_the_program_name(cgroup):
    with Trace("--cgroup", cgroup) as trace:
        pass
    assert all(line.startswith("ctrace: ") for line in trace.stderr.splitlines()), trace.stderr


def test_closed_stdout_ends_it_quietly(cgroup):
    reader, writer = os.pipe()
    with Trace("--cgroup", cgroup, stdout=writer) as trace:
        os.close(writer)
        run_program(cgroup, "opener", "openat", "/etc")
        assert os.read(reader, 10)
        os.close(reader)
        run_program(cgroup, "load", "burst", "10", "/etc")
        assert trace.wait_end() == 0
    assert "pipe" not in trace.stderr.lower(), trace.stderr


def test_stdout_closed_from_the_start(cgroup):
    """As `ctrace | true` does."""
    reader, writer = os.pipe()
    os.close(reader)
    with Trace("--cgroup", cgroup, stdout=writer, wait=False) as trace:
        os.close(writer)
        wait_until(lambda: trace.live() or trace.process.poll() is not None, "it hangs", 30)
        if trace.process.poll() is None:
            run_program(cgroup, "load", "burst", "10", "/etc")
        assert trace.wait_end() == 0, trace.stderr


def test_full_disk_is_an_error(cgroup):
    with open("/dev/full", "wb") as full:
        with Trace("--cgroup", cgroup, stdout=full) as trace:
            run_program(cgroup, "load", "burst", "10", "/etc")
            assert trace.wait_end() == 1
    assert "No space left on device" in trace.stderr


def test_end_of_the_container_ends_it(container):
    box = container("until [ -e /stop ]; do cat /etc/motd; sleep 0.1; done")
    with Trace("--container", box.id) as trace:
        trace.wait_line(b'"/etc/motd"', "a read of the container")
        (box.bundle / "rootfs" / "stop").touch()
        assert trace.wait_end() == 0


def test_end_of_one_of_two_containers_does_not(container):
    """Nor does the end of the first; the last one's does."""
    boxes = [container("sleep 60"), container("sleep 60")]
    with Trace("--container", boxes[0].id, "--container", boxes[1].id) as trace:
        boxes[0].stop()
        time.sleep(1)
        assert trace.process.poll() is None
        boxes[1].stop()
        assert trace.wait_end() == 0


def test_wait_outlives_the_container(container):
    box = container("sleep 60")
    with Trace("--container", box.id, "--wait") as trace:
        box.stop()
        time.sleep(1)
        assert trace.process.poll() is None


def test_container_that_restarts_under_wait(container):
    box = container("while :; do cat /etc/motd; sleep 0.1; done")
    with Trace("--container", box.id, "--wait") as trace:
        trace.wait_line(b'"/etc/motd"', "a read of the first run")
        box.stop()
        time.sleep(0.2)
        before = len(trace.lines)
        box.start()
        wait_until(
            lambda: any(b'"/etc/motd"' in line for _, line in trace.lines[before:]),
            f"no read of the second run: {trace.stderr}",
        )


@pytest.mark.parametrize("by", ENDINGS.values(), ids=ENDINGS.keys())
def test_nothing_stays_in_the_kernel(cgroup, by):
    with Trace("--cgroup", cgroup) as trace:
        held = held_by(trace.pid)
        assert any(kind == "map_id" for kind, _ in held), held
        trace.stop(by)
    wait_until(lambda: not alive(held), "BPF objects stay")


@pytest.mark.parametrize("by", ENDINGS.values(), ids=ENDINGS.keys())
def test_run_leaves_no_cgroup(by):
    """However it ends, and even where the command would have gone on."""
    argv = command_line(["run", "--", "sh", "-c", "cat /proc/self/cgroup; exec sleep 60"])
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        for line in process.stderr:
            if line.startswith(b"0::"):
                break
        group = mount_point() / line.decode().strip().removeprefix("0::/")
        assert group.is_dir() and group != mount_point()
        process.send_signal(by)
        process.stderr.read()
    wait_until(lambda: not group.exists(), f"{group} stays", 20)


def test_killed_trace_does_not_disturb_the_next(cgroup):
    with Trace("--cgroup", cgroup) as trace:
        trace.kill()
    with Trace("--cgroup", cgroup) as trace:
        run_program(cgroup, "opener", "openat", "/etc")
    assert len(trace.opens(comm="opener")) >= 1


def test_two_at_once_both_see_it_all(cgroup):
    with Trace("--cgroup", cgroup) as one, Trace("--cgroup", cgroup) as other:
        (told,) = run_program(cgroup, "load", "burst", "1000", "/etc/passwd")
    for trace in (one, other):
        assert len(programs_own(trace.opens(), [told])) + trace.lost == told["done"]


def test_backend_is_named(cgroup):
    with Trace("--cgroup", cgroup) as trace:
        pass
    backends = [settings.BACKEND] if settings.BACKEND else ["fexit", "kprobe", "tracepoint"]
    (line,) = [line for line in trace.stderr.splitlines() if line.startswith("ctrace: tracing")]
    assert any(backend in line for backend in backends), line
