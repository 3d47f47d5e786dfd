# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The example configuration of a collector, run for real on a CRI log file."""

import json
import re
import shutil
import subprocess

import pytest

from harness.settings import PATIENCE, TOP
from harness.trace import Trace
from harness.truth import run_program
from harness.wait import wait_until

yaml = pytest.importorskip("yaml", reason="no YAML for Python here (apt-get install python3-yaml)")

PODS = "/var/log/pods/ctrace_*/ctrace/*.log"
CRI = b"2026-01-02T03:04:05.678901234Z "


def shipped(name):
    path = TOP / "k8s" / "collectors" / name
    if not path.exists():
        pytest.skip("only the tests are here, not the source")
    return path


def test_rsyslog_makes_fields_of_a_cri_log(cgroup, work):
    if not shutil.which("rsyslogd"):
        pytest.skip("no rsyslogd here (apt-get install rsyslog)")
    config = shipped("rsyslog.conf")
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


def settings_of(name):
    return yaml.safe_load(shipped(name).read_text(encoding="utf-8"))


def test_fluent_bit_reads_whole_lines_of_our_pods():
    """Fluent Bit itself is not in Debian 12: that its file is YAML and says what it must."""
    config = settings_of("fluent-bit.yaml")
    pipeline = config["pipeline"]
    assert config["parsers"] == [{"name": pipeline["filters"][1]["parser"], "format": "json"}]
    (tail,) = pipeline["inputs"]
    assert tail["path"] == PODS and tail["parser"] == "cri"
    assert int(tail["buffer_max_size"].removesuffix("k")) > 16
    assert {part["match"] for part in pipeline["filters"] + pipeline["outputs"]} == {tail["tag"]}


def vector_pattern():
    config = settings_of("vector.yaml")
    source = config["sources"]["ctrace_files"]
    assert source["include"] == [PODS] and source["max_line_bytes"] > 17 << 10
    for part in (*config["transforms"].values(), *config["sinks"].values()):
        assert set(part["inputs"]) <= {*config["sources"], *config["transforms"]}
    return re.search(r"parse_regex!\(\.message, r'(.*)'\)", config["transforms"]["ctrace"]["source"])[1]


def opentelemetry_pattern():
    config = settings_of("opentelemetry.yaml")
    reader = config["receivers"]["filelog"]
    assert reader["include"] == [PODS] and int(reader["max_log_size"].removesuffix("KiB")) > 16
    logs = config["service"]["pipelines"]["logs"]
    assert logs["receivers"] == list(config["receivers"])
    assert logs["exporters"] == list(config["exporters"])
    return reader["operators"][0]["regex"]


@pytest.mark.parametrize("pattern_of", [vector_pattern, opentelemetry_pattern])
def test_pattern_finds_the_event_in_a_cri_line(pattern_of, cgroup):
    """Neither collector is in Debian 12: that its file is YAML, and its pattern on real lines."""
    pattern = re.compile(pattern_of())
    with Trace("--cgroup", cgroup, "--comm", "opener") as trace:
        run_program(cgroup, "opener", "openat", "/etc/passwd", '/none/"quoted" \\')
    assert trace.lines
    for (_, line), event in zip(trace.lines, trace.events):
        found = pattern.fullmatch((CRI + b"stdout F " + line).decode().rstrip("\n"))
        assert json.loads(found["line"]) == event
    other = pattern.fullmatch((CRI + b"stderr F ctrace: tracing 1 container").decode())
    assert other is None or other["stream"] == "stderr"
