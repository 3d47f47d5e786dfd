# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Filters leave out what was not asked for, and nothing else."""

import time
from subprocess import DEVNULL

import pytest

from harness.settings import PATIENCE, program
from harness.trace import Trace
from harness.truth import path_of, programs_own, reports, run_program


def names(trace, **process):
    return [event["file"].get("name") for event in trace.opens(**process)]


def test_pid(cgroup):
    wanted, other = [
        cgroup.popen(program("load"), "paced", "100000", "5", name, stdout=DEVNULL)
        for name in ("/etc", "/proc")
    ]
    with Trace("--cgroup", cgroup, "--pid", wanted.pid) as trace:
        trace.wait_line(b'"/etc"', "an open of the process")
        for each in (wanted, other):
            each.kill()
            each.wait()
    assert set(names(trace)) == {"/etc"}
    assert {event["process"]["pid"] for event in trace.opens()} == {wanted.pid}


def test_uid(cgroup, work):
    with Trace("--cgroup", cgroup, "--uid", "65534") as trace:
        run_program(cgroup, "opener", "openat", "/etc")
        run_program(cgroup, "opener", "--uid", "65534", "openat", "/proc")
    assert names(trace) == ["/proc"]
    assert [event["process"]["uid"] for event in trace.opens()] == [65534]


def test_uid_0_is_not_any(cgroup):
    with Trace("--cgroup", cgroup, "--uid", "0") as trace:
        run_program(cgroup, "opener", "openat", "/etc")
        run_program(cgroup, "opener", "--uid", "65534", "openat", "/proc")
    assert "/etc" in names(trace) and "/proc" not in names(trace)


def test_comm(cgroup):
    with Trace("--cgroup", cgroup, "--comm", "opener") as trace:
        run_program(cgroup, "opener", "openat", "/etc")
        cgroup.run("cat", "/etc/passwd")
    assert {event["process"]["comm"] for event in trace.opens()} == {"opener"}
    assert "/etc" in names(trace)


def test_failed(cgroup):
    with Trace("--cgroup", cgroup, "--failed") as trace:
        made = run_program(cgroup, "opener", "openat", "/etc", "/none", "/proc")
    assert [path_of(event) for event in programs_own(trace.opens(), made)] == [b"/none"]


@pytest.mark.parametrize(
    "flags, shown",
    [
        ("O_RDONLY", False),
        ("O_PATH", False),
        ("O_WRONLY", True),
        ("O_RDWR", True),
        ("O_RDONLY|O_CREAT", True),
        ("O_WRONLY|O_TMPFILE", True),
    ],
)
def test_writes(cgroup, work, flags, shown):
    target = work if "TMPFILE" in flags else work / "f"
    (work / "f").touch()
    with Trace("--cgroup", cgroup, "--writes") as trace:
        made = run_program(cgroup, "opener", "--flags", flags, "--mode", "600", "openat", target)
    assert len(programs_own(trace.opens(), made)) == shown


def test_filters_combine(cgroup, work):
    """Each of the others lacks one of the three."""
    nobody, writing = ("--uid", "65534"), ("--flags", "O_WRONLY")
    with Trace("--cgroup", cgroup, "--writes", "--failed", *nobody) as trace:
        run_program(cgroup, "opener", *writing, "openat", work / "root")
        run_program(cgroup, "opener", *nobody, "openat", work / "reads")
        run_program(cgroup, "opener", *nobody, *writing, "openat", work / "all", "/dev/null")
    assert names(trace) == [str(work / "all")]


def test_several_cgroups(cgroup):
    groups = [cgroup.child("a"), cgroup.child("b"), cgroup.child("c")]
    with Trace("--cgroup", groups[0], "--cgroup", groups[1]) as trace:
        for group, name in zip(groups, ("/etc", "/proc", "/sys")):
            run_program(group, "opener", "openat", name)
    seen = names(trace, comm="opener")
    assert "/etc" in seen and "/proc" in seen and "/sys" not in seen


def test_cgroup_relative_to_the_mount(cgroup):
    with Trace("--cgroup", cgroup.path.name) as trace:
        run_program(cgroup, "opener", "openat", "/etc")
    assert "/etc" in names(trace)
    assert {event["cgroup_id"] for event in trace.opens()} == {cgroup.id}


@pytest.mark.parametrize("duration", ["1", "1s"])
def test_duration(cgroup, duration):
    with Trace("--cgroup", cgroup, "--duration", duration) as trace:
        live = time.monotonic()
        assert trace.wait_end() == 0
    assert 0.5 < time.monotonic() - live < 5 * PATIENCE


def test_count(cgroup):
    with Trace("--cgroup", cgroup, "--count", "7") as trace:
        run_program(cgroup, "load", "burst", "100", "/etc")
        assert trace.wait_end() == 0
    assert len(trace.opens()) == 7


def test_table_has_a_header_and_aligned_columns(cgroup):
    with Trace("--cgroup", cgroup, "-o", "table") as trace:
        told = reports(cgroup.run(program("opener"), "openat", "/etc", "/none").stdout)
    rows = [line.decode() for _, line in trace.lines]
    assert rows[0].isupper() or rows[0].split()[0].isupper()
    for name, word in (("/etc", "3"), ("/none", "ENOENT")):
        assert any(name in row and word in row for row in rows[1:]), rows
    assert any(str(told[0]["pid"]) in row for row in rows)


def test_table_shows_no_escape_sequence(cgroup, work):
    with Trace("--cgroup", cgroup, "-o", "table") as trace:
        run_program(cgroup, "opener", "openat", work / "\x1b[31m\n\r\x07")
    assert not set(b"".join(line for _, line in trace.lines)) & (set(range(32)) - {10})
