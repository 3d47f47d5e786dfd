# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Cgroups of our own, and commands that run in them."""

import os
import signal
import subprocess
from pathlib import Path

from .settings import PATIENCE
from .wait import wait_until

# sh joins and becomes the command: between the two there is no open of its own.
JOIN = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
JOIN_ALL = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit; shift; done; shift; exec "$@"'


# By which ctrace knows the v1 hierarchy that it looks at, the first that is there.
V1_CONTROLLERS = ("pids", "memory", "cpu", "devices", "freezer")

WITHOUT_V2 = 'umount -l "$0" && exec "$@"'


def _mounts():
    """(where, the file system, its controllers if it is one of v1) of each mount of cgroups."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            fields = line.split()
            kind, _, options = fields[fields.index("-") + 1 :]
            if kind in ("cgroup", "cgroup2"):
                yield Path(fields[4]), kind, options.split(",")


def v2_mount_point():
    """Where cgroup v2 is mounted, or None: /sys/fs/cgroup, or below it on hybrid hosts."""
    return next((point for point, kind, _ in _mounts() if kind == "cgroup2"), None)


def v1_mount_points():
    """{controller: where its v1 hierarchy is mounted}."""
    return {name: point for point, kind, names in _mounts() if kind == "cgroup" for name in names}


def v1_mount_point():
    """Where the v1 hierarchy is mounted that ctrace looks at, or None."""
    points = v1_mount_points()
    return next((points[name] for name in V1_CONTROLLERS if name in points), None)


def mount_point():
    """Where the tests make their cgroups: in v2, or else in v1."""
    return v2_mount_point() or v1_mount_point()


def is_hybrid():
    return bool(v2_mount_point() and v1_mount_point())


def hierarchies():
    """All mounts of cgroups: v2's, and v1's where there are any."""
    return (point for point, _, _ in _mounts())


def shown(group):
    """The directory of a cgroup as ctrace shows it: below the mount, v1's with a prefix."""
    v1 = v1_mount_point()
    if v1 and group.is_relative_to(v1):
        return f"v1:/{group.relative_to(v1)}"
    return f"/{group.relative_to(v2_mount_point())}"


def without_v2(argv):
    """argv such that it sees no cgroup v2, as on a host that has none."""
    if not v2_mount_point():
        return argv
    return ["unshare", "--mount", "sh", "-c", WITHOUT_V2, str(v2_mount_point()), *argv]


def make(path, in_hierarchies=None):
    """Makes a cgroup in these hierarchies (all if None); returns their directories."""
    groups = [hierarchy / path.lstrip("/") for hierarchy in in_hierarchies or hierarchies()]
    for group in groups:
        group.mkdir(parents=True)
        for name in ("cpuset.cpus", "cpuset.mems"):  # v1: nobody can join while these are empty
            if (group / name).exists() and not (group / name).read_text().strip():
                (group / name).write_text((group.parent / name).read_text())
    return groups


def join_all(groups, argv):
    """argv such that it runs in all of these, of one hierarchy each."""
    return ["/bin/sh", "-c", JOIN_ALL, "sh", *map(str, groups), "--", *argv]


def remove_everywhere(path):
    """Removes a cgroup of our own with all that is in it from all hierarchies."""
    for hierarchy in hierarchies():
        group = hierarchy / path.lstrip("/")
        if group.is_dir():
            Cgroup.remove(_existing(group))
    remove_empty(path)


def remove_empty(path):
    """Removes a cgroup and its parents from all hierarchies, as far as nobody is in them."""
    for hierarchy in hierarchies():
        group = hierarchy / path.lstrip("/")
        while group != hierarchy and _rmdir(group):
            group = group.parent


class Cgroup:
    def __init__(self, path):
        self.path = Path(path)
        self.path.mkdir()
        self.id = self.path.stat().st_ino

    def __str__(self):
        return str(self.path)

    def child(self, name):
        return Cgroup(self.path / name)

    def join(self, argv):
        return ["/bin/sh", "-c", JOIN, str(self.path), *map(os.fsencode, argv)]

    def run(self, *argv, **kwargs):
        """Runs a command in this cgroup to its end; returns the CompletedProcess."""
        kwargs.setdefault("timeout", 60 * PATIENCE)
        return subprocess.run(self.join(argv), capture_output=True, check=False, **kwargs)

    def popen(self, *argv, **kwargs):
        return subprocess.Popen(self.join(argv), **kwargs)

    def add(self, pid, threads=False):
        name = "cgroup.threads" if threads else "cgroup.procs"
        (self.path / name).write_text(str(pid), encoding="ascii")

    def pids(self):
        return [int(line) for line in (self.path / "cgroup.procs").read_text().split()]

    def remove(self):
        for child in self.path.iterdir():
            if child.is_dir():
                Cgroup.remove(_existing(child))
        for pid in _pids_or_none(self.path):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: _rmdir(self.path), f"cgroup {self.path} stays busy")


def _existing(path):
    group = Cgroup.__new__(Cgroup)
    group.path = path
    return group


def _pids_or_none(path):
    try:
        return [int(line) for line in (path / "cgroup.procs").read_text().split()]
    except OSError:  # a threaded group has no processes of its own
        return []


def _rmdir(path):
    try:
        path.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
