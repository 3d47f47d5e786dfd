# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
systemd-nspawn on a host without systemd: the scope that systemd would make for a
machine is made by hand, and nspawn told to stay in it.
"""

import shutil
import subprocess

from .cgroup import hierarchies, join_all, make, mount_point, remove_everywhere
from .settings import ENGINE, PATIENCE


def why_not():
    if not shutil.which("systemd-nspawn"):
        return "no systemd-nspawn here (apt-get install systemd-container)"
    if not shutil.which("busybox"):
        return "no busybox here for a container's root (apt-get install busybox-static)"
    return None


class Machine:
    def __init__(self, directory, name):
        self.root, self.name = directory / name, name
        escaped = name.replace("-", "\\x2d")
        self.scope = f"/machine.slice/machine-{escaped}.scope"
        self.process = None

    def start(self, script):
        subprocess.run([ENGINE / "busybox-root", self.root], check=True)
        (self.root / "usr").mkdir()  # without it nspawn sees no system there
        own = {mount_point(), *(h for h in hierarchies() if h.name == "systemd")}
        groups = make(self.scope, own)
        nspawn = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit"]
        nspawn += [f"--directory={self.root}", f"--machine={self.name}"]
        self.process = subprocess.Popen(
            join_all(groups, [*nspawn, "/bin/sh", "-c", script]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30 * PATIENCE)
        remove_everywhere(self.scope)
