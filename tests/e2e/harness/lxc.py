# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""LXC containers in a folder of the test's own."""

import shutil
import subprocess

from .settings import ENGINE, PATIENCE

CONFIG = """
lxc.rootfs.path = dir:{directory}/rootfs
lxc.uts.name = {name}
lxc.net.0.type = empty
lxc.apparmor.profile = unconfined
lxc.mount.auto = proc:rw
lxc.init.cmd = /bin/sh /main
"""


def why_not():
    if not shutil.which("lxc-start"):
        return "no lxc-start here (apt-get install lxc)"
    if not shutil.which("busybox"):
        return "no busybox here for a container's root (apt-get install busybox-static)"
    return None


class Container:
    def __init__(self, path, name):
        self.path, self.name = path, name

    def _call(self, program, *args, check=True):
        with (self.path / "log").open("w") as log:
            done = subprocess.run(
                [program, "--lxcpath", self.path, "--name", self.name, *args],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=60 * PATIENCE,
                check=False,
            )
        said = (self.path / "log").read_text()
        assert not check or done.returncode == 0, f"{program}: {said}"

    def start(self, script):
        directory = self.path / self.name
        directory.mkdir()
        subprocess.run([ENGINE / "busybox-root", directory / "rootfs"], check=True)
        (directory / "rootfs" / "main").write_text(script)
        (directory / "config").write_text(CONFIG.format(directory=directory, name=self.name))
        self._call("lxc-start")

    def stop(self):
        self._call("lxc-stop", "--kill", check=False)
        self._call("lxc-wait", "--state", "STOPPED", "--timeout", "30", check=False)
