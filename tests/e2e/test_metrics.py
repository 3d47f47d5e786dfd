# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""--listen: /metrics, /healthz and /readyz, for friends and for others."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from harness.http import free_port, http_get
from harness.settings import PATIENCE, TOP
from harness.trace import Trace, run_ctrace
from harness.truth import run_program
from harness.wait import wait_until


@pytest.fixture
def port():
    return free_port()


def samples(port):
    """{'name{labels}': value}"""
    status, text = http_get(port, "/metrics")
    assert status == 200
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    assert len(dict(lines)) == len(lines), "a series comes twice"
    return {name: float(value) for name, value in lines}


def listening(cgroup, port, *args, **kwargs):
    return Trace("--cgroup", cgroup, "--listen", f"127.0.0.1:{port}", *args, **kwargs)


def test_metrics_count_what_was_written(cgroup, port):
    with listening(cgroup, port, "--comm", "load") as trace:
        run_program(cgroup, "load", "burst", "1000", "/etc/passwd")
        series = f'ctrace_container_events_total{{container="cgroup-{cgroup.id}"}}'
        # the load's, and the kernel's of its program
        wait_until(lambda: samples(port)["ctrace_events_total"] >= 1001, "the opens in the sum")
        seen = samples(port)
        trace.stop()
    assert seen["ctrace_events_total"] == seen[series] == len(trace.opens())
    assert seen["ctrace_lost_total"] == 0
    assert seen["ctrace_containers"] == 1
    assert seen["ctrace_ready"] == 1
    assert seen["ctrace_ring_bytes"] == 8 << 20
    (build,) = [name for name in seen if name.startswith("ctrace_build_info{")]
    version = run_ctrace("--version").stdout.split()[1]
    assert f'version="{version}"' in build
    assert re.search(rf'backend="({re.search(r"[(](.*) backend", trace.stderr)[1]})"', build)


def test_metrics_count_losses_and_what_is_suppressed(cgroup, port):
    options = ("--buffer-size", "4096", "--dedup", "1h", "--summary", "100ms")
    with listening(cgroup, port, *options) as trace:
        os.kill(trace.pid, signal.SIGSTOP)
        run_program(cgroup, "load", "unique", "1000", "/none/")
        os.kill(trace.pid, signal.SIGCONT)
        trace.wait_line(b'"lost"', "the loss")
        run_program(cgroup, "load", "burst", "100", "/etc/passwd")
        wait_until(lambda: samples(port)["ctrace_suppressed_total"] >= 100, "what is suppressed")
        seen = samples(port)
        trace.stop()
    assert trace.lost == seen["ctrace_lost_total"] > 0
    label = f'{{container="cgroup-{cgroup.id}"}}'
    assert seen[f"ctrace_container_lost_total{label}"] == trace.lost
    suppressed = sum(e["suppressed"] for e in trace.events if e["type"] == "summary")
    assert seen[f"ctrace_container_suppressed_total{label}"] == suppressed


def test_series_are_bounded_and_end_with_the_cgroup(cgroup, port):
    groups = [cgroup.child(f"g{number}") for number in range(260)]
    words = [word for group in groups for word in ("--cgroup", group)]
    with Trace(*words, "--listen", f"127.0.0.1:{port}", "--comm", "load") as trace:
        for group in groups:
            run_program(group, "load", "burst", "1", "/etc/passwd")
        # each of them opens its file, and the kernel the program
        wait_until(lambda: samples(port)["ctrace_events_total"] >= 520, "the opens in the sum")
        seen = samples(port)
        assert seen["ctrace_events_total"] == 520
        series = [name for name in seen if name.startswith("ctrace_container_events_total")]
        assert len(series) == 257
        assert seen['ctrace_container_events_total{container="other"}'] >= 4
        assert sum(seen[name] for name in series) == seen["ctrace_events_total"]
        groups[0].remove()
        gone = f'ctrace_container_events_total{{container="cgroup-{groups[0].id}"}}'
        wait_until(lambda: gone not in samples(port), "the series goes on")
        assert samples(port)["ctrace_events_total"] == 520
        trace.stop()


