# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
soak.py SECONDS: ctrace at full rate while containers come and go.  Its memory, descriptors and maps
stay what they were, and every open that was done is delivered or lost.  Called by `make soak`; root.

Two loads open as fast as they can, each in a container of LXC's, by the name of its cgroup, that is made
anew every 100,000 opens; beside them 32 such containers a second are made, used and removed, and a reader takes the
lines.  What is flat is judged between the end of the first quarter and the end.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests/e2e"))

# pylint: disable=wrong-import-position
from harness.bpf import held_by, map_entries
from harness.cgroup import Cgroup, mount_point
from harness.oracle import Oracle
from harness.trace import command_line

GROWTH_KB = 1024  # of memory, that a noisy allocator may show
CACHES = {"exes", "reported", "interruptions"}  # LRU maps, which fill up and then forget: their room was taken at the start
BATCH = 100000
SAMPLES = 40


class Reader(threading.Thread):
    """Counts what comes, and keeps none of it."""

    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream, self.delivered, self.lost, self.started = stream, 0, 0, 0

    def run(self):
        for line in self.stream:
            if b'"type":"open"' in line:
                self.delivered += 1
                continue
            event = json.loads(line)
            self.lost += event["count"] if event["type"] == "lost" else 0
            self.started += event.get("action") == "started"


def state_of(pid):
    """(resident KB, descriptors, entries of all hash maps by map)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    resident = int(status.split("VmRSS:")[1].split()[0])
    descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    entries = {}
    for kind, number in held_by(pid):
        if kind == "map_id":
            name, keys = map_entries(number)
            entries[name] = len(keys)
    return resident, descriptors, entries


class Load(threading.Thread):
    """One program after the other in a cgroup of its own, until the end."""

    def __init__(self, root, name, command, end):
        super().__init__()
        self.root, self.prefix, self.command, self.end, self.failed = root, name, command, end, None

    def run(self):
        number = 0
        while time.monotonic() < self.end and not self.failed:
            group = self.root.child(f"lxc.payload.{self.prefix}{number}")
            number += 1
            done = group.run(*self.command(f"{group}-"), timeout=600)
            if done.returncode:
                self.failed = done.stderr
            group.remove()


def show(seconds, state, oracle, reader):
    resident, descriptors, entries = state
    maps = " ".join(f"{name}:{count}" for name, count in sorted(entries.items()) if count)
    print(
        f"{seconds:6.0f} s  rss {resident} KB  fds {descriptors}  done {oracle.told()[1]}  "
        f"delivered {reader.delivered}  lost {reader.lost}  containers {reader.started}  maps {maps}",
        flush=True,
    )


def soak(seconds, work, root):
    oracle = Oracle(work)
    name = f"soak{os.getpid()}"
    argv = command_line(["--container", name, "--wait", "--setup", *oracle.only])
    ctrace = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    messages = iter(lambda: ctrace.stderr.readline().decode(), "")
    if not any("tracing" in message for message in messages):
        return ["it does not trace"]
    reader = Reader(ctrace.stdout)
    reader.start()
    begin, states = time.monotonic(), [state_of(ctrace.pid)]
    show(0, states[0], oracle, reader)
    fast = lambda prefix: oracle.opens(BATCH)  # noqa: E731
    churn = lambda prefix: oracle.groups(320, 31, prefix)  # noqa: E731
    loads = [
        Load(root, f"{name}-{kind}", command, begin + seconds)
        for kind, command in (("one", fast), ("two", fast), ("churn", churn))
    ]
    for load in loads:
        load.start()
    for sample in range(1, SAMPLES + 1):
        time.sleep(max(0, begin + sample * seconds / SAMPLES - time.monotonic()))
        states.append(state_of(ctrace.pid))
        if sample % (SAMPLES // 10) == 0:
            show(time.monotonic() - begin, states[-1], oracle, reader)
    for load in loads:
        load.join()
    time.sleep(1)
    states.append(state_of(ctrace.pid))  # all containers are gone
    show(time.monotonic() - begin, states[-1], oracle, reader)
    ctrace.terminate()
    said = ctrace.stderr.read().decode().strip()
    print(said)
    if ctrace.wait() != 0:
        return [f"it ended with {ctrace.returncode}: {said}"]
    reader.join()
    return [*(load.failed for load in loads if load.failed), *judge(states, oracle, reader)]


def judge(states, oracle, reader):
    quarter = states[len(states) // 4 :]
    early = max(state[0] for state in states[: len(states) // 4 + 1])
    late = max(state[0] for state in quarter[-5:])
    begun, done = oracle.told()
    print(f"done {done}, delivered {reader.delivered}, lost {reader.lost}; rss {early} KB, then {late} KB")
    if late > early + GROWTH_KB:
        yield f"memory grows: {early} KB after a quarter, {late} KB at the end"
    if states[-1][1] != states[0][1]:
        yield f"descriptors: {states[0][1]} at first, {states[-1][1]} at the end"
    for name, count in states[-1][2].items():
        if name not in CACHES and count > max(state[2].get(name, 0) for state in states[: len(states) // 4 + 1]):
            yield f"map {name} grows: {states[0][2].get(name, 0)} entries at first, {count} at the end"
    if begun != done or reader.delivered + reader.lost != done:
        yield f"{done - reader.delivered - reader.lost} of {done} opens are not accounted for"
    if not reader.delivered or not reader.started:
        yield "nothing was seen: nothing is proven"


def main():
    work = Path(tempfile.mkdtemp(prefix="ctrace-soak-"))
    root = Cgroup(mount_point() / f"ctrace-soak-{os.getpid()}")
    try:
        wrong = soak(float(sys.argv[1]), work, root)
    finally:
        root.remove()
        shutil.rmtree(work)
    for what in wrong:
        print(f"soak: {what}", file=sys.stderr)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
