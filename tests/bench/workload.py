# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""workload.c, started in a cgroup of its own, and the files it opens."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.cgroup import Cgroup, mount_point

NAME = "ctrace-bench"
# Calls in a batch: some 100 us, so that most batches run undisturbed.
BATCH = {"open": 32, "fail": 64, "ppid": 512}


class Files:
    """A directory that is a mount of its own: what fatrace can be kept to, and like a container's volume."""

    def __init__(self):
        self.path = Path(tempfile.mkdtemp(prefix=f"{NAME}-", dir="/tmp"))
        subprocess.run(["mount", "--bind", self.path, self.path], check=True)
        self.file = self.path / "app" / "settings.json"
        self.file.parent.mkdir()
        self.file.write_text("{}")
        self.missing = self.path / "app" / "missing.json"

    def remove(self):
        subprocess.run(["umount", "-l", self.path], check=True)
        shutil.rmtree(self.path)


def make_cgroup(suffix):
    return Cgroup(mount_point() / f"{NAME}-{suffix}-{os.getpid()}")


class Workload:
    """In cgroup, on one processor."""

    def __init__(self, program, cgroup, cpu, files):
        self.made_of = program, cgroup, cpu, files
        self.files = files
        self.process = cgroup.popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                    preexec_fn=lambda: os.sched_setaffinity(0, [cpu]))
        self.pid = self.process.pid
        self.tell(f"time ppid 1 1 /")

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"bench: the workload ended with code {self.process.wait()}")
        return json.loads(line)

    def tell(self, line):
        self.ask(line)
        return self.answer()

    def path_of(self, kind):
        return self.files.missing if kind == "fail" else self.files.file

    def time(self, kind, ms, path=None, batch=None):
        """{"min", "median", "calls"}; times in ns a call."""
        return self.tell(f"time {kind} {batch or BATCH[kind]} {ms} {path or self.path_of(kind)}")

    def flood(self, kind, threads, ms):
        return self.tell(f"flood {kind} {threads} {ms} {self.path_of(kind)}")

    def free_of_cpu(self):
        for tid in os.listdir(f"/proc/{self.pid}/task"):
            os.sched_setaffinity(int(tid), range(os.cpu_count()))

    def another(self):
        """The same, by a process of its own."""
        return Workload(*self.made_of)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
