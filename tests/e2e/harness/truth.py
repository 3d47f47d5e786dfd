# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The opens that a program made, by its own account, held against the events."""

import base64
import json
import os
import subprocess

import pytest

from .settings import program

CANNOT = 77  # a program's exit status where this machine lacks what it needs
DELETED = b" (deleted)"
# Made by the kernel on the program's behalf; the program can't report those.
EXEC_CALLS = ("execve", "execveat")
KERNELS_OWN_FLAGS = {"O_LARGEFILE"}
ACCESS = {0: "O_RDONLY", 1: "O_WRONLY", 2: "O_RDWR"}
# O_SYNC holds O_DSYNC's bit and O_TMPFILE holds O_DIRECTORY's: longer ones first.
FLAGS = [
    (name, getattr(os, name))
    for name in (
        "O_TMPFILE O_SYNC O_DIRECTORY O_DSYNC O_CREAT O_EXCL O_NOCTTY O_TRUNC O_APPEND "
        "O_NONBLOCK O_DIRECT O_NOFOLLOW O_NOATIME O_CLOEXEC O_PATH"
    ).split()
]
RESOLVE = [
    "RESOLVE_NO_XDEV",
    "RESOLVE_NO_MAGICLINKS",
    "RESOLVE_NO_SYMLINKS",
    "RESOLVE_BENEATH",
    "RESOLVE_IN_ROOT",
    "RESOLVE_CACHED",
]
MAY_CREATE = {"O_CREAT", "O_TMPFILE"}


def flag_names(flags):
    names = {ACCESS[flags & 3]}
    rest = flags & ~3
    for name, bits in FLAGS:
        if rest & bits == bits:
            names.add(name)
            rest &= ~bits
    return names | ({hex(rest)} if rest else set())


def resolve_names(resolve):
    return {name for bit, name in enumerate(RESOLVE) if resolve >> bit & 1}


def in_bytes(report, key):
    return report[key].encode("latin-1") if key in report else None


class Report(dict):
    """One open, as the program that made it tells."""

    name = property(lambda self: in_bytes(self, "name"))
    path = property(lambda self: in_bytes(self, "path"))
    base = property(lambda self: in_bytes(self, "base"))
    error = property(lambda self: self.get("error"))


def exact_bytes(part, key):
    """A path or name of an event as the bytes it stands for; None if absent."""
    if f"{key}_base64" in part:
        exact = base64.b64decode(part[f"{key}_base64"], validate=True)
        assert part[key] == exact.decode("utf-8", "replace") or "\ufffd" in part[key]
        return exact
    return part[key].encode("utf-8") if key in part else None


def path_of(event):
    return exact_bytes(event["file"], "path")


def name_of(event):
    return exact_bytes(event["file"], "name")


def reports(output):
    return [Report(json.loads(line)) for line in output.splitlines()]


def run_program(group, name, *args, **kwargs):
    """Runs a test program in the cgroup; returns its reports."""
    try:
        done = group.run(program(name), *args, **kwargs)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"{name} {args} hangs; so far: {late.stdout}") from late
    if done.returncode == CANNOT:
        pytest.skip(f"'{name} {args[0]}' can't run on this machine: {done.stderr.decode()}")
    assert done.returncode == 0, f"{name} {args}: status {done.returncode}, {done.stderr}"
    return reports(done.stdout)


def joined(report):
    """The path a failed open asked for: its name below the directory it starts from."""
    name = report.name
    if name.startswith(b"/"):
        return name
    if report.base is None:  # a bad dirfd: there is no such path
        return None
    return report.base.rstrip(b"/") + b"/" + name


def as_told(report):
    """What an event must say of this open, in the form of as_seen()."""
    flags = flag_names(report["flags"])
    told = {
        "call": report["call"],
        "pid": report["pid"],
        "name": report.name,
        "error": report.error,
        "fd": report.get("fd"),
    }
    told["flags"] = flags
    told["resolve"] = resolve_names(report["resolve"])
    if flags & MAY_CREATE:
        told["mode"] = report["mode"]
    if report.path is not None:
        told["path"] = report.path.removesuffix(DELETED)
        told["deleted"] = report.path.endswith(DELETED)
    elif report.error and report.name:
        told["path"] = joined(report)
    if report.error or report.path is not None:
        told["resolved"] = not report.error
    return told


def as_seen(event):
    file = event["file"]
    seen = {
        "call": event["call"],
        "pid": event["process"]["pid"],
        "name": name_of(event),
        "error": event.get("error"),
        "fd": event.get("fd"),
        "flags": set(file.get("flags", [])) - KERNELS_OWN_FLAGS,
        "resolve": set(file.get("resolve", [])),
        "path": path_of(event),
        "resolved": file.get("resolved", True),
        "deleted": file.get("deleted", False),
    }
    if "mode" in file:
        seen["mode"] = int(file["mode"], 8)
    return seen


def programs_own(events, made):
    """The events of the processes that reported, without their execs."""
    pids = {report["pid"] for report in made}
    return [
        event
        for event in events
        if event["process"]["pid"] in pids and event["call"] not in EXEC_CALLS
    ]


def assert_same(events, made):
    """
    Each open made is one event that says the same; no event is left over.
    Order counts within a thread; two threads have none between them.
    """
    assert made, "the program made no opens: nothing is proven"
    events = sorted(programs_own(events, made), key=lambda event: event["process"]["tid"])
    made = sorted(made, key=lambda report: report["tid"])
    told = [as_told(report) for report in made]
    seen = [
        {key: value for key, value in as_seen(event).items() if key in want}
        for event, want in zip(events, told)
    ]
    assert seen == told
    assert len(events) == len(made), f"{len(made)} opens made, {len(events)} reported: {events}"
