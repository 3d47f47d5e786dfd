# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Real records of a container's programs, recorded once and replayed a few million times: the user side alone."""

import json
import os
import subprocess

import tracers

REPLAY = tracers.BUILD / "bench" / "replay"
RECORDS = tracers.BUILD / "bench" / "records"
# Opens of every sort: found and not, short and deep.
PROGRAMS = (
    ["/usr/bin/python3", "-c", "import json, http.client, sqlite3, xml.dom.minidom, asyncio, multiprocessing"],
    ["/bin/sh", "-c", "find /etc -type f -size -4k 2>/dev/null | head -300 | xargs cat > /dev/null 2>&1"],
    ["/bin/ls", "-lR", "/usr/share/doc/libc6", "/nowhere"],
)
CONTAINER_ID = f"bec0{os.getpid():060x}"


def record(container):
    process = subprocess.Popen([REPLAY, "--container", CONTAINER_ID], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, env={**os.environ, "CTRACE_RECORD": str(RECORDS)})
    line = process.stderr.readline()
    if "tracing" not in line:
        raise RuntimeError(f"ctrace does not trace: {line}{process.stderr.read()}")
    for argv in PROGRAMS:
        container.run(*argv)
    process.terminate()
    process.communicate()


def play(events):
    done = subprocess.run([REPLAY, "--container", CONTAINER_ID, "--count", str(events), "--output", "/dev/null"],
                          stderr=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, "CTRACE_REPLAY": str(RECORDS)})
    return json.loads(next(line for line in done.stderr.splitlines() if line.startswith("{")))


def run(parent, events=5_000_000, times=3):
    docker = parent.child("docker")
    container = docker.child(CONTAINER_ID)
    record(container)
    ns = [result["cpu_ns"] / result["events"] for result in (play(events) for _ in range(times))]
    container.remove()
    docker.remove()
    return {"events": events * times, "cpu_ns_per_event": min(ns), "events_per_cpu_second": 1e9 / min(ns),
            "recorded_bytes": RECORDS.stat().st_size}
