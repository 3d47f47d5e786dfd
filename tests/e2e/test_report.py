# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""`ctrace report`: what was traced, as a page."""

import collections
import json
import os
import pty
import signal
import struct
import subprocess
from pathlib import Path

import pytest

from harness import settings
from harness.page import Page
from harness.report import report
from harness.settings import PATIENCE, TOP
from harness.trace import Trace, run_ctrace
from harness.wait import wait_until

MAKE_EVENTS = TOP / "tests" / "make-events"


def page_of(work, *args):
    report(*args, "--output", work / "report.html")
    return Page(work / "report.html")


def opens_in(events):
    lines = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line["type"] == "open"]


# --- the page -------------------------------------------------------------------------


def test_page_has_every_open_of_a_recording(recorded, work):
    script = "cat /etc/passwd /etc/passwd /nothing; echo > %s; ls /etc >&2" % (work / "written")
    events = recorded("sh", "-c", script)
    (box,) = page_of(work, events).containers
    opens = opens_in(events)
    told = collections.Counter(
        (event["file"].get("path"), event["process"]["exe"], event.get("error"))
        for event in opens
        if event["file"].get("path", "").startswith("/")
    )
    shown = collections.Counter()
    for fact in box.facts:
        if fact["path"]:
            shown[fact["path"], fact["exe"], fact["error"]] += fact["count"]
    assert shown == told
    assert box.json["opens"] == box.count() == len(opens)
    assert box.json["failed"] == sum("error" in event for event in opens)
    assert box.count(path=str(work / "written"), writes=True) == 1
    assert box.count(path="/nothing", error="ENOENT") == 1


def test_page_needs_nothing_else(recorded, work):
    page = page_of(work, recorded("true"))
    for outside in ("http:", "https:", "src=", "@import", "url("):
        assert outside not in page.text.replace("http://www.w3.org/2000/svg", "")


def test_report_of_what_is_traced_now(cgroup, work):
    with Trace("report", "--cgroup", cgroup, "--output", work / "report.html") as trace:
        for _ in range(7):
            cgroup.run("cat", "/etc/passwd")
    assert trace.status == 0, trace.stderr
    (box,) = Page(work / "report.html").containers
    assert box.count(path="/etc/passwd", error=None) == 7


def test_report_of_a_live_container_knows_its_name(docker, docker_container, work):
    name, _ = docker_container("while :; do cat /etc/passwd; sleep 0.1; done")
    argv = ["--container", name, "--duration", "2s", *docker.runtime_root]
    with Trace("report", *argv, "--output", work / "report.html") as trace:
        trace.wait_end()
    assert trace.status == 0, trace.stderr
    box = Page(work / "report.html").container(name)
    assert box.json["labels"]["runtime"] == "docker"
    assert box.count(path="/etc/passwd") > 5
    assert sum(box.json["bars"][1::4]) == box.json["opens"]


def test_signal_to_one_process_ends_both(cgroup, work):
    """As from systemd or kill(1); the page of what was seen is made."""
    with Trace("report", "--cgroup", cgroup, "--output", work / "report.html") as trace:
        cgroup.run("cat", "/etc/passwd")
        trace.stop(by=signal.SIGTERM)
    assert trace.status == 0, trace.stderr
    assert Page(work / "report.html").containers[0].count(path="/etc/passwd") == 1


