# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Whichever backend sees an open, the event is the same, field by field."""

import os
import platform
import re
import shutil

import pytest

from harness import settings
from harness.trace import Trace, fexit_may_be_skipped
from harness.truth import programs_own, run_program

BACKENDS = ("fexit", "tracepoint", "kprobe")
CANNOT = "does not work here"
# What is another one in each run: the process and its cgroup.
OF_THE_RUN = ("time", "cgroup_id")
OF_THE_PROCESS = ("pid", "tid", "ppid")

MAKE = ("--flags", "O_RDWR|O_CREAT", "--mode", "640")
SCENES = {
    "openat": ("opener", "openat", "f", "none", "link", "dirlink/f", "sub/../f", "/etc", "."),
    "openat made": ("opener", *MAKE, "openat", "new", "no/new"),
    "openat2": ("opener", *MAKE, "--resolve", "RESOLVE_BENEATH", "openat2", "new2", "../f"),
    "dirfd": ("opener", "--dirfd", "sub", "openat", "f", "none"),
    "bad dirfd": ("opener", "--bad-dirfd", "openat", "f"),
    "tmpfile": ("opener", "--flags", "O_RDWR|O_TMPFILE", "--mode", "600", "openat", "."),
    "o_path": ("opener", "--flags", "O_PATH|O_NOFOLLOW", "openat", "link"),
    "wrong flags": ("opener", "--flags", "O_RDONLY|O_TMPFILE", "openat", "."),
    "bad pointer": ("opener", "--bad-pointer", "openat", "x"),
    "empty name": ("opener", "openat", ""),
    "no descriptor left": ("opener", "--nofile", "4", "--keep", "openat", "f", "f", "f"),
    "another user": ("opener", "--uid", "65534", "openat", "secret", "f"),
    "chroot": ("opener", "--chroot", "sub", "openat", "/f", "none"),
    "deep": ("opener", "--deep", "40", "openat", "none", "../none"),
    "handle": ("opener", "handle", "f"),
    "stale handle": ("opener", "--stale", "handle", "f"),
    "deleted": ("odd", "deleted", "gone"),
    "io_uring": ("uring", "inline", "openat", "f", "none"),
    "io_uring worker": ("uring", "async", "openat2", "f", "none"),
}
if platform.machine() == "x86_64":
    SCENES |= {
        "open": ("opener", "open", "f", "none"),
        "creat": ("opener", "--mode", "600", "creat", "new3", "no/new"),
        "32 bit": ("compat32", "openat", "f", "none"),
    }
KERNEL = tuple(map(int, os.uname().release.split(".")[:2]))
# docs/hooks.md, "What is not seen"
UNSEEN = set()
if KERNEL < (6, 0):
    UNSEEN = {("tracepoint", scene) for scene in SCENES if scene.startswith("io_uring")}


def set_the_scene(work):
    """The same files each time, under the same names."""
    shutil.rmtree(work, ignore_errors=True)
    (work / "sub").mkdir(parents=True)
    for name in ("f", "gone", "secret", "sub/f"):
        (work / name).touch()
    (work / "secret").chmod(0o600)
    (work / "link").symlink_to("f")
    (work / "dirlink").symlink_to("sub")


def comparable(event):
    """The event without what no two runs have in common."""
    event = {key: value for key, value in event.items() if key not in OF_THE_RUN}
    event["process"] = {k: v for k, v in event["process"].items() if k not in OF_THE_PROCESS}
    event["file"] = dict(event["file"])
    if event["call"].startswith("io_uring"):
        del event["process"]["comm"]  # of the thread that did it, a worker has its number in it
    if event["file"].get("deleted"):  # an O_TMPFILE is called by its inode
        event["file"]["path"] = re.sub(r"#\d+$", "#N", event["file"]["path"])
    return event


def events_of_all_scenes(cgroup, backend, work):
    """{scene: its events, or why there are none}; None if this kernel has no such backend."""
    seen = {}
    trace = Trace("--cgroup", cgroup, "--buffer-size", "16M", backend=backend)
    try:
        trace.wait_live()
    except AssertionError:
        trace.kill()
        assert CANNOT in trace.stderr, trace.stderr
        return None
    for scene, (program, *args) in SCENES.items():
        set_the_scene(work)
        try:
            seen[scene] = run_program(cgroup, program, *args, cwd=work)
        except pytest.skip.Exception as skip:
            seen[scene] = str(skip)
    assert trace.stop() == 0 and trace.lost == 0, trace.stderr
    for scene, made in seen.items():
        if not isinstance(made, str):
            seen[scene] = [comparable(event) for event in programs_own(trace.opens(), made)]
    return seen


@pytest.fixture(scope="module")
def runs(tmp_path_factory, make_cgroup):
    """{backend: {scene: its events}}, for each backend that works here."""
    work = tmp_path_factory.mktemp("scenes")
    work.chmod(0o755)
    found = {}
    for backend in BACKENDS:
        if backend == "fexit" and fexit_may_be_skipped():
            continue  # it may skip any of them; test_preempt.py
        found[backend] = events_of_all_scenes(make_cgroup(), backend, work / "w")
    found = {backend: seen for backend, seen in found.items() if seen}
    if len(found) < 2:
        pytest.skip(f"of three backends only these work here: {', '.join(found) or 'none'}")
    return found


@pytest.mark.parametrize("scene", SCENES)
def test_backends_give_the_same_event(runs, scene):
    seen = {
        backend: scenes[scene]
        for backend, scenes in runs.items()
        if (backend, scene) not in UNSEEN
    }
    first, *others = seen
    if isinstance(seen[first], str):
        pytest.skip(seen[first])
    if not others:
        pytest.skip(f"only {first} sees it")
    assert seen[first], "no event: nothing is proven"
    for other in others:
        assert seen[other] == seen[first], f"{other} and {first} differ"
