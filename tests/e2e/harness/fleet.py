# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
As many containers as a test wants: real cgroups, real processes in them, and state
files as runc writes them, without the tenth of a second that runc takes for each.
"""

import json
import subprocess

from . import bundle
from .cgroup import mount_point
from .settings import program


def runc_state(work, name):
    """What runc writes about a container, taken from one that it runs."""
    one = bundle.Container("runc", name, bundle.make_bundle(work / name, "sleep 60")).start()
    try:
        with open(f"/run/runc/{name}/state.json", encoding="utf-8") as file:
            return json.load(file)
    finally:
        one.stop()


class Fleet:
    def __init__(self, work, name):
        self.name = name
        self.state = runc_state(work, f"{name}-template")
        self.root = work / "runc"
        self.root.mkdir()
        self.runtime_root = ("--runtime-root", f"runc={self.root}")
        self.live = {}  # container id -> cgroup id
        self.runtime = subprocess.Popen(
            [program("born"), program("opener")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _group(self, one):
        return mount_point() / one

    def begin(self, number):
        """As runc does: its directory, the cgroup, then the state."""
        one = f"{self.name}-{number}"
        (self.root / one).mkdir()
        self._group(one).mkdir()
        self.live[one] = self._group(one).stat().st_ino
        state = {**self.state, "id": one, "cgroup_paths": {"": str(self._group(one))}}
        (self.root / one / "state.new").write_text(json.dumps(state))
        (self.root / one / "state.new").rename(self.root / one / "state.json")
        return one

    def run(self, one, file):
        """A process is born in the container's cgroup, executes a program, and that opens the file."""
        self.runtime.stdin.write(f"{self._group(one)} {file}\n")
        self.runtime.stdin.flush()
        status = self.runtime.stdout.readline()
        assert status == "0\n", f"{one}: status {status}"

    def end(self, one):
        """Returns the id of the cgroup that it had."""
        self._group(one).rmdir()
        (self.root / one / "state.json").unlink()
        (self.root / one).rmdir()
        return self.live.pop(one)

    def end_all(self):
        for one in list(self.live):
            self.end(one)
        self.runtime.stdin.close()
        self.runtime.wait()