def children_of(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_tracer_ends_with_its_reader(cgroup, work):
    with Trace("report", "--cgroup", cgroup, "--output", work / "report.html", wait=True) as trace:
        (tracer,) = children_of(trace.pid)
        trace.kill()
        wait_until(lambda: not Path(f"/proc/{tracer}").exists(), "the tracer goes on")


def test_tracer_that_is_killed_is_told(cgroup, work):
    with Trace("report", "--cgroup", cgroup, "--output", work / "report.html") as trace:
        os.kill(int(children_of(trace.pid)[0]), signal.SIGKILL)
        assert trace.wait_end() == 1
    assert "was ended by signal 9" in trace.stderr


@pytest.mark.skipif(settings.NO_SANDBOX, reason="the sandbox is switched off")
def test_both_processes_are_in_the_sandbox(cgroup, work):
    with Trace("report", "--cgroup", cgroup, "--output", work / "report.html") as trace:
        for pid in [trace.pid, *children_of(trace.pid)]:
            status = Path(f"/proc/{pid}/status").read_text()
            assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status


def test_stdin(recorded, work):
    events = recorded("cat", "/etc/passwd")
    argv = [settings.CTRACE, "report", "-", "--output", work / "report.html"]
    with events.open("rb") as stream:
        subprocess.run(argv, stdin=stream, check=True, timeout=20 * PATIENCE)
    assert Page(work / "report.html").containers[0].count(path="/etc/passwd") == 1


def test_page_on_stdout(recorded):
    assert report(recorded("true")).stdout.startswith("<!doctype html>")


# --- input that is not as it should be ---------------------------------------------------


LOST = '{"type":"lost","time":"2026-01-02T03:04:06.000000000Z","count":12,"reason":"ring_full"%s}\n'


def test_losses_are_in_the_page(recorded, work):
    events = recorded("true")
    with events.open("a") as more:
        more.write(LOST % ',"container":{"name":"web"}')
        more.write(LOST % "")
    page = page_of(work, events)
    assert page.container("web").json["lost"] == {"ring_full": 12}
    assert page.data["lost"] == {"ring_full": 12}


def test_lines_that_are_not_events(recorded, work):
    events = recorded("true")
    opens = len(opens_in(events))
    good = events.read_text()
    events.write_text(f'{good}\n{{"type":"later"}}\n{{"type":\nno\n{"x" * 70000}\n')
    done = report(events, "--output", work / "report.html")
    first = good.count("\n") + 3
    assert f"3 lines of '{events}' are not ctrace's; the first is line {first}: not JSON" in done.stderr
    page = Page(work / "report.html")
    assert page.data["invalid"] == 3
    assert page.data["other_types"] == 1
    assert page.containers[0].json["opens"] == opens


@pytest.mark.parametrize("content", ["", "\n\n", "not json\n", '{"type":"later"}\n'])
def test_nothing_to_report(work, content):
    (work / "events").write_text(content)
    done = run_ctrace("report", work / "events", "--output", work / "page")
    assert done.returncode == 1
    assert f"no events in '{work}/events'" in done.stderr


def test_file_that_is_not_there(work):
    done = run_ctrace("report", work / "none", "--output", work / "page")
    assert done.returncode == 1
    assert f"open '{work}/none': No such file or directory" in done.stderr


@pytest.mark.parametrize(
    "args, named",
    [
        (["--profile", "seccomp", "x"], "'seccomp' is not one of: paths, json"),
        (["--image-root", "/", "x"], "--image-root goes with --profile"),
        (["--cgroup", "/x", "y"], "--cgroup is for tracing"),
        (["--profile", "apparmor", "--image-root", "/", "x"], "--image-root goes with"),
    ],
)
def test_wrong_command_line(args, named):
    done = run_ctrace("report", *args)
    assert done.returncode == 2
    assert named in done.stderr


def test_pipe_without_a_dash_is_told_the_remedy():
    argv = [settings.CTRACE, "report"]
    done = subprocess.run(argv, input=b"{}", capture_output=True, check=False, timeout=20 * PATIENCE)
    assert done.returncode == 2
    assert b"ctrace report -" in done.stderr


def test_page_is_not_written_to_a_terminal(recorded):
    events = recorded("true")
    master, slave = pty.openpty()
    argv = [settings.CTRACE, "report", events]
    done = subprocess.run(argv, stdout=slave, stderr=subprocess.PIPE, check=False, timeout=20 * PATIENCE)
    os.close(slave)
    os.close(master)
    assert done.returncode == 2
    assert b"--output report.html" in done.stderr


def test_full_disk_is_told(recorded):
    done = run_ctrace("report", recorded("true"), "--output", "/dev/full")
    assert done.returncode == 1
    assert "No space left on device" in done.stderr


def test_one_container_of_a_recording(work):
    events = work / "events"
    events.write_bytes(subprocess.check_output([MAKE_EVENTS, "500"]))
    page = page_of(work, events, "--container", "db")
    (box,) = page.containers
    assert box.json["labels"]["name"] == "db"
    done = run_ctrace("report", events, "-c", "nobody", "-O", work / "p")
    assert done.returncode == 1
    assert f"no events of the chosen containers in '{events}'" in done.stderr


# --- size, time, progress -----------------------------------------------------------------


# A process's peak of memory begins with that of who started it, so somebody small has to.
MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def measured(events, page, *options):
    """Runs a report; returns (seconds of the processor, kilobytes of memory)."""
    command = [settings.CTRACE, "report", events, "--output", page, *options]
    done = subprocess.run(
        ["/usr/bin/python3", "-c", MEASURE, *map(str, command)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds, kilobytes = done.stdout.split()
    return float(seconds), int(kilobytes)


def make_events(path, count):
    with path.open("wb") as out:
        subprocess.run([MAKE_EVENTS, str(count)], stdout=out, check=True)


def test_many_events(work):
    make_events(work / "events", 50000)
    seconds, kilobytes = measured(work / "events", work / "page")
    assert seconds < 3 * PATIENCE
    assert kilobytes < 100_000
    page = Page(work / "page")
    assert sum(box.count() for box in page.containers) == 50000
    assert (work / "page").stat().st_size < 5_000_000


@pytest.mark.slow
def test_a_million_events(work):
    make_events(work / "events", 1_000_000)
    seconds, kilobytes = measured(work / "events", work / "page")
    assert seconds < 20 * PATIENCE
    assert kilobytes < 100_000
    assert sum(box.count() for box in Page(work / "page").containers) == 1_000_000
    assert (work / "page").stat().st_size < 5_000_000


HOSTILE = (
    '{"time":"2026-01-02T03:04:05.678901234Z","type":"open","container":{"name":"c%d"},'
    '"process":{"pid":1,"exe":"/%s%d"},"file":{"path":"/%s/%s%d","flags":["O_RDONLY"]},"error":"E%d"}\n'
)


@pytest.mark.slow
def test_hostile_events_are_bounded(work):
    """Each open another container, file, executable and error, with long names."""
    with (work / "events").open("w") as out:
        for i in range(400_000):
            out.write(HOSTILE % (i % 3000, "e" * 200, i, "d" * 250, "n" * 240, i, i))
    _, kilobytes = measured(work / "events", work / "page")
    assert kilobytes < 500_000
    assert (work / "page").stat().st_size < 5_000_000
    page = Page(work / "page")
    assert sum(box.count() for box in page.containers) == 400_000
    assert page.data["reached"] == {"containers": True, "files": True, "exes": True, "facts": False}


MADE = (
    '{"time":"2026-01-02T03:04:05.678901234Z","type":"open","container":{"name":"c"},'
    '"process":{"pid":1,"exe":"%s"},"file":{"path":"%s","flags":["O_WRONLY","O_CREAT"]},"fd":3}\n'
)


def test_files_made_in_many_directories(work):
    """Each of those is asked how many were made in it: that must not take a look at all files."""
    with (work / "events").open("w") as out:
        for number in range(40_000):
            out.write(MADE % ("/x", f"/{'d' * 100}/{number}/f"))
    seconds, _ = measured(work / "events", work / "profile", "--profile", "apparmor")
    assert seconds < 3 * PATIENCE
    assert (work / "profile").read_text().count('/f" w,') == 40_000


def test_paths_that_begin_with_each_other(work):
    """Each may be the directory of those behind it."""
    longest = "/" + "a" * 3900
    with (work / "events").open("w") as out:
        for path in (*(longest[:end] for end in range(2, 3900)), *(f"{longest}{n}" for n in range(12_000))):
            out.write(MADE % ("/x", path))
    seconds, _ = measured(work / "events", work / "profile", "--profile", "paths")
    assert seconds < 4 * PATIENCE


def test_profiles_of_many_containers(work):
    """One of them has many files, far down: those are not looked for again for each of the others."""
    with (work / "events").open("w") as out:
        for number in range(500):
            out.write(MADE.replace('"c"', f'"c{number}"') % ("/x", "/etc/x"))
        for number in range(40_000):
            out.write(MADE % ("/x", f"{'/d' * 60}/{number}"))
    seconds, _ = measured(work / "events", work / "profile", "--profile", "paths")
    assert seconds < 3 * PATIENCE


def test_program_in_an_image_that_says_it_is_huge(work):
    """Its headers are whatever its container wrote; a file with holes has room for any of them."""
    sections, at = 1_500_000, 4096
    header = struct.pack("<4s12x HHIQQQIHHHHHH", b"\x7fELF", 2, 62, 1, 0, 64, at, 0, 64, 56, 0xFFFF, 64, 0, 0)
    header = header[:4] + bytes([2, 1, 1]) + header[7:]
    (work / "bin").mkdir()
    with (work / "bin" / "x").open("wb") as program:
        program.write(header)
        program.seek(at)
        program.write(struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, sections, 0, sections, 0, 0))
        program.truncate(at + 64 * sections)
    (work / "events").write_text(MADE % ("/bin/x", "/etc/x"))
    options = ("--profile", "paths", "--image-root", work)
    _, kilobytes = measured(work / "events", work / "profile", *options)
    assert kilobytes < 200_000


def stderr_of(argv, terminal):
    """What a command writes to stderr, which is a terminal or a pipe."""
    if not terminal:
        done = subprocess.run(argv, capture_output=True, check=True, timeout=60 * PATIENCE)
        return done.stderr
    master, slave = pty.openpty()
    subprocess.run(argv, stderr=slave, stdout=subprocess.DEVNULL, check=True, timeout=60 * PATIENCE)
    os.close(slave)
    said = b""
    try:
        while more := os.read(master, 65536):
            said += more
    except OSError:  # the terminal is closed on the other side
        pass
    os.close(master)
    return said


def test_progress_on_a_terminal_only(work):
    make_events(work / "few", 10_000)
    (work / "events").write_bytes((work / "few").read_bytes() * 30)  # it tells after 300 ms
    argv = [settings.CTRACE, "report", work / "events", "--output", work / "page"]
    assert stderr_of(argv, terminal=False) == b""
    said = stderr_of(argv, terminal=True)
    assert b"lines, " in said and b" %" in said
    assert said.endswith(b"\r\x1b[K"), said[-80:]


def test_progress_through_an_image(recorded, work):
    for number in range(40_000):
        (work / f"{number}").touch()
    argv = [settings.CTRACE, "report", recorded("true"), "--profile", "paths", "--image-root", work, "--output", "/dev/null"]
    assert stderr_of(argv, terminal=False) == b""
    said = stderr_of(argv, terminal=True)
    assert f"ctrace: {work}: ".encode() in said and b" %" in said
    assert said.endswith(b"\r\x1b[K"), said[-80:]
