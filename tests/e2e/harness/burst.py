# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Many containers of plain runc or crun in a burst, each of which lives for a moment."""

import json
import os
import subprocess

from .bundle import hide_controllers, make_bundle
from .cgroup import without_v2
from .settings import PATIENCE

# A failed one must not end the others; what went wrong is in the log.
RUN_ALL = 'xargs -P "$PARALLEL" -I {} "$RUNTIME" run --bundle "$TOP"/{} {}'


class Burst:
    """
    Each container opens a file of a name of its own first thing, /first/ID, and ends:
    cat of a static busybox opens nothing else.
    """

    def __init__(self, runtime, top, names, v1=False):
        self.runtime, self.top, self.names, self.v1 = runtime, top, names, v1
        make_bundle(top, "")
        first = top / "rootfs" / "first"
        first.mkdir()
        config = json.loads((top / "config.json").read_text())
        config["root"]["path"] = str(top / "rootfs")
        for name in names:
            (first / name).touch()
            (top / name).mkdir()
            config["process"]["args"] = ["/bin/cat", f"/first/{name}"]
            (top / name / "config.json").write_text(json.dumps(config))

    def _command(self):
        argv = ["sh", "-c", RUN_ALL]
        if self.v1:
            return without_v2(argv)
        return hide_controllers(self.top, argv) if self.runtime == "crun" else argv

    def run(self, parallel):
        done = subprocess.run(
            self._command(),
            env={
                **os.environ,
                "PARALLEL": str(parallel),
                "RUNTIME": self.runtime,
                "TOP": str(self.top),
            },
            input="\n".join(self.names),
            text=True,
            capture_output=True,
            check=False,
            timeout=(60 + len(self.names)) * PATIENCE,
        )
        assert done.returncode == 0, f"{self.runtime}: {done.stdout} {done.stderr}"
