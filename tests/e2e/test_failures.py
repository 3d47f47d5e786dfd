# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A failed open is an event with the error's name and the path that was asked for."""

import os
import shutil
import subprocess

import pytest

from harness import settings
from harness.truth import assert_same, name_of, programs_own, run_program


@pytest.fixture
def fails(watched, work):
    """fails(ERROR, opener's arguments): the last open fails so, and is told as it was."""

    def check(error, *args, program=None):
        with watched.watch() as trace:
            made = run_program(watched, program or "opener", *args, cwd=work)
        assert made[-1].error == error, f"the scene is wrong: {made[-1]}"
        assert_same(trace.events, made)
        return programs_own(trace.opens(), made)[-1]

    return check


def test_enoent(fails, work):
    fails("ENOENT", "openat", work / "none")


def test_enoent_relative(fails):
    fails("ENOENT", "openat", "no/such/file")


def test_dangling_symlink(fails, work):
    (work / "link").symlink_to("nowhere")
    fails("ENOENT", "openat", "link")


def test_eacces(fails, work):
    (work / "f").touch(mode=0o600)
    fails("EACCES", "--uid", "65534", "openat", work / "f")


def test_enotdir(fails, work):
    (work / "f").touch()
    fails("ENOTDIR", "openat", work / "f" / "g")


def test_o_directory_on_a_file(fails, work):
    (work / "f").touch()
    fails("ENOTDIR", "--flags", "O_DIRECTORY", "openat", "f")


def test_eisdir(fails, work):
    fails("EISDIR", "--flags", "O_WRONLY", "openat", work)


def test_eloop(fails, work):
    (work / "a").symlink_to("b")
    (work / "b").symlink_to("a")
    fails("ELOOP", "openat", "a")


def test_eloop_of_o_nofollow(fails, work):
    (work / "link").symlink_to("f")
    fails("ELOOP", "--flags", "O_NOFOLLOW", "openat", "link")


def test_emfile(fails):
    fails("EMFILE", "--nofile", "4", "--keep", "openat", "/etc", "/etc", "/etc")


def test_enametoolong_component(fails, work):
    fails("ENAMETOOLONG", "openat", work / ("n" * 256))


def test_enametoolong_path(watched):
    """More than the kernel takes: the name is no longer than it would have been, and no lie."""
    name = "/" + "n/" * 2500
    with watched.watch() as trace:
        made = run_program(watched, "opener", "openat", name)
    (event,) = programs_own(trace.opens(), made)
    assert event["error"] == "ENAMETOOLONG"
    assert name_of(event) is None or os.fsencode(name).startswith(name_of(event))


def test_efault(fails):
    event = fails("EFAULT", "--bad-pointer", "openat", "x")
    assert "name" not in event["file"] and "path" not in event["file"]


def test_einval_flags(fails, work):
    fails("EINVAL", "--flags", "O_RDONLY|O_TMPFILE", "openat", work)


def test_einval_openat2_unknown_flag(fails, work):
    fails("EINVAL", "--flags", "0x40000000", "openat2", work)


def test_einval_openat2_size(watched, work):
    """The kernel never read what is asked for: the flags are not known, the rest is."""
    with watched.watch() as trace:
        made = run_program(watched, "opener", "--how-size", "8", "openat2", work)
    if "tracepoint backend" not in trace.stderr:
        # refused before the kernel's open function is reached; docs/hooks.md
        assert programs_own(trace.opens(), made) == []
        return
    (event,) = programs_own(trace.opens(), made)
    assert (event["call"], event["error"]) == ("openat2", "EINVAL")
    assert name_of(event) == os.fsencode(work)


def test_eexist(fails, work):
    (work / "f").touch()
    fails("EEXIST", "--flags", "O_WRONLY|O_CREAT|O_EXCL", "--mode", "600", "openat", "f")


def test_erofs(fails, work):
    (work / "m").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", work / "m"], check=True)
    try:
        fails("EROFS", "--flags", "O_WRONLY|O_CREAT", "--mode", "600", "openat", "m/f")
    finally:
        subprocess.run(["umount", work / "m"], check=True)


def test_etxtbsy(watched, work):
    copy = work / "opener"
    shutil.copy(settings.program("opener"), copy)
    with watched.watch() as trace:
        # joined by hand: run_program only knows the original
        done = watched.run(copy, "--flags", "O_WRONLY", "openat", copy)
    assert b"ETXTBSY" in done.stdout, done
    failed = [event for event in trace.opens(comm="opener") if "error" in event]
    assert [(event["error"], event["file"]["path"]) for event in failed] == [("ETXTBSY", str(copy))]


def test_exdev(fails):
    fails("EXDEV", "--resolve", "RESOLVE_BENEATH", "openat2", "../f")


def test_ebadf(fails):
    event = fails("EBADF", "--bad-dirfd", "openat", "f")
    assert not event["file"].get("resolved", True)


def test_enxio(fails, work):
    os.mkfifo(work / "fifo")
    fails("ENXIO", "--flags", "O_WRONLY|O_NONBLOCK", "openat", "fifo")


@pytest.mark.parametrize("call", ["open", "openat", "openat2", "creat"])
def test_empty_name(fails, call):
    event = fails("ENOENT", call, "")
    assert event["file"].get("name", "") == ""
