# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A Docker engine of our own; tests/engine/docker starts and ends it."""

import os
import shutil
import subprocess

from .cgroup import without_v2
from .settings import ENGINE, PATIENCE

CLIENT = "/usr/bin/docker" if os.access("/usr/bin/docker", os.X_OK) else "docker"


def why_not():
    if not shutil.which("dockerd"):
        return "no dockerd here (apt-get install docker.io)"
    if not shutil.which(CLIENT):
        return "no docker client here (apt-get install docker.io)"
    if not shutil.which("busybox"):
        return "no busybox here to make an image of (apt-get install busybox-static)"
    return None


class Docker:
    """v1: it sees no cgroup v2, and makes its containers none there."""

    def __init__(self, directory, driver="cgroupfs", v1=False):
        self.directory, self.driver, self.v1 = directory, driver, v1
        self.data_root = directory / "data"
        self.runtime_root = ("--runtime-root", f"docker={self.data_root}")

    def _engine(self, verb):
        argv = [str(ENGINE / "docker"), verb, str(self.directory)]
        done = subprocess.run(
            without_v2(argv) if self.v1 else argv,
            env={**os.environ, "CGROUP_DRIVER": self.driver},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # dockerd must not hold a pipe of ours
            stderr=subprocess.PIPE,
            text=True,
            timeout=120 * PATIENCE,
            check=False,
        )
        return done.returncode == 0, done.stderr.strip()

    def start(self):
        return self._engine("start")

    def stop(self):
        return self._engine("stop")

    def __call__(self, *args, check=True, timeout=60, **kwargs):
        """docker("ps", "-q") returns what the client printed."""
        env = {
            **os.environ,
            "DOCKER_HOST": f"unix://{self.directory}/docker.sock",
            "DOCKER_CONFIG": str(self.directory / "config"),
            # the classic builder makes images of its own machine alone
            "DOCKER_BUILDKIT": "1",
        }
        done = subprocess.run(
            [CLIENT, *map(str, args)],
            env=env,
            capture_output=True,
            text=True,
            timeout=timeout * PATIENCE,
            check=False,
            **kwargs,
        )
        assert not check or done.returncode == 0, f"docker {args}: {done.stderr}"
        return done.stdout.strip()

    def run(self, name, script, *options):
        """Starts a container that runs the shell script; returns its full id."""
        return self(
            "run",
            "-d",
            "--name",
            name,
            "--network",
            "none",
            *options,
            "busybox",
            "sh",
            "-c",
            script,
        )

    def remove(self, name):
        self("rm", "-f", name, check=False)
