# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The path is the opened file's own: what /proc/self/fd/N says of it."""

import os
import subprocess

import pytest

from harness import settings
from harness.overlay import mounted_overlay, overlay_types_are_known
from harness.trace import Trace, fexit_may_be_skipped
from harness.truth import assert_same, name_of, path_of, programs_own, run_program

LONGEST_NAME = 255
LONGEST_PATH = 4095


def traced(watched, *args, program="opener", **kwargs):
    with watched.watch() as trace:
        made = run_program(watched, program, *args, **kwargs)
    return trace.events, made


@pytest.mark.parametrize(
    "name", ["f", "./f", "sub/../f", "sub/./.././/f", "link", "sub/uplink", "chain", "dirlink/f"]
)
@pytest.mark.parametrize("relative", [True, False], ids=["relative", "absolute"])
def test_links_and_dots_are_resolved(watched, work, name, relative):
    (work / "sub").mkdir()
    (work / "f").touch()
    (work / "sub" / "f").touch()
    (work / "link").symlink_to("f")
    (work / "chain").symlink_to(work / "link")
    (work / "sub" / "uplink").symlink_to("../f")
    (work / "dirlink").symlink_to("sub")
    passed = name if relative else f"{work}/{name}"
    assert_same(*traced(watched, "openat", passed, cwd=work))


def test_o_nofollow_and_o_path_open_the_link_itself(watched, work):
    (work / "link").symlink_to("f")
    assert_same(*traced(watched, "--flags", "O_PATH|O_NOFOLLOW", "openat", work / "link"))


@pytest.mark.parametrize("name", [".", "..", "/"])
def test_directories(watched, work, name):
    assert_same(*traced(watched, "openat", name, cwd=work))


def test_relative_from_a_directory_300_deep(watched, work):
    options = ("--chdir", work, "--deep", "300", "--flags", "O_RDWR|O_CREAT", "--mode", "600")
    assert_same(*traced(watched, *options, "openat", "f", "../f", "../../../f"))


def test_failure_from_a_directory_300_deep(watched, work):
    assert_same(*traced(watched, "--chdir", work, "--deep", "300", "openat", "none", "../none"))


def test_path_of_4095_bytes(watched, work):
    room = LONGEST_PATH - len(os.fsencode(work))
    # as deep as it goes with names of 200 bytes, and a file that fills it to the byte
    depth, rest = divmod(room, 201)
    leaf = "f" * (rest - 1 if rest > 1 else rest + 200)
    depth -= rest <= 1
    options = ("--chdir", work, "--deep-name", "d" * 200, "--deep", depth)
    options = (*map(str, options), "--flags", "O_RDWR|O_CREAT", "--mode", "600")
    events, made = traced(watched, *options, "openat", leaf)
    assert len(made[0].path) == LONGEST_PATH
    assert_same(events, made)


