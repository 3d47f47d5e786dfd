# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Every way to open a file is seen, once, with what was asked and what came of it."""

import os
import pathlib
import platform
import struct

import pytest

from harness import settings
from harness.truth import assert_same, programs_own, run_program

SYSCALLS = ["open", "openat", "openat2", "creat"]
KERNEL = tuple(map(int, platform.release().split(".")[:2]))
HAS_OLD_CALLS = platform.machine() == "x86_64"


def traced(watched, program, *args, **kwargs):
    with watched.watch() as trace:
        made = run_program(watched, program, *args, **kwargs)
    return trace.events, made


@pytest.mark.parametrize("call", SYSCALLS)
def test_call_is_one_event(watched, work, call):
    made = traced(watched, "opener", "--flags", "O_RDWR|O_CREAT", "--mode", "640", call, work / "f")
    assert_same(*made)


@pytest.mark.parametrize("call", SYSCALLS)
def test_failed_call_is_one_event(watched, work, call):
    assert_same(*traced(watched, "opener", call, work / "no" / "f"))


@pytest.mark.parametrize("call", ["openat", "openat2"])
def test_name_relative_to_dirfd(watched, work, call):
    (work / "f").touch()
    assert_same(*traced(watched, "opener", "--dirfd", work, call, "f", "none"))


def test_absolute_name_ignores_dirfd(watched, work):
    (work / "f").touch()
    assert_same(*traced(watched, "opener", "--dirfd", "/etc", "openat", work / "f", work / "none"))


@pytest.mark.parametrize(
    "flags",
    [
        "O_RDONLY",
        "O_WRONLY",
        "O_RDWR|O_APPEND|O_NONBLOCK|O_NOCTTY",
        "O_RDWR|O_SYNC|O_CLOEXEC",
        "O_RDWR|O_DSYNC",
        "O_WRONLY|O_TRUNC|O_NOFOLLOW|O_NOATIME",
        "O_RDONLY|O_PATH",
    ],
)
def test_flags_as_passed(watched, work, flags):
    (work / "f").touch()
    assert_same(*traced(watched, "opener", "--flags", flags, "openat", work / "f"))


def test_mode_only_where_a_file_may_be_made(watched, work):
    (work / "f").touch()
    events, made = traced(watched, "opener", "--mode", "600", "openat", work / "f")
    assert_same(events, made)
    assert all("mode" not in event["file"] for event in events)


@pytest.mark.parametrize("target", [".", "f"])
def test_o_path(watched, work, target):
    (work / "f").touch()
    assert_same(*traced(watched, "opener", "--flags", "O_PATH", "openat", work / target))


def test_o_tmpfile_has_no_name(watched, work):
    options = ("--flags", "O_RDWR|O_TMPFILE", "--mode", "600")
    assert_same(*traced(watched, "opener", *options, "openat", work))


@pytest.mark.parametrize(
    "resolve, name",
    [
        ("RESOLVE_BENEATH", "sub/f"),
        ("RESOLVE_IN_ROOT", "/sub/../../f"),
        ("RESOLVE_NO_SYMLINKS", "f"),
        ("RESOLVE_NO_XDEV", "f"),
        ("RESOLVE_NO_MAGICLINKS", "f"),
    ],
)
def test_openat2_resolve(watched, work, resolve, name):
    (work / "sub").mkdir()
    (work / "f").touch()
    (work / "sub" / "f").touch()
    options = ("--dirfd", work, "--resolve", resolve)
    assert_same(*traced(watched, "opener", *options, "openat2", name))


def test_open_by_handle_at(watched, work):
    (work / "f").touch()
    assert_same(*traced(watched, "opener", "handle", work / "f", cwd=work))


def test_failed_open_by_handle_at(watched, work):
    (work / "f").touch()
    assert_same(*traced(watched, "opener", "--stale", "handle", work / "f", cwd=work))


def test_descriptors_without_an_open_are_no_events(watched):
    events, _ = traced(watched, "odd", "quiet")
    assert [
        event
        for event in events
        if event["call"] not in ("execve", "execveat") and event["process"]["comm"] == "odd"
    ] == []


def test_interrupted_open_is_one_failure(watched, work):
    os.mkfifo(work / "fifo")
    assert_same(*traced(watched, "odd", "interrupted", work / "fifo"))


def test_restarted_open_is_one_success(watched, work):
    os.mkfifo(work / "fifo")
    assert_same(*traced(watched, "odd", "restarted", work / "fifo"))


# --- calls that no open tracepoint sees ------------------------------------------


@pytest.mark.skipif(not HAS_OLD_CALLS, reason="int 0x80 is x86's own")
@pytest.mark.parametrize("call", SYSCALLS)
def test_32_bit_call_from_64_bit_code(watched, work, call):
    (work / "f").touch()
    events, made = traced(watched, "compat32", call, work / "f", work / "no" / "f")
    assert_same(events, made)
    assert all(event.get("compat") for event in events if event["call"] == call)


