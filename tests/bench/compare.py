# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""All tracers in turn on the same workload, round after round."""

import statistics
import time
from collections import defaultdict

import host
import tracers

CALLS = ("open", "fail", "ppid")
CASE_MS = 200
FLOOD_MS = 300
STARTUP_MS = 2500
TRIES = 5
NONE = "no tracer"
FLOOR = "floor"  # nothing but empty programs, on the hooks that ctrace uses
RECORD_FLOOR = "floor, and the time and a record"  # of each open, of 200 bytes, and nothing else
PEER_FLOOR = "floor of the peers' hooks"
FLOORS = [
    tracers.floor_kind(FLOOR, "raw_exit"),
    tracers.floor_kind(RECORD_FLOOR, "raw_exit_record"),
    tracers.floor_kind(PEER_FLOOR, "openat_enter", "openat_exit"),
]


class Sums:
    """What has been measured of one tracer, in all rounds."""

    def __init__(self):
        self.minima = defaultdict(list)
        self.medians = defaultdict(list)
        self.done = self.lines = self.bytes = 0
        self.cpu_ns, self.flooded = 0, 0
        self.rss_kib = 0
        self.startup_ms = []

    def times(self, times):
        for call, time_of in times.items():
            self.minima[call].append(time_of["min"])
            self.medians[call].append(time_of["median"])

    def summary(self):
        result = {call: {"min": min(self.minima[call]), "median": statistics.median(self.medians[call])}
                  for call in self.minima}
        if self.flooded:
            result |= {
                "done": self.done, "delivered": self.lines, "missing": self.done - self.lines,
                "bytes_per_event": self.bytes / max(self.lines, 1), "cpu_ns_per_event": self.cpu_ns / self.flooded,
                "rss_kib": self.rss_kib,
            }
        if self.startup_ms:
            result["first_event_ms"] = statistics.median(self.startup_ms)
        return result


def time_calls(workload):
    return {call: workload.time(call, CASE_MS) for call in CALLS}


def flood(sums, workload, tracer):
    before = host.cpu_ns(tracer.pid)
    calls = workload.flood("open", 1, FLOOD_MS)["calls"]
    time.sleep(0.3)  # it may be behind
    sums.cpu_ns += host.cpu_ns(tracer.pid) - before
    sums.flooded += calls
    sums.rss_kib = max(sums.rss_kib, host.rss_kib(tracer.pid))
    return calls


def undisturbed(measure):
    """What measure() returns, which is None when another tracer was there meanwhile: then again."""
    for _ in range(TRIES):
        host.wait_for_quiet()
        result = measure()
        if result is not None:
            return result
        host.progress("another tracer came in between; once more")
    raise SystemExit("bench: this machine is never quiet: something keeps loading BPF programs")


def run_none(workload):
    def measure():
        times = time_calls(workload)
        return None if host.others_trace() else times

    return undisturbed(measure)


def run_timed(workload, kind, target):
    def measure():
        tracer = tracers.Tracer(kind, target)
        host.wait_for_quiet(tracer.pid)
        times = time_calls(workload)
        disturbed = host.others_trace(tracer.pid)
        tracer.stop()
        return None if disturbed else times

    return undisturbed(measure)


def run_traced(sums, workload, kind, target):
    def measure():
        tracer = tracers.Tracer(kind, target)
        host.wait_for_quiet(tracer.pid)
        times = time_calls(workload)
        calls = flood(sums, workload, tracer)
        disturbed = host.others_trace(tracer.pid)
        counted = tracer.stop()
        return None if disturbed else (times, calls, counted)

    times, flooded, counted = undisturbed(measure)
    sums.times(times)
    sums.done += flooded + times["open"]["calls"] + (times["fail"]["calls"] if kind.sees_failures else 0)
    sums.lines += counted["lines"]
    sums.bytes += counted["bytes"]


def run_startup(sums, workload, kind, target):
    """From the tracer's start to the first event at its reader, while the workload opens all the time."""
    workload.ask(f"flood open 1 {STARTUP_MS} {workload.files.file}")
    tracer = tracers.Tracer(kind, target)
    workload.answer()
    first_ns = tracer.stop()["first_ns"]
    if first_ns:
        sums.startup_ms.append((first_ns - tracer.started_ns) / 1e6)


def run(workload, traced, other, rounds):
    """{name: summary}; traced and other are Targets, the workload is in the first."""
    sums = defaultdict(Sums)
    kinds = [kind for kind in tracers.KINDS if tracers.present(kind)]
    for number in range(rounds):
        host.progress(f"round {number + 1} of {rounds}")
        sums[NONE].times(run_none(workload))
        for kind in FLOORS:
            sums[kind.name].times(run_timed(workload, kind, other))
        for kind in kinds:
            if kind.outside:
                sums[f"{kind.name}, outside"].times(run_timed(workload, kind, other))
            run_traced(sums[kind.name], workload, kind, traced)
            if number < 2:
                run_startup(sums[kind.name], workload, kind, traced)
    return {name: of.summary() for name, of in sums.items()}


def added(results, name, call, which):
    """ns that a tracer adds to a call; which: "min" or "median"."""
    return results[name][call][which] - results[NONE][call][which]
