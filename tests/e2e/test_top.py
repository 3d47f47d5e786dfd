# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""ctrace top: the screen on a terminal, with real keys, and the text elsewhere."""

import contextlib
import re
import signal
import subprocess
import time

import pytest

from harness import settings
from harness.settings import program
from harness.trace import Trace, command_line
from harness.wait import wait_until

pytest.importorskip("pyte", reason="no terminal emulator here: python3-pyte")
# pylint: disable=wrong-import-position
from harness.terminal import Terminal

# What is opened, ten times a second: a file, one that is not there, one that is written.
BUSY = 'while :; do true <"$0/read-me"; true <"$0/no-such"; true >"$0/written"; sleep 0.1; done 2>/dev/null'


@contextlib.contextmanager
def running(group, *argv):
    process = subprocess.Popen(
        group.join(list(map(str, argv))), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def busy(lxc, work):
    """A container that opens things all the time."""
    box = lxc()
    (work / "read-me").touch()
    with running(box, "sh", "-c", BUSY, work):
        yield box


def top(*args, **kwargs):
    return Terminal(command_line(["top", "--interval", "0.5", *args]), **kwargs)


def is_restored(terminal):
    """The modes of before, and not the alternate screen."""
    return terminal.modes()[:4] == terminal.before[:4] and terminal.data.rstrip().endswith(
        (b"\x1b[?1049l", b"\x1b[?1l\x1b>", b"\x1b[23;0;0t")
    )


def test_the_screen(busy, work):
    with top("--container", busy.name, rows=40) as screen:
        screen.wait_for("1 container: ", busy.name, "POD, IMAGE", "by opens/s")
        screen.press("\r")
        screen.wait_for(f"{busy.name}: [1 paths]", "PATH", "/read-me", "/written", "/no-such")
        screen.press("2")
        screen.wait_for("[2 failing]", "ENOENT ", "/no-such")
        assert "/read-me" not in screen.text
        screen.press("\t")
        screen.wait_for("[3 processes]", "COMMAND", " sh")
        screen.press("1/read")
        screen.wait_for("[1 paths]", "filter: read_", "/read-me")
        assert "/written" not in screen.text
        screen.press("-me\r")
        screen.wait_for("filter: read-me ")
        screen.press("\x1b")
        screen.wait_for("/written")
        screen.press("\x1b")
        screen.wait_for("POD, IMAGE", busy.name)
        screen.press("f")
        screen.wait_for("by failed/s")
        screen.press("h")
        screen.wait_for("Ctrl-C")
        screen.press("x")
        screen.wait_for("POD, IMAGE")
        screen.press("q")
        assert screen.end() == 0
        assert is_restored(screen)


def test_a_cgroup_has_its_own_name(cgroup, work):
    with running(cgroup, "sh", "-c", BUSY, work), top("--cgroup", cgroup, columns=120) as screen:
        screen.wait_for(f"  {cgroup.path.name} ", f"/{cgroup.path.name}")


def test_pause(busy):
    with top("--container", busy.name) as screen:
        screen.wait_for(busy.name)
        screen.press("p")
        screen.wait_for("PAUSED")
        time.sleep(0.3)
        before = screen.lines
        time.sleep(1.5)
        assert screen.lines == before
        screen.press(" ")
        wait_until(lambda: screen.lines[3:] != before[3:], "goes on")
        assert "PAUSED" not in screen.text


def test_a_resize_is_followed(busy):
    with top("--container", busy.name, rows=24, columns=80) as screen:
        screen.wait_for(busy.name, "POD, IMAGE")
        screen.resize(10, 45)
        wait_until(lambda: screen.lines[9].startswith("q quit"), "the last line")
        assert "POD, IMAGE" not in screen.text
        screen.resize(50, 200)
        screen.wait_for("POD, IMAGE", busy.name)
        wait_until(lambda: screen.lines[49].startswith("q quit"), "the last line")


@pytest.mark.parametrize("how", ["q", "\x03", signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_end(busy, how):
    with top("--container", busy.name) as screen:
        screen.wait_for(busy.name)
        if isinstance(how, str):
            screen.press(how)
        else:
            screen.process.send_signal(how)
        assert screen.end() == 0
        assert is_restored(screen)


def test_the_terminal_goes(busy):
    with top("--container", busy.name) as screen:
        screen.wait_for(busy.name)
        screen.hang_up()
        assert screen.end() == 0


def test_a_hostile_name_is_shown_escaped(busy, work):
    bad = work / "bad\x1b[31m\u202e"
    bad.touch()
    with top("--container", busy.name) as screen:
        screen.wait_for(busy.name)
        subprocess.run(busy.join(["cat", str(bad)]), check=True)
        screen.press("\r/bad\r")
        screen.wait_for(r"bad\x1b[31m\u202e")
        assert b"bad\x1b" not in screen.data and "\u202e".encode() not in screen.data


def test_colour_only_where_it_is_wanted(busy, work):
    for env, wanted in ({}, {"red", "brown"}), ({"NO_COLOR": "1"}, set()):
        with top("--container", busy.name, term="xterm-256color", rows=40, **env) as screen:
            screen.wait_for(busy.name)
            screen.press("\r/ct-\r")  # what is in the folder of this test
            screen.wait_for("/no-such", "/written", "/read-me")
            wait_until(lambda: screen.lines[3].split()[0] != "-", "rates")
            found = screen.colours("/no-such") | screen.colours("/written")
            assert found - {"default"} == wanted
            assert screen.colours("/read-me") == {"default"}


def test_an_unknown_terminal_gets_text(busy):
    with top("--container", busy.name, term="no-such-terminal") as screen:
        screen.wait_for("no-such-terminal", "1 container: ", "OPENS/S", busy.name)
        screen.press("\x03")
        assert screen.end() == 0


# --- text ---------------------------------------------------------------------------------


def numbers(text, name):
    """(opens a second, failed, to write, opens in all) of each block."""
    rows = re.findall(rf"^ *(\S+) +(\S+) +(\S+) +(\d+)  {re.escape(name)}", text, re.M)
    return [tuple(float(n) if n != "-" else 0.0 for n in row) for row in rows]


def text_of(*args, timeout=30):
    return subprocess.run(
        command_line(["top", *args]),
        capture_output=True,
        text=True,
        check=True,
        timeout=timeout * settings.PATIENCE,
        stdin=subprocess.DEVNULL,
    )


def test_text_where_there_is_no_terminal(busy):
    done = text_of("--container", busy.name, "--interval", "1", "--duration", "3.5")
    blocks = numbers(done.stdout, busy.name)
    assert len(blocks) == 4  # one of the half second at the end
    assert "\x1b" not in done.stdout
    opens, failed, writes, _ = blocks[1]
    assert opens > failed > 0 and opens > writes > 0
    assert done.stdout.count("OPENS/S") == 4 and "0 lost" in done.stdout


def test_counts_are_exact(lxc, work):
    """Far more than are reported one by one, and all of them counted."""
    box = lxc()
    (work / "f").touch()
    with Trace("top", "--container", box.name, "--interval", "0.5", "--wait") as trace:
        subprocess.run(box.join([program("load"), "burst", "30000", str(work / "f")]), check=True)
        subprocess.run(box.join([program("load"), "unique", "5000", str(work / "u")]), check=True)
    text = b"".join(line for _, line in trace.lines).decode()
    total = numbers(text, box.name)[-1][3]
    # and those of sh and the loader, a few dozen
    assert 35000 <= total <= 35200
    assert "lost" in text and re.search(r"; 0 lost", text)


def test_its_reader_goes(busy):
    argv = command_line(["top", "--container", busy.name, "--interval", "0.2"])
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(10 * settings.PATIENCE) == 0


def test_a_container_that_comes_and_goes(lxc, busy):
    other = lxc()
    args = ["--container", busy.name, "--container", other.name, "--interval", "0.5", "--wait"]
    with Trace("top", *args) as trace:
        subprocess.run(other.join(["true"]), check=True)
        time.sleep(1.5)
        seen = b"".join(line for _, line in trace.lines).decode()
        assert numbers(seen, other.name)
        other.remove()
        time.sleep(2.5)
        count = len(trace.lines)
        time.sleep(1)
        after = b"".join(line for _, line in trace.lines[count:]).decode()
        assert numbers(after, busy.name) and not numbers(after, other.name)