def test_name_of_4095_bytes(watched, work):
    (work / "f").touch()
    name = f"{work}/"
    name += "./" * ((LONGEST_PATH - len(name) - 1) // 2)
    name += "/" * (LONGEST_PATH - len(name) - 1) + "f"
    assert len(name) == LONGEST_PATH
    assert_same(*traced(watched, "openat", name))


def test_failed_name_of_4095_bytes(watched, work):
    name = f"{work}/" + "n/" * LONGEST_PATH
    assert_same(*traced(watched, "openat", name[:LONGEST_PATH]))


def test_components_of_255_bytes(watched, work):
    path = work / ("d" * LONGEST_NAME) / ("e" * LONGEST_NAME)
    path.mkdir(parents=True)
    options = ("--flags", "O_RDWR|O_CREAT", "--mode", "600")
    assert_same(*traced(watched, *options, "openat", path / ("f" * LONGEST_NAME)))


def test_chroot_path_is_as_the_container_sees_it(watched, work):
    (work / "jail" / "sub").mkdir(parents=True)
    (work / "jail" / "sub" / "f").touch()
    events, made = traced(watched, "--chroot", work / "jail", "openat", "/sub/f", "sub/../sub/f")
    inside = [event for event in programs_own(events, made) if b"sub" in name_of(event)]
    assert [path_of(event) for event in inside] == [os.fsencode(work / "jail" / "sub" / "f")] * 2


def test_chroot_failure_keeps_the_chroot_in_its_path(watched, work):
    (work / "jail").mkdir()
    events, made = traced(watched, "--chroot", work / "jail", "openat", "none", "/none")
    inside = [event for event in programs_own(events, made) if "error" in event]
    assert [path_of(event) for event in inside] == [os.fsencode(work / "jail" / "none")] * 2


def test_bind_mount_path_is_where_it_is_mounted(watched, work):
    (work / "a").mkdir()
    (work / "b").mkdir()
    (work / "a" / "f").touch()
    subprocess.run(["mount", "--bind", work / "a", work / "b"], check=True)
    try:
        assert_same(*traced(watched, "openat", work / "b" / "f", work / "b", work / "b" / "none"))
    finally:
        subprocess.run(["umount", work / "b"], check=True)


def test_mount_on_a_mount(watched, work):
    (work / "m").mkdir()
    for _ in range(2):
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", work / "m"], check=True)
    try:
        (work / "m" / "f").touch()
        assert_same(*traced(watched, "openat", work / "m" / "f", work / "m"))
    finally:
        for _ in range(2):
            subprocess.run(["umount", work / "m"], check=True)


def test_private_mount_namespace(watched, work):
    """Its mounts are in no namespace but its own, and the path is what it calls the file."""
    (work / "m").mkdir()
    script = f'mount -t tmpfs tmpfs {work}/m && : > {work}/m/f && exec "$@"'
    with watched.watch() as trace:
        done = watched.run(
            "unshare",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
            settings.program("opener"),
            "openat",
            work / "m" / "f",
        )
    assert done.returncode == 0, done.stderr
    opened = [event for event in trace.opens(comm="opener") if event["call"] == "openat"]
    assert [path_of(event) for event in opened] == [os.fsencode(work / "m" / "f")]


@pytest.mark.parametrize("name", ["/proc/self/status", "/proc/version", "/sys/kernel", "/dev/null"])
def test_other_filesystems(watched, name):
    assert_same(*traced(watched, "openat", name))


def test_file_deleted_while_open(watched, work):
    assert_same(*traced(watched, "deleted", work / "f", program="odd"))


def test_pipe_opened_again_has_no_path(watched):
    """Opened by its link in /proc: there is a file, but no place where it is."""
    script = f"true | {settings.program('opener')} openat /proc/self/fd/0"
    with watched.watch() as trace:
        watched.run("sh", "-c", script)
    event = trace.opens(comm="opener")[-1]
    assert event["file"]["name"] == "/proc/self/fd/0" and "error" not in event
    assert not event["file"].get("path", "").startswith("/")


@pytest.mark.parametrize("kind", ["net", "pid", "mnt"])
def test_namespace(watched, kind):
    assert_same(*traced(watched, "openat", f"/proc/self/ns/{kind}"))


def test_file_in_memory(watched):
    """It has a name and no place; /proc says of it what it says of a deleted file."""
    assert_same(*traced(watched, "memfd", "hidden", program="odd"))


def test_pivot_root_path_is_below_the_new_root(watched, work):
    (work / "root" / "old").mkdir(parents=True)
    (work / "root" / "f").touch()
    script = 'mount --bind "$1" "$1" && cd "$1" && pivot_root . old && : < /f'
    with watched.watch() as trace:
        done = watched.run("unshare", "--mount", "sh", "-c", script, "sh", work / "root")
    assert done.returncode == 0, done.stderr
    opened = [event for event in trace.opens() if event["file"].get("name") == "/f"]
    assert [path_of(event) for event in opened] == [b"/f"]


def test_overlay_tells_the_layer(watched, work):
    """lower: from the image; upper: made or changed at run time."""
    with mounted_overlay(work, "read", "changed") as top, watched.watch() as trace:
        write = ("--flags", "O_RDWR|O_CREAT", "--mode", "600", "openat")
        made = run_program(watched, "opener", "openat", top / "read", top)
        made += run_program(watched, "opener", *write, top / "new", top / "changed")
        made += run_program(watched, "opener", "openat", top / "changed", "/proc/version")
    assert_same(trace.events, made)
    layers = [event["file"].get("layer") for event in programs_own(trace.events, made)]
    if layers == [None] * len(made) and not overlay_types_are_known():
        pytest.skip("this kernel's overlay driver has no BTF")
    assert layers == ["lower", None, "upper", "upper", "upper", None]


def test_open_from_a_removed_directory(watched, work):
    options = ("--chdir", work, "--deep-name", "gone", "--deep", "1", "--rmdir", work / "gone")
    events, made = traced(watched, *options, "openat", "none")
    own = programs_own(events, made)
    assert [event["error"] for event in own] == ["ENOENT"]
    assert name_of(own[0]) == b"none"


# --- names in memory ---------------------------------------------------------------


def test_name_on_an_absent_page(watched, work):
    (work / "target").touch()
    (work / "name").write_text(f"{work}/target")
    assert_same(*traced(watched, "absent-page", work / "name", program="odd"))


def test_failed_name_on_an_absent_page(watched, work):
    (work / "name").write_text(f"{work}/no/target")
    assert_same(*traced(watched, "absent-page", work / "name", program="odd"))


@pytest.mark.parametrize("exists", [True, False], ids=["success", "failure"])
def test_name_with_its_second_half_on_an_absent_page(watched, work, exists):
    if exists:
        (work / "target").touch()
    # blanks up to 8 bytes before the page's end, where the name starts
    (work / "name").write_text(" " * 4088 + f"{work}/target")
    assert_same(*traced(watched, "absent-half", work / "name", program="odd"))


def test_name_rewritten_while_the_call_runs(cgroup, work):
    """A thread changes the last byte all the time; each event has the file that was opened."""
    (work / "a").touch()
    (work / "b").touch()
    with Trace("--cgroup", cgroup, "--buffer-size", "16M") as trace:
        (told,) = run_program(cgroup, "load", "race", "10", work)
    assert trace.lost == 0, "events lost: no order to compare"
    got = told["got"]
    if not ("a" in got and "b" in got):
        pytest.skip("the two threads never met here: nothing is proven")
    opens = [event for event in programs_own(trace.opens(), [told])]
    seen = ["n" if "error" in event else event["file"]["path"][-1] for event in opens]
    assert "".join(seen) == got


def test_descriptor_replaced_before_the_call_is_over(cgroup, work):
    """Another thread puts another file at the number just given; the path is the opened one's."""
    (work / "a").touch()
    (work / "b").touch()
    with Trace("--cgroup", cgroup, "--buffer-size", "16M") as trace:
        (told,) = run_program(cgroup, "load", "replace", "3", work)
    if "tracepoint backend" in trace.stderr:
        pytest.skip("the tracepoint backend has the number only, and looks it up at the end")
    if "fexit backend" in trace.stderr and fexit_may_be_skipped():
        pytest.skip("the kernel may skip programs: then fexit, too, has the number only")
    opens = [event for event in programs_own(trace.opens(), [told])]
    paths = [path_of(event) for event in opens if name_of(event).endswith(b"/a")]
    assert len(paths) + trace.lost == told["done"]
    assert set(paths) == {os.fsencode(work / "a")}
