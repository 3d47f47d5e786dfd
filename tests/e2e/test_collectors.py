# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The example configuration of a collector, run for real on a CRI log file."""

import json
import shutil
import subprocess

import pytest

from harness.settings import PATIENCE, TOP
from harness.trace import Trace
from harness.truth import run_program
from harness.wait import wait_until

CRI = b"2026-01-02T03:04:05.678901234Z "


def test_rsyslog_makes_fields_of_a_cri_log(cgroup, work):
    if not shutil.which("rsyslogd"):
        pytest.skip("no rsyslogd here (apt-get install rsyslog)")
    config = TOP / "k8s" / "collectors" / "rsyslog.conf"
    if not config.exists():
        pytest.skip("only the tests are here, not the source")
    log, out = work / "0.log", work / "ctrace.json"
    text = config.read_text(encoding="utf-8")
    for there, here in {
        "/var/log/pods/ctrace_*/ctrace/*.log": log,
        "/var/log/ctrace.json": out,
        "/var/lib/rsyslog": work,
        "/etc/rsyslog.d/ctrace.rulebase": config.with_suffix(".rulebase"),
    }.items():
        assert text.count(there) == 1
        text = text.replace(there, str(here))
    (work / "rsyslog.conf").write_text(text, encoding="utf-8")

    long_name = "/none/" + "x" * 4000
    with Trace("--cgroup", cgroup, "--comm", "opener") as trace:
        run_program(cgroup, "opener", "openat", "/etc/passwd", '/none/"quoted" \\', long_name)
    lines = [CRI + b"stderr F ctrace: tracing 1 container\n"]
    lines += [CRI + b"stdout F " + line for _, line in trace.lines]
    log.write_bytes(b"".join(lines))

    argv = ["rsyslogd", "-n", "-i", work / "pid", "-f", work / "rsyslog.conf"]
    server = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    try:
        wait_until(
            lambda: out.exists() and out.read_bytes().count(b"\n") >= len(trace.events),
            "rsyslog has not read it all",
            30,
        )
    finally:
        server.terminate()
        server.wait(30 * PATIENCE)
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == len(trace.events)
    for row, event in zip(rows, trace.events):
        assert row["time"] == event["time"] and row["type"] == "open"
        assert row["path"] == event["file"]["path"]
        assert row["comm"] == "opener"
        assert row.get("error", "") == event.get("error", "")