def test_series_end_with_cgroups_that_went_unseen(cgroup, port):
    """The records that say so found no room in the ring: a page has some for a few of them."""
    stays, *leave = groups = [cgroup.child(f"g{number}") for number in range(60)]
    words = [word for group in groups for word in ("--cgroup", group)]
    series = [f'ctrace_container_events_total{{container="cgroup-{group.id}"}}' for group in groups]
    with Trace(*words, "--listen", f"127.0.0.1:{port}", "--buffer-size", "4096") as trace:
        for group in groups:
            run_program(group, "load", "burst", "1", "/etc/passwd")
        wait_until(lambda: samples(port).keys() >= set(series), "the opens of each")
        os.kill(trace.pid, signal.SIGSTOP)
        run_program(stays, "load", "burst", "1000", "/etc/passwd")
        for group in leave:
            group.remove()
        time.sleep(1.5)  # and meanwhile it is due to look which have ended
        os.kill(trace.pid, signal.SIGCONT)
        wait_until(lambda: samples(port).keys().isdisjoint(series[1:]), "a series goes on")
        assert series[0] in samples(port)
        trace.stop()


def test_ready_only_once_live_and_not_when_stuck(cgroup, port):
    with listening(cgroup, port, wait=False) as trace:
        answers = []

        def ask():
            try:
                answers.append(http_get(port, "/readyz")[0])
            except OSError:
                return False
            return trace.live() or trace.process.poll() is not None

        wait_until(ask, "ctrace does not start", 30)
        wait_until(lambda: http_get(port, "/readyz") == (200, "ok\n"), "it does not become ready")
        assert http_get(port, "/healthz") == (200, "ok\n")
        assert set(answers) <= {503, 200}
        assert answers == sorted(answers, reverse=True), "ready before it was live"


def test_container_names_are_labels(docker, docker_container, port):
    name, full = docker_container("while :; do cat /etc/motd; sleep 0.1; done")
    with Trace(
        *docker.runtime_root, "--container", name, "--listen", f"127.0.0.1:{port}"
    ) as trace:
        series = f'ctrace_container_events_total{{container="{name}",id="{full[:12]}"}}'
        wait_until(lambda: samples(port).get(series, 0) > 0, f"no {series}")
        trace.stop()


