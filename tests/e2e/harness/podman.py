# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Podman with a storage of its own: no daemon, and nothing of the host's Podman."""

import os
import shutil
import subprocess

from . import archive
from .bundle import hide_controllers
from .cgroup import join_all
from .mounts import unmount_below
from .settings import PATIENCE
from .wait import wait_until

IMAGE = "registry.test/busybox:1"

# The limits: without CAP_SYS_RESOURCE they can't be raised to what Podman would like.
CONFIG = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
netns = "none"
[engine]
cgroup_manager = "{manager}"
events_logger = "none"
lock_type = "file"
"""


def why_not():
    for program, package in {
        "podman": "podman",
        "conmon": "conmon",
        "runc": "runc",
        "crun": "crun",
        "busybox": "busybox-static",
    }.items():
        if not shutil.which(program):
            return f"no {program} here (apt-get install {package})"
    return None


class Podman:
    def __init__(self, directory, driver="overlay", manager="cgroupfs"):
        self.directory, self.driver, self.manager = directory, driver, manager
        self.runtime_root = ("--runtime-root", f"podman={directory}/root")

    def start(self):
        (self.directory / "containers.conf").write_text(CONFIG.format(manager=self.manager))
        image = archive.save(self.directory / "image.tar", self.directory / "rootfs", IMAGE)
        self("load", "--input", image)

    def __call__(self, *args, runtime="runc", within=None, check=True):
        """podman("ps", "-q") returns what it printed; within: cgroups to run it in."""
        argv = [
            "podman",
            *("--root", self.directory / "root", "--runroot", self.directory / "run"),
            *("--tmpdir", self.directory / "tmp", "--storage-driver", self.driver),
            *("--runtime", runtime, *args),
        ]
        argv = [str(arg) for arg in argv]
        if runtime == "crun":
            argv = hide_controllers(self.directory, argv)
        # Not a pipe: conmon would keep it open as long as the container runs.
        with (self.directory / "out").open("w+") as out, (self.directory / "log").open("w+") as log:
            done = subprocess.run(
                join_all(within, argv) if within else argv,
                env={**os.environ, "CONTAINERS_CONF": str(self.directory / "containers.conf")},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                timeout=60 * PATIENCE,
                check=False,
            )
            log.seek(0)
            assert not check or done.returncode == 0, f"podman {args}: {log.read()}"
            out.seek(0)
            return out.read().strip()

    def run(self, name, script, *options, **kwargs):
        """Starts a container that runs the shell script; returns its full id."""
        return self(
            *("run", "--detach", "--pull", "never", "--name", name, *options),
            *(IMAGE, "/bin/sh", "-c", script),
            **kwargs,
        )

    def stop(self):
        self("pod", "rm", "--all", "--force", "--time", "0", check=False)
        self("rm", "--all", "--force", "--time", "0", check=False)
        # conmon lets Podman clean up once more, some time after the container's end
        wait_until(lambda: not self._processes(), f"something still runs in {self.directory}", 30)
        unmount_below(self.directory)

    def _processes(self):
        return subprocess.run(
            ["pgrep", "--full", f"{self.directory}/"], stdout=subprocess.PIPE, check=False
        ).stdout
