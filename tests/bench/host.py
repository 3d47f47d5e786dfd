# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The machine that the benchmark runs on: its processors, and who else is tracing on it."""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

from harness.bpf import held_by

BPFTOOL = os.environ.get("BPFTOOL", "/usr/sbin/bpftool")
# Programs of these types may sit on a system call's way.
TRACING = {"tracepoint", "raw_tracepoint", "raw_tracepoint_writable", "kprobe", "perf_event", "tracing", "lsm"}


def progress(what):
    """For who waits and watches; a log has no use for it."""
    if sys.stderr.isatty():
        print(f"bench: {what}", file=sys.stderr)


def tracing_programs():
    listed = subprocess.run([BPFTOOL, "prog", "list", "-j"], capture_output=True, check=True).stdout
    return {prog["id"] for prog in json.loads(listed) if prog.get("type") in TRACING}


def others_trace(*pids):
    """Such programs that anybody but these processes has."""
    own = {number for pid in pids for kind, number in held_by(pid) if kind == "prog_id"}
    return tracing_programs() - own


def wait_for_quiet(*pids, patience_s=120):
    """
    Programs of others would be measured with those of these processes: wait until there are none.  (Those that a
    tracer tried and gave back at its start stay for a moment, too.)
    """
    end = time.monotonic() + patience_s
    while others := others_trace(*pids):
        if time.monotonic() > end:
            raise SystemExit(f"bench: other BPF programs keep tracing on this machine: {sorted(others)}; "
                             "end what uses them (bpftool prog list names it)")
        time.sleep(0.1)


def wait_for_programs(before, patience_s=30):
    """Until what was started has loaded its programs, and has been seen to be done with it."""
    end = time.monotonic() + patience_s
    seen, steady = before, 0
    while steady < 3 or seen == before:
        time.sleep(0.1)
        now = tracing_programs()
        steady = steady + 1 if now == seen else 0
        seen = now
        if time.monotonic() > end:
            raise TimeoutError("no BPF program was loaded")


def processors():
    """(the workload's, the tracer's): the last two, since interrupts like the first."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        raise SystemExit("bench: two processors are needed, one for the workload and one for the tracer")
    return cpus[-1], cpus[-2]


def cpu_ns(pid):
    """CPU time of a process and all its threads so far."""
    process_clock = (~pid << 3) | 2  # CPUCLOCK_SCHED, include/linux/posix-timers.h
    return time.clock_gettime_ns(process_clock)


def rss_kib(pid, leave_out=None):
    """Resident memory, without mappings of what is named leave_out."""
    total, counts = 0, True
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            counts = not leave_out or leave_out not in line
        elif words[0] == "Rss:" and counts:
            total += int(words[1])
    return total


def describe():
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return {
        "kernel": platform.release(),
        "machine": platform.machine(),
        "processor": model,
        "processors": os.cpu_count(),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "load": os.getloadavg()[0],
    }
