# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A running container of whatever runtime, and what ctrace must say of it."""

from dataclasses import dataclass

from .cgroup import mount_point
from .wait import wait_until

# What says which container it is.  One that isn't known must not be there at all.
CONTAINER = ("id", "name", "image", "runtime")
K8S = ("namespace", "pod", "pod_uid", "container")


def opens_forever(path):
    """A script that opens the file at path again and again."""
    return f"echo > {path}; while :; do read line < {path}; sleep 0.1; done"


@dataclass
class Box:
    container: dict
    cgroup: str  # of its root, below the v2 mount
    options: tuple = ()  # with which ctrace finds its runtime's files
    k8s: dict | None = None
    path: str = ""  # what it opens again and again

    @property
    def handle(self):
        """What a person would call it."""
        return self.container.get("name", self.container["id"])

    @property
    def group(self):
        return mount_point() / self.cgroup.lstrip("/")

    def wait(self):
        """Until it runs: its cgroup is there and somebody is in it."""

        def runs():
            lists = [self.group, *self.group.rglob("*/")] if self.group.is_dir() else []
            return any((group / "cgroup.procs").read_text() for group in lists)

        wait_until(runs, f"nothing runs in {self.group}", 30)
        return self

    def cgroup_ids(self):
        return {group.stat().st_ino for group in [self.group, *self.group.rglob("*/")]}


def identity(record):
    """Who a record says that it is about, in the form of expected(box)."""
    k8s = record.get("k8s", {})
    return (
        {key: record["container"][key] for key in CONTAINER if key in record["container"]},
        {key: k8s[key] for key in K8S if key in k8s},
    )


def expected(box):
    return (box.container, box.k8s or {})
