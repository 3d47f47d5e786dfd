# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What ctrace is and holds when nothing happens."""

import os
import statistics
import subprocess
import tempfile
import time

import host
import tracers

CONTAINERS = 100
STARTS = 50
IDLE_S = 5


def _start(argv):
    """
    (process, ms until it said that it traces).  Not bound to the processor that all else here is: but with preexec_fn
    Python would fork itself, whole, which took longer than a fifth of the start.
    """
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count()))
    start = time.monotonic_ns()
    process = subprocess.Popen([str(word) for word in argv], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True)
    os.sched_setaffinity(0, ours)
    line = process.stderr.readline()
    ms = (time.monotonic_ns() - start) / 1e6
    if "tracing" not in line:
        raise RuntimeError(f"ctrace does not trace: {line}{process.stderr.read()}")
    return process, ms


def _stop(process):
    process.terminate()
    process.communicate()


def binary_kib():
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run(["strip", "-o", stripped.name, tracers.CTRACE], check=True)
        return os.path.getsize(stripped.name) / 1024


def starts_ms(cgroup):
    times = []
    for _ in range(STARTS):
        process, ms = _start([tracers.CTRACE, "--cgroup", cgroup])
        times.append(ms)
        _stop(process)
    return times


def hundred_containers(parent):
    """Cgroups as Docker names them: to ctrace they are containers."""
    docker = parent.child("docker")
    ids = [f"be{number:06x}{os.getpid():056x}" for number in range(CONTAINERS)]
    groups = [docker.child(name) for name in ids]
    argv = [tracers.CTRACE]
    for name in ids:
        argv += ["--container", name]
    process, ms = _start(argv)
    time.sleep(1)  # it has begun, and found nothing to do
    before, began = host.cpu_ns(process.pid), time.monotonic_ns()
    time.sleep(IDLE_S)
    idle = (host.cpu_ns(process.pid) - before) / (time.monotonic_ns() - began)
    result = {"rss_kib": host.rss_kib(process.pid), "rss_without_ring_kib": host.rss_kib(process.pid, "bpf-map"),
              "start_ms": ms, "idle_cpu": idle}
    _stop(process)
    for group in groups:
        group.remove()
    return result


def run(parent):
    times = starts_ms(parent)
    return {
        "binary_kib": binary_kib(),
        "start_ms": {"min": min(times), "median": statistics.median(times)},
        "containers": hundred_containers(parent),
    }
