# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
sizing.py [--docs]: what a pod of the DaemonSet takes, as a table: CPU by opens a second, memory by containers, bytes
of log by event.  Run by `make sizing`, as root.  --docs writes it into docs/kubernetes.md, too.

The containers are cgroups where kubelet would have them and the files that containerd keeps of them; ctrace gets the
manifest's options.  Memory is that of a memory cgroup, which a pod's limit counts: the kernel side's maps as well.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

# pylint: disable=wrong-import-position
import host
import tracers
from harness.cgroup import Cgroup, hierarchies, mount_point
from harness.http import free_port

RATES = (0, 1_000, 10_000)
CONTAINERS = (1, 100, 1_000)
SECONDS = 5
RUNS = 3  # of which the least counts: containers that others start meanwhile are looked at, too
CRI_BYTES = len("2026-01-02T03:04:05.678901234+00:00 stdout F ")
PAGE = HERE.parent.parent / "docs" / "kubernetes.md"
BEGIN, END = "<!-- what follows is written by make sizing-docs -->", "<!-- up to here -->"

# Opens so many files a second of those that are named, in ticks of 10 ms.
WORKLOAD = """
import os, sys, time
rate, seconds, files = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
done, start = 0, time.monotonic()
while (now := time.monotonic() - start) < seconds:
    while done < now * rate:
        os.close(os.open(files[done % len(files)], os.O_RDONLY))
        done += 1
    time.sleep(0.01)
print(done)
"""


