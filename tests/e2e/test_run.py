# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""`ctrace run` runs a command as if it weren't there, and tells its opens."""

import json
import os
import signal
import subprocess

import pytest

from harness import settings
from harness.cgroup import mount_point
from harness.schema import Lines
from harness.settings import PATIENCE
from harness.trace import command_line
from harness.truth import assert_same, reports
from harness.wait import wait_until


class Ran:
    def __init__(self, done):
        parser = Lines()
        self.status, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr
        self.events = [parser.parse(line) for line in self.stdout.splitlines(keepends=True)]
        self.names = [e["file"].get("name") for e in self.events if e["type"] == "open"]


def run(*args, **kwargs):
    kwargs.setdefault("timeout", 60 * PATIENCE)
    argv = command_line(["run", *args])
    return Ran(subprocess.run(argv, capture_output=True, check=False, **kwargs))


# --- the opens -----------------------------------------------------------------------


def test_opens_of_the_command():
    ran = run("--", "cat", "/etc/passwd")
    assert "/etc/passwd" in ran.names


def test_all_opens_are_told_as_made(work):
    events = work / "events"
    argv = command_line(["run", "--output", events, "--", settings.program("opener")])
    done = subprocess.run([*argv, "openat", "/etc", "/none"], capture_output=True, check=True)
    parser = Lines()
    lines = events.read_bytes().splitlines(keepends=True)
    assert_same([parser.parse(line) for line in lines], reports(done.stdout))


def test_first_open_is_seen():
    """A dynamic program's first own open is its loader's."""
    ran = run("--", "/usr/bin/python3", "-c", "pass")
    assert "/etc/ld.so.cache" in ran.names


def test_exec_of_the_command_is_seen():
    ran = run("--", settings.program("odd"), "quiet")
    calls = [event["call"] for event in ran.events]
    if settings.BACKEND == "tracepoint" and "execve" not in calls:
        pytest.skip("the tracepoint backend can't see exec's own opens")
    assert calls[0] == "execve"
    assert ran.events[0]["file"]["path"] == settings.program("odd")


def test_descendants_are_traced():
    ran = run("--", "sh", "-c", "(sh -c 'cat /etc/hosts & wait')")
    assert "/etc/hosts" in ran.names


def test_descendant_in_a_session_of_its_own():
    ran = run("--", "sh", "-c", "setsid sh -c 'cat /etc/hosts'")
    assert "/etc/hosts" in ran.names


def test_nothing_of_ctrace_itself():
    ran = run("--", settings.program("odd"), "quiet")
    assert {event["process"]["exe"] for event in ran.events} <= {settings.program("odd")}


# --- output ----------------------------------------------------------------------------


def test_output_of_the_command_goes_to_stderr():
    """The events have stdout for themselves."""
    ran = run("--", "echo", "not json")
    assert b"not json\n" in ran.stderr
    assert b"not json" not in ran.stdout.splitlines()


def test_output_file_leaves_stdout_to_the_command(work):
    argv = command_line(["run", "--output", work / "events", "--", "cat", "/etc/hosts"])
    done = subprocess.run(argv, capture_output=True, check=True)
    with open("/etc/hosts", "rb") as hosts:
        assert done.stdout == hosts.read()
    names = [json.loads(line)["file"].get("name") for line in open(work / "events", "rb")]
    assert "/etc/hosts" in names


def test_command_reads_our_stdin():
    ran = run("--", "sh", "-c", 'read line; test "$line" = hello', input=b"hello\n")
    assert ran.status == 0


def test_arguments_and_environment_arrive_unchanged(work):
    script = 'printf "%s|" "$@" "$SOME" "$PWD"'
    ran = run(
        "--",
        "sh",
        "-c",
        script,
        "sh",
        "--pid",
        "",
        "a b",
        "-o",
        "--",
        cwd=work,
        env={**os.environ, "SOME": "thing"},
    )
    assert f"--pid||a b|-o|--|thing|{work}|".encode() in ran.stderr


def test_no_dashes_are_needed_before_the_command():
    assert run("true").status == 0


# --- how it ends -----------------------------------------------------------------------


@pytest.mark.parametrize("status", [0, 1, 7, 125, 255])
def test_exit_status_is_the_commands(status):
    assert run("--", "sh", "-c", f"exit {status}").status == status


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_death_by_signal_is_128_more(by):
    """As a shell would tell it."""
    assert run("--", "sh", "-c", f"kill -{by.value} $$").status == 128 + by


def test_command_not_found_is_127():
    """env(1), nohup(1) and every shell say so: 127 not found, 126 found but can't run."""
    ran = run("--", "no-such-command-anywhere")
    assert ran.status == 127
    assert b"no-such-command-anywhere" in ran.stderr
    assert ran.stdout == b""


def test_command_that_cannot_run_is_126(work):
    (work / "script").write_text("not executable")
    ran = run("--", work / "script")
    assert ran.status == 126
    assert os.fsencode(work / "script") in ran.stderr


def test_directory_as_command_is_126(work):
    assert run("--", work).status == 126


def started(script):
    """ctrace run of a shell script, once that has said "ready"."""
    process = subprocess.Popen(
        command_line(["run", "--", "sh", "-c", script]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    for line in process.stderr:
        if line == b"ready\n":
            return process
    raise AssertionError(f"ended with {process.wait()}")


@pytest.mark.parametrize("by", ["INT", "TERM", "HUP", "USR1", "USR2"])
def test_signals_are_passed_on(by):
    script = f"trap 'echo got; exit 33' {by}; echo ready; while :; do sleep 0.1; done"
    process = started(script)
    process.send_signal(getattr(signal, f"SIG{by}"))
    _, rest = process.communicate(timeout=30 * PATIENCE)
    assert b"got\n" in rest
    assert process.returncode == 33


def test_signal_that_ends_the_command_ends_us():
    process = started("echo ready; exec sleep 60")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30 * PATIENCE)
    assert process.returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize("status, ours", [(0, 1), (3, 3)])
def test_what_could_not_be_written_shows_in_the_exit_status(status, ours):
    """Unless the command's own has something to tell."""
    ran = run("--output", "/dev/full", "--", "sh", "-c", f"exit {status}")
    assert ran.status == ours
    assert b"can't write events to '/dev/full'" in ran.stderr


# --- its cgroup ------------------------------------------------------------------------


def test_command_has_a_cgroup_of_its_own_that_is_gone_afterwards():
    ran = run("--", "cat", "/proc/self/cgroup")
    (line,) = [line for line in ran.stderr.splitlines() if line.startswith(b"0::")]
    group = mount_point() / line.decode().removeprefix("0::/")
    assert group != mount_point()
    wait_until(lambda: not group.exists(), f"{group} stays")


def test_run_in_a_run():
    inner = [*command_line(["run", "--output", "/dev/null"]), "--", "cat", "/etc/hosts"]
    ran = run("--", *inner)
    assert ran.status == 0, ran.stderr
    assert "/etc/hosts" in ran.names


def test_filters_apply():
    ran = run("--failed", "--", settings.program("opener"), "openat", "/none", "/etc")
    assert ran.names == ["/none"]


def test_duration_does_not_end_the_command():
    """--duration ends the trace; the command is the user's and goes on to its end."""
    ran = run("--duration", "1", "--", "sh", "-c", "sleep 2; exit 9")
    assert ran.status == 9
