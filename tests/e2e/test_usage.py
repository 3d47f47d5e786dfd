# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
Bad input gets one clear line on stderr that names the thing and the remedy.
Exit status 2: the command line is wrong; 1: it is right, but can't be done.
"""

import re
import subprocess

import pytest

from harness import settings
from harness.cgroup import hierarchies, mount_point
from harness.trace import Trace, command_line, run_ctrace
from harness.truth import run_program
from harness.usage import CAPABILITIES, PR_CAPBSET_DROP, dropping, in_private_mounts

def refused(status, *args, **kwargs):
    """Runs it, checks what holds for every refusal, returns its one line."""
    done = run_ctrace(*args, **kwargs)
    assert done.returncode == status, f"status {done.returncode}: {done.stderr}"
    assert done.stdout == ""
    assert done.stderr.startswith("ctrace: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_version():
    done = run_ctrace("--version")
    assert done.returncode == 0
    assert re.fullmatch(r"ctrace \d+\.\d+\S*\n", done.stdout)


# --- the command line is wrong ---------------------------------------------------------------


@pytest.mark.parametrize(
    "args, named",
    [
        (["--containr", "x"], ["--containr", "--help"]),
        (["--no-such-thing"], ["--no-such-thing", "--help"]),
        (["-Z"], ["-Z"]),
        (["tracee"], ["'tracee'", "trace"]),
        (["--pid"], ["--pid"]),
        (["--pid", "abc"], ["--pid", "'abc'"]),
        (["--pid", "0"], ["--pid", "'0'"]),
        (["--pid", "-1"], ["--pid", "'-1'"]),
        (["--pid", "99999999999999999999"], ["--pid"]),
        (["--uid", "root!"], ["--uid", "'root!'"]),
        (["--uid", "-1"], ["--uid", "'-1'"]),
        (["--uid", "4294967296"], ["--uid", "'4294967296'"]),
        (["--comm", "sixteen-letters-"], ["--comm", "15"]),
        (["--comm", ""], ["--comm"]),
        (["--duration", "soon"], ["--duration", "'soon'"]),
        (["--duration", "0"], ["--duration", "'0'"]),
        (["--duration", "-1"], ["--duration", "'-1'"]),
        (["--duration", "5 parsecs"], ["--duration", "'5 parsecs'"]),
        (["--duration", "1e99"], ["--duration"]),
        (["--count", "0"], ["--count", "'0'"]),
        (["--count", "many"], ["--count", "'many'"]),
        (["-o", "xml"], ["'xml'", "json", "table"]),
        (["--buffer-size", "big"], ["--buffer-size", "'big'"]),
        (["--buffer-size", "0"], ["--buffer-size", "'0'"]),
        (["--buffer-size", "99999999T"], ["--buffer-size"]),
        (["--runtime-root", "docker"], ["'docker'", "RUNTIME=DIR"]),
        (["--runtime-root", "dokcer=/x"], ["dokcer", "docker"]),
        (["--backend", "magic"], ["'magic'", "tracepoint"]),
        (["--failed=yes"], ["--failed"]),
        (["run"], ["CMD"]),
        (["run", "--"], ["CMD"]),
        (["run", "--container", "x", "--", "true"], ["--container"]),
        (["ps", "--pid", "1"], ["--pid"]),
        (["ps", "extra"], ["--container extra"]),
        (["doctor", "extra"], ["'extra'", "ctrace doctor --help"]),
        (["web"], ["'web'", "--container web"]),
        (["--cgroup", ""], ["--cgroup", "empty"]),
        (["--cgroup", "a/../b"], ["--cgroup", "'..'"]),
        (["completion"], ["bash"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_command_line(args, named):
    message = refused(2, *args)
    for word in named:
        assert word in message


def test_hostile_argument_is_quoted():
    """No byte of a bad argument may reach the terminal as it is."""
    message = refused(2, "--pid", "\x1b[31m\n7")
    assert "\x1b" not in message


# --- it can't be done ---------------------------------------------------------------------


def test_unknown_container():
    message = refused(1, "--container", "no-such-container")
    assert "'no-such-container'" in message


def test_unknown_container_names_the_close_ones(container):
    box = container("sleep 60")
    message = refused(1, "--container", box.id[:-1] + "xy")
    assert box.id in message


def test_ambiguous_prefix_lists_the_candidates(container):
    boxes = [container("sleep 60"), container("sleep 60")]
    # ...-runc7 and ...-runc8 without their numbers
    message = refused(1, "--container", boxes[0].id.rstrip("0123456789"))
    for box in boxes:
        assert box.id in message


def test_prefix_must_have_four_characters(docker, docker_container):
    _, full = docker_container("sleep 60")
    assert f"'{full[:3]}'" in refused(1, "--container", full[:3], *docker.runtime_root)


def test_unknown_docker_container_names_the_close_ones(docker, docker_container):
    name, _ = docker_container("sleep 60")
    message = refused(1, "--container", name + "x", *docker.runtime_root)
    assert name in message


@pytest.mark.parametrize("path", ["/sys/fs/cgroup/no-such-group", "no-such-group"])
def test_unknown_cgroup(path):
    assert path in refused(1, "--cgroup", path)


@pytest.mark.parametrize("path", ["/tmp", "/etc/passwd", "/proc/self"])
def test_directory_that_is_no_cgroup(path):
    assert path in refused(1, "--cgroup", path)


def test_unwritable_output(cgroup):
    message = refused(1, "--cgroup", cgroup, "--output", "/no/such/folder/file")
    assert "/no/such/folder/file" in message


def test_output_that_is_a_directory(cgroup, work):
    assert str(work) in refused(1, "--cgroup", cgroup, "--output", work)


def test_runtime_root_that_does_not_exist(cgroup):
    message = refused(1, "--runtime-root", "docker=/no/such/root", "--container", "whatever")
    assert "/no/such/root" in message or "'whatever'" in message


# --- the host lacks something ----------------------------------------------------------------

@pytest.mark.parametrize(
    "missing", [("CAP_SYS_ADMIN", "CAP_BPF"), ("CAP_SYS_ADMIN", "CAP_PERFMON")], ids="-".join
)
def test_missing_capability_is_named(cgroup, missing):
    message = refused(1, "--cgroup", cgroup, preexec_fn=dropping(*missing))
    assert missing[1] in message


def refused_in(script, *args):
    done = in_private_mounts(script, *args)
    assert done.returncode == 1, f"status {done.returncode}: {done.stderr}"
    assert done.stdout == ""
    assert done.stderr.startswith("ctrace: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_kernel_without_btf(cgroup):
    message = refused_in("mount -t tmpfs tmpfs /sys/kernel/btf", "--cgroup", str(cgroup))
    assert "BTF" in message


def test_host_without_cgroups():
    script = "; ".join(f"umount -l {point}" for point in hierarchies())
    message = refused_in(script, "--cgroup", "/sys/fs/cgroup/x")
    assert "cgroup v2" in message or "cgroup2" in message


HIDE_TRACEFS = (
    "for t in /sys/kernel/tracing /sys/kernel/debug/tracing /sys/kernel/debug; do "
    'while grep -q " $t " /proc/self/mountinfo; do umount -l "$t"; done; done'
)


def test_tracefs_that_is_not_mounted(cgroup):
    """Mounted where it is missed, or not needed at all: either way it works."""
    done = in_private_mounts(HIDE_TRACEFS, "--cgroup", str(cgroup), "--duration", "1")
    assert done.returncode == 0, done.stderr
    assert "ctrace: tracing" in done.stderr


def test_tracefs_that_cannot_be_mounted(cgroup):
    """CAP_SYS_ADMIN is what mounting takes; BPF can do without it."""
    argv = command_line(["--cgroup", cgroup, "--duration", "1"])
    script = HIDE_TRACEFS + '; exec /usr/bin/python3 -c "$0" "$@"'
    python = (
        "import ctypes, os, sys; "
        f"ctypes.CDLL(None).prctl({PR_CAPBSET_DROP}, {CAPABILITIES['CAP_SYS_ADMIN']}, 0, 0, 0); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", script, python, *argv],
        capture_output=True,
        text=True,
        check=False,
        timeout=30 * settings.PATIENCE,
    )
    if done.returncode == 0:
        assert "ctrace: tracing" in done.stderr
    else:  # a kernel that preempts raw tracepoint programs
        assert done.returncode == 1 and "tracefs" in done.stderr, done.stderr


def test_without_cap_sys_admin(cgroup):
    """CAP_BPF and CAP_PERFMON are enough, with all that a kernel's modules can't be asked for."""
    argv = ["setpriv", "--bounding-set=-sys_admin", *command_line(["run", "--", "true"])]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30 * settings.PATIENCE)
    assert done.returncode == 0, done.stderr
    assert '"call":"execve"' in done.stdout


def test_read_only_cgroups_are_told(cgroup):
    """`run` wants to make one."""
    script = f"mount -o remount,bind,ro {mount_point()}"
    done = in_private_mounts(script, "run", "--", "true")
    assert done.returncode == 1
    assert "cgroup" in done.stderr and "Read-only" in done.stderr, done.stderr


# --- limits -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", ["1", "4096", "5000", "64K", "1M", "16M"])
def test_buffer_sizes_are_rounded_as_the_kernel_wants(cgroup, size):
    with Trace("--cgroup", cgroup, "--buffer-size", size) as trace:
        run_program(cgroup, "opener", "openat", "/etc")
    assert len(trace.opens()) + trace.lost >= 1