@pytest.mark.parametrize("call", ["openat", "openat2"])
@pytest.mark.parametrize("how", ["inline", "async", "sqpoll", "direct"])
def test_io_uring(watched, work, how, call):
    (work / "f").touch()
    with watched.watch() as trace:
        made = run_program(watched, "uring", how, call, work / "f", work / "none")
    if "tracepoint backend" in trace.stderr and KERNEL < (6, 0):
        # its tracepoints don't tell which request; asserted, so that it is noticed
        assert programs_own(trace.events, made) == []
        return
    if "tracepoint backend" not in trace.stderr and KERNEL < (5, 19):
        # the request doesn't hold its result there
        for report in made:
            report.pop("fd", None)
    assert_same(trace.events, made)
    if "error" not in made[0]:  # two workers have no order between them
        done = [event for event in programs_own(trace.events, made) if "error" not in event]
        assert [event["file"]["path"] for event in done] == [str(work / "f")]


def uring_opens(watched, *args):
    with watched.watch() as trace:
        made = run_program(watched, "uring", *args)
    return made, [event for event in trace.opens() if event["call"].startswith("io_uring")]


@pytest.mark.skipif(KERNEL < (6, 0), reason="test_io_uring says what such a kernel shows")
def test_io_uring_without_completions(watched, work):
    """IOSQE_CQE_SKIP_SUCCESS: nobody can tell the descriptor, but that it was opened is told."""
    (work / "f").touch()
    made, (event,) = uring_opens(watched, "skip", "openat", work / "f")
    assert event["file"]["name"] == str(work / "f")
    assert event["process"]["pid"] == made[0]["pid"] and "error" not in event


@pytest.mark.skipif(KERNEL < (6, 0), reason="test_io_uring says what such a kernel shows")
def test_io_uring_with_a_full_completion_ring(watched, work):
    """Completions that wait aside are opens like the others."""
    (work / "f").touch()
    (told,), events = uring_opens(watched, "flood", "openat", work / "f")
    assert told["failed"] == 0
    assert [event["file"]["path"] for event in events] == [str(work / "f")] * told["done"]


def exec_opens(watched, *command):
    """The paths that an exec of the command opened, and the stream's backend."""
    with watched.watch() as trace:
        done = watched.run(*command)
    assert done.returncode == 0, done.stderr
    execs = [event for event in trace.opens() if event["call"] == "execve"]
    return [event["file"]["path"] for event in execs], trace.stderr


def loader_of(binary):
    """PT_INTERP of a 64-bit ELF file."""
    image = pathlib.Path(binary).read_bytes()
    start, size, count = struct.unpack_from("<32xQ14xHH", image)
    for at in range(start, start + size * count, size):
        kind, offset, length = struct.unpack_from("<IxxxxQ16xQ", image, at)
        if kind == 3:
            return image[offset : offset + length - 1].decode()
    raise AssertionError(f"{binary} has no loader")


def test_exec_of_a_static_binary_opens_it(watched):
    paths, _ = exec_opens(watched, settings.program("odd"), "quiet")
    assert paths == [settings.program("odd")]


def test_exec_of_a_dynamic_binary_opens_its_loader(watched):
    program = os.path.realpath("/bin/sh")
    expected = [program, os.path.realpath(loader_of(program))]
    paths, said = exec_opens(watched, program, "-c", ":")
    if "tracepoint backend" in said and KERNEL < (5, 17):
        # it can't be found in the program's memory there
        assert paths == [program]
    else:
        assert paths == expected


def test_exec_of_a_script_opens_it_and_its_interpreter(watched, work):
    script = work / "script"
    script.write_text(f"#!{settings.program('odd')} quiet\n")
    script.chmod(0o755)
    paths, _ = exec_opens(watched, script)
    assert paths == [str(script), settings.program("odd")]


@pytest.mark.parametrize("error", ["ENOENT", "EACCES"])
def test_failed_exec(watched, work, error):
    target = work / "program"
    if error == "EACCES":
        target.touch(mode=0o644)
    with watched.watch() as trace:
        watched.run("/bin/sh", "-c", 'exec "$0"', target)
    execs = [event for event in trace.opens(comm="sh") if event["call"] == "execve"]
    failed = [event for event in execs if "error" in event]
    assert [(event["error"], event["file"]["path"]) for event in failed] == [(error, str(target))]


def test_exec_of_what_is_no_program(watched, work):
    """Opened well, and only then found to be none: a backend may tell the one or the other."""
    target = work / "program"
    target.write_bytes(b"\0not a program")
    target.chmod(0o755)
    with watched.watch() as trace:
        watched.run("/bin/sh", "-c", 'exec "$0"', target)
    execs = [event for event in trace.opens(comm="sh") if event["call"] == "execve"]
    told = [event.get("error") for event in execs if event["file"]["path"] == str(target)]
    assert told in ([None], ["ENOEXEC"])