class Node:
    """Containers of CRI pods, as far as ctrace looks at them."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.namespace = f"sizing-{os.getpid()}"
        self.top = Cgroup(mount_point() / f"ctrace-bench-kubepods-{os.getpid()}")
        self.groups = []

    def add(self, count):
        for number in range(len(self.groups), len(self.groups) + count):
            self._add(number)

    def _add(self, number):
        pod, name = str(uuid.uuid4()), uuid.uuid4().hex * 2
        bundle = self.directory / "io.containerd.runtime.v2.task" / "k8s.io" / name
        bundle.mkdir(parents=True)
        annotations = {
            "container-name": "app",
            "container-type": "container",
            "image-name": "registry.example/team/app:1.2.3",
            "sandbox-id": uuid.uuid4().hex * 2,
            "sandbox-name": f"app-{number}-7d4b9c6f5d-x2x9q",
            "sandbox-namespace": self.namespace,
            "sandbox-uid": pod,
        }
        config = {"annotations": {f"io.kubernetes.cri.{key}": value for key, value in annotations.items()}}
        (bundle / "config.json").write_text(json.dumps(config), encoding="utf-8")
        self.groups.append(self.top.child(f"pod{pod}").child(name))

    def remove(self):
        self.top.remove()


class MemoryGroup:
    """A memory cgroup of v2, or of v1 beside it."""

    def __init__(self):
        self.v1 = [path for path in hierarchies() if (path / "memory.usage_in_bytes").exists()]
        top = self.v1[0] if self.v1 else mount_point()
        self.path = top / f"ctrace-bench-memory-{os.getpid()}"
        self.path.mkdir()
        self.usage = self.path / ("memory.usage_in_bytes" if self.v1 else "memory.current")
        if not self.usage.exists():
            self.path.rmdir()
            raise SystemExit("sizing: no memory controller here: what a pod's limit counts can't be seen")

    def mib(self):
        return int(self.usage.read_text(encoding="ascii")) / (1 << 20)

    def join(self):
        (self.path / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    def remove(self):
        self.path.rmdir()


class Pod:
    """ctrace with the manifest's options, its output counted."""

    def __init__(self, node, memory):
        argv = [tracers.CTRACE, "--runtime-root", f"containerd={node.directory}", "--namespace", node.namespace]
        argv += ["--listen", f"127.0.0.1:{free_port()}"]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=memory.join,
                                        env={**os.environ, "NODE_NAME": "node-1.example.internal"})
        self.lines = self.bytes = 0
        self.lost = 0
        # Before anything else is awaited: a record of each container may come first.
        self.sink = threading.Thread(target=self._count, daemon=True)
        self.sink.start()
        line = self.process.stderr.readline().decode()
        if "tracing" not in line:
            raise SystemExit(f"sizing: ctrace does not trace: {line}")

    def _count(self):
        for line in self.process.stdout:
            if b'"type":"open"' in line:
                self.lines += 1
                self.bytes += len(line) + CRI_BYTES
            elif b'"type":"lost"' in line:
                self.lost += json.loads(line)["count"]

    def cpu_ns(self):
        return host.cpu_ns(self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.sink.join()
        self.process.wait()


def some_files(count=500):
    """Files with the names that programs open: Python's own."""
    top = Path(os.__file__).parent
    return [str(path) for path in sorted(top.rglob("*.py"))[:count]]


def cpu_of(node, memory, rate):
    """Percent of one processor, and the rest that there is to know about the run."""
    argv = [sys.executable, "-S", "-c", WORKLOAD, str(rate), str(SECONDS), *some_files()]
    with Pod(node, memory) as pod:
        time.sleep(0.5)
        before, start = pod.cpu_ns(), time.monotonic_ns()
        done = int(node.groups[0].popen(*argv, stdout=subprocess.PIPE).communicate()[0])
        percent = 100 * (pod.cpu_ns() - before) / (time.monotonic_ns() - start)
    return {"rate": done / SECONDS, "percent": percent, "lost": pod.lost, "bytes": pod.bytes / max(pod.lines, 1)}


def least_cpu_of(node, memory, rate):
    runs = [cpu_of(node, memory, rate) for _ in range(RUNS)]
    return {**min(runs, key=lambda run: run["percent"]), "lost": sum(run["lost"] for run in runs)}


def memory_of(node, memory):
    with Pod(node, memory) as pod:
        time.sleep(1)
        traced = memory.mib()
        for group in node.groups:
            group.run("cat", "/etc/hostname")
        time.sleep(0.5)
        return {"containers": len(node.groups), "traced": traced, "opened": memory.mib(), "lines": pod.lines}


def milli_of(less, more):
    """Thousandths of a processor for each 1,000 opens a second from the one run to the other."""
    return (more["percent"] - less["percent"]) * 10 / (more["rate"] - less["rate"]) * 1000


def markdown(cpu, memory):
    info = host.describe()
    first, further = milli_of(cpu[0], cpu[1]), milli_of(cpu[1], cpu[2])
    per_container = (memory[-1]["opened"] - memory[0]["opened"]) / (memory[-1]["containers"] - memory[0]["containers"])
    lines = [
        f"`sudo make sizing`, Linux {info['kernel']}, {info['processors']} x {info['processor']}:", "",
        "| | |", "|---|---|",
        f"| CPU for the first 1,000 opens a second | {first:.1f}m |",
        f"| CPU for each further 1,000 opens a second | {further:.1f}m |",
        f"| memory for each 1,000 containers | {per_container * 1000:.1f} MiB |",
        f"| log for each event, in the CRI's form | {cpu[-1]['bytes']:.0f} bytes |", "",
        "| opens a second | CPU, % of one processor | lost |", "|---|---|---|",
    ]
    lines += [f"| {run['rate']:,.0f} | {run['percent']:.2f} | {run['lost']:,} |" for run in cpu]
    lines += ["", "| containers | memory, MiB, once traced | after an open in each |", "|---|---|---|"]
    lines += [f"| {run['containers']:,} | {run['traced']:.1f} | {run['opened']:.1f} |" for run in memory]
    return "\n".join(lines)


def write_docs(text):
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


def measure(node, memory):
    held = []
    for count in CONTAINERS:
        node.add(count - len(node.groups))
        held.append(memory_of(node, memory))
        if count == CONTAINERS[0]:
            cpu = [least_cpu_of(node, memory, rate) for rate in RATES]
    return cpu, held


def main():
    parser = argparse.ArgumentParser(prog="sizing")
    parser.add_argument("--docs", action="store_true", help="write docs/kubernetes.md, too")
    args = parser.parse_args()
    memory = MemoryGroup()
    with tempfile.TemporaryDirectory(prefix="ctrace-sizing-") as directory:
        node = Node(directory)
        try:
            text = markdown(*measure(node, memory))
        finally:
            node.remove()
            memory.remove()
    print(text)
    if args.docs:
        write_docs(text)


if __name__ == "__main__":
    main()