@pytest.mark.parametrize(
    "request_text, status",
    [
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
        (b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
        (b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", b"50|40"),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 10000 + b"\r\n\r\n", b"40"),
        (b"\x16\x03\x01\x00\xff" * 20 + b"\r\n\r\n", b"40|^$"),
    ],
)
def test_odd_requests(cgroup, port, request_text, status):
    with listening(cgroup, port):
        with socket.create_connection(("127.0.0.1", port), 5 * PATIENCE) as client:
            client.sendall(request_text)
            answer = b""
            try:
                while part := client.recv(4096):
                    answer += part
            except ConnectionResetError:
                pass
        first = answer.split(b"\r\n")[0]
        assert re.search(status, first.partition(b" ")[2]), first
        assert http_get(port, "/healthz")[0] == 200


def test_slow_clients_neither_block_nor_pile_up(cgroup, port):
    """Hundreds that say nothing: others are answered, few descriptors stay."""
    with listening(cgroup, port) as trace:
        before = len(os.listdir(f"/proc/{trace.pid}/fd"))
        slow = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(300)]
        for client in slow[::7]:
            try:
                client.sendall(b"GET /metr")
            except OSError:
                pass  # its place was taken
        assert http_get(port, "/healthz")[0] == 200
        wait_until(
            lambda: len(os.listdir(f"/proc/{trace.pid}/fd")) <= before + 33, "they pile up"
        )
        (told,) = run_program(cgroup, "load", "burst", "1000", "/etc/passwd")
        assert http_get(port, "/healthz")[0] == 200
        for client in slow:
            client.close()
        trace.stop()
    assert sum(e["file"]["path"] == "/etc/passwd" for e in trace.opens()) >= told["done"]


def test_idle_clients_are_closed(cgroup, port):
    with listening(cgroup, port):
        with socket.create_connection(("127.0.0.1", port), 20 * PATIENCE) as client:
            start = time.monotonic()
            assert client.recv(100) == b""
            assert time.monotonic() - start < 15 * PATIENCE


def test_reader_that_stopped_leaves_it_healthy(cgroup, port):
    reader, writer = os.pipe()
    with listening(cgroup, port, stdout=writer) as trace:
        os.close(writer)
        run_program(cgroup, "load", "burst", "2000", "/etc/passwd")
        time.sleep(0.5)
        assert http_get(port, "/healthz")[0] == 200
        assert samples(port)["ctrace_ring_used_bytes"] >= 0
        os.close(reader)
        trace.wait_end()


@pytest.mark.parametrize("address", ["9107", "host:9107", "127.0.0.1", "127.0.0.1:0", ":", ""])
def test_bad_address_is_a_usage_error(address):
    done = run_ctrace("--listen", address)
    assert done.returncode == 2
    assert f"--listen: '{address}' is not an address" in done.stderr


def test_address_in_use(cgroup, port):
    with socket.socket() as s:
        s.bind(("127.0.0.1", port))
        s.listen()
        done = run_ctrace("--cgroup", cgroup, "--listen", f"127.0.0.1:{port}")
    assert done.returncode == 1
    assert f"listen on '127.0.0.1:{port}': Address already in use" in done.stderr


def test_every_address(cgroup, port):
    with Trace("--cgroup", cgroup, "--listen", f":{port}"):
        assert http_get(port, "/healthz")[0] == 200


def test_promtool_finds_nothing_to_say(cgroup, port):
    if not shutil.which("promtool"):
        pytest.skip("no promtool here (apt-get install prometheus)")
    with listening(cgroup, port, "--comm", "load"):
        run_program(cgroup, "load", "burst", "10", "/etc/passwd")
        text = http_get(port, "/metrics")[1]
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


PROMETHEUS = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}
scrape_configs:
  - job_name: ctrace
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def test_prometheus_scrapes_it(cgroup, port, work):
    if not shutil.which("prometheus"):
        pytest.skip("no prometheus here (apt-get install prometheus)")
    (work / "prometheus.yml").write_text(PROMETHEUS.format(port=port))
    own = free_port()
    argv = ["prometheus", f"--config.file={work}/prometheus.yml"]
    argv += [f"--storage.tsdb.path={work}/data", f"--web.listen-address=127.0.0.1:{own}"]

    def value(query):
        try:
            status, text = http_get(own, "/api/v1/query?query=" + query)
        except OSError:
            return None
        if status != 200:  # it is still starting
            return None
        result = json.loads(text)["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    with listening(cgroup, port, "--comm", "load") as trace:
        with (work / "log").open("wb") as log:
            server = subprocess.Popen(argv, stdout=log, stderr=log)
        try:
            wait_until(lambda: value("up") == 1, "Prometheus has not scraped", 60)
            run_program(cgroup, "load", "burst", "500", "/etc/passwd")
            wait_until(lambda: (value("ctrace_events_total") or 0) >= 500, "the opens", 20)
        finally:
            server.terminate()
            server.wait(30 * PATIENCE)
        trace.stop()


def test_dashboard_asks_for_what_there_is(cgroup, port):
    path = TOP / "k8s" / "grafana" / "ctrace.json"
    if not path.exists():
        pytest.skip("only the tests are here, not the source")
    dashboard = json.loads(path.read_text(encoding="utf-8"))
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"\bctrace_\w+", target["expr"])
    }
    with listening(cgroup, port):
        families = set(re.findall(r"^# TYPE (\S+)", http_get(port, "/metrics")[1], re.MULTILINE))
    assert asked and asked <= families
