# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
instructions.py: what ctrace adds to a call, in instructions, by fexit and by the tracepoint; exit with 1 when a bar is
missed.  Run by `make bench-instructions`, in a VM whose clock counts them: a nanosecond is one.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

# pylint: disable=wrong-import-position
import bars
import compare
import tracers
from workload import Files, Workload, make_cgroup

MS = 100
BACKENDS = ("fexit", "tracepoint")
WHAT = {"open": "open + close", "fail": "failed open", "ppid": "getppid"}


def instructions(workload):
    return {call: workload.time(call, MS)["min"] for call in compare.CALLS}


def with_ctrace(workload, backend, group):
    kind = tracers.Kind(f"ctrace, {backend}", lambda t: [tracers.CTRACE, "--backend", backend, "--cgroup", t.cgroup],
                        tracers.CTRACE, says="tracing")
    tracer = tracers.Tracer(kind, tracers.Target(group, workload.pid, workload.files.path))
    try:
        return instructions(workload)
    finally:
        tracer.stop()


def measure():
    """(without a tracer, {(backend, is the workload traced?): ...}), each {call: instructions}."""
    files, traced, other = Files(), make_cgroup("traced"), make_cgroup("other")
    workload = Workload(tracers.WORKLOAD, traced, max(os.sched_getaffinity(0)), files)
    try:
        none = instructions(workload)
        return none, {(backend, group is traced): with_ctrace(workload, backend, group)
                      for backend in BACKENDS for group in (other, traced)}
    finally:
        workload.close()
        traced.remove()
        other.remove()
        files.remove()


def table(none, taken):
    def row(name, values):
        return "| " + " | ".join([f"{name:24}"] + [f"{value:12}" for value in values]) + " |"

    rows = [row("instructions", WHAT.values()), "|-" + "-|-".join(["-" * 24] + ["-" * 12] * len(WHAT)) + "-|",
            row("no tracer", (f"{none[call]:,.0f}" for call in WHAT))]
    for (backend, traced), calls in taken.items():
        rows.append(row(backend + ("" if traced else ", outside"),
                        (f"+{calls[call] - none[call]:,.0f}" for call in WHAT)))
    return "\n".join(rows)


def main():
    none, taken = measure()

    def added(backend, call):
        return taken[backend, True][call] - none[call]

    met = [bars.Bar("fexit: an unrelated call, x one without", taken["fexit", True]["ppid"] / none["ppid"], 1.001)]
    met.append(bars.Bar("fexit: a traced open, x the tracepoint's", added("fexit", "open") / added("tracepoint", "open"), 1))
    print(table(none, taken), "", *met, sep="\n")
    return 0 if all(bar.met for bar in met) else 1


if __name__ == "__main__":
    sys.exit(main())
