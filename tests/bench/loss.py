# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Opens as fast as they go, ctrace with its defaults on the other processor: what is lost, and is it counted?"""

import re
import time

import host
import tracers


def _run(workload, target, threads, seconds):
    tracer = tracers.Tracer(tracers.KINDS[0], target)
    before = host.cpu_ns(tracer.pid)
    calls = workload.flood("open", threads, seconds * 1000)["calls"]
    time.sleep(0.5)
    cpu_ns = host.cpu_ns(tracer.pid) - before
    counted = tracer.stop()
    opens, lost = map(int, re.search(r"(\d+) opens, (\d+) lost", counted["said"]).groups())
    return {
        "seconds": seconds, "threads": threads, "calls": calls, "delivered": opens, "lost": lost,
        "unaccounted": calls - opens - lost, "lines": counted["lines"], "bytes": counted["bytes"],
        "cpu_ns_per_event": cpu_ns / max(opens, 1), "opens_per_second": calls / seconds,
    }


def one_thread(workload, target, seconds=60):
    return _run(workload, target, 1, seconds)


def two_threads(workload, target, seconds=10):
    workload.free_of_cpu()
    return _run(workload, target, 2, seconds)
