# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Containers of plain runc and crun: no engine, no daemon."""

import json
import shutil
import subprocess

from .cgroup import is_hybrid, mount_point, v1_mount_point, without_v2
from .settings import ENGINE, PATIENCE
from .wait import wait_until

# crun refuses a host that is part v1 where the v2 side has controllers it
# wants; told that there are none it is content.
HIDE_CONTROLLERS = 'mount --bind "$0" "$1/cgroup.controllers" && shift && exec "$@"'



def hide_controllers(scratch, argv):
    """argv such that crun can work here; scratch is a folder for a file it needs."""
    if not is_hybrid():
        return argv
    empty = scratch / "no-controllers"
    empty.write_text("")
    point = str(mount_point())
    return ["unshare", "--mount", "sh", "-c", HIDE_CONTROLLERS, str(empty), point, *argv]


class Container:
    """v1: its runtime sees no cgroup v2, and makes it none there."""

    def __init__(self, runtime, name, bundle, *options, v1=False):
        self.runtime, self.id, self.bundle, self.options = runtime, name, bundle, options
        self.v1 = v1

    def _command(self, *args):
        argv = [self.runtime, *self.options, *args]
        if self.v1:
            return without_v2(argv)
        return hide_controllers(self.bundle, argv) if self.runtime == "crun" else argv

    def _call(self, *args, check=True):
        # The container inherits these: a pipe would stay open as long as it runs.
        log = self.bundle / "log"
        with log.open("wb") as out:
            done = subprocess.run(
                self._command(*args),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.bundle,
                timeout=60 * PATIENCE,
                check=False,
            )
        assert not check or done.returncode == 0, f"{self.runtime} {args}: {log.read_text()}"

    def start(self):
        self._call("run", "--detach", self.id)
        return self

    def set_argv(self, *argv):
        """What it runs; before it starts."""
        set_argv(self.bundle, argv)

    def exec(self, *argv):
        self._call("exec", self.id, *argv)

    def stop(self):
        self._call("delete", "--force", self.id, check=False)
        wait_until(lambda: not self.cgroup().exists(), f"cgroup of {self.id} stays")

    def cgroup(self):
        return (v1_mount_point() if self.v1 else mount_point()) / self.id


def set_argv(path, argv):
    config = json.loads((path / "config.json").read_text())
    config["process"]["args"] = list(argv)
    (path / "config.json").write_text(json.dumps(config))


def make_bundle(path, script, argv=None, **changes):
    """
    A bundle whose container runs the shell script, or argv; changes go to config.json's
    top level.
    """
    subprocess.run(
        [ENGINE / "bundle", path], input=script, text=True, check=True, capture_output=True
    )
    if changes:
        config = json.loads((path / "config.json").read_text())
        config.update(changes)
        (path / "config.json").write_text(json.dumps(config))
    if argv:
        set_argv(path, argv)
    return path


def why_not(runtime):
    """The reason that this runtime can't be used here, or None."""
    if not shutil.which(runtime):
        return f"no {runtime} here (apt-get install {runtime})"
    if not shutil.which("busybox"):
        return "no busybox here for a container's root (apt-get install busybox-static)"
    return None
