# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""-o table, as people see it: on terminals of several widths, with colours there alone."""

import re
import subprocess

import pytest

from harness.trace import Trace, command_line

RED, YELLOW, PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[m"


# Without a locale to look for: what is shown has to fit on the screen.
ENV = {"PATH": "/usr/bin:/bin"}


def opens(group, *names, write=()):
    """cat, which opens each for reading, and sh, which writes."""
    read = group.join(["cat", *map(str, names)])
    subprocess.run(read, check=False, capture_output=True, env=ENV)
    for name in write:
        subprocess.run(group.join(["sh", "-c", ': >"$0"', str(name)]), check=True, env=ENV)



@pytest.mark.parametrize("args, env, coloured", [
    ([], {}, False),
    (["--color", "auto"], {}, False),
    (["--color", "always"], {}, True),
    (["--color", "always"], {"NO_COLOR": "1"}, True),
    (["--color", "never"], {}, False),
])  # fmt: skip
def test_a_pipe_has_colours_only_if_told(cgroup, work, args, env, coloured, monkeypatch):
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with Trace("--cgroup", cgroup, "-o", "table", *args) as trace:
        opens(cgroup, work / "no-such", write=[work / "written"])
    text = b"".join(line for _, line in trace.lines).decode()
    failed = next(line for line in text.splitlines() if "/no-such" in line)
    written = next(line for line in text.splitlines() if "/written" in line)
    assert failed.startswith(RED) == coloured and written.startswith(YELLOW) == coloured
    assert failed.endswith(PLAIN) == coloured
    assert ("\x1b" in text) == coloured


@pytest.fixture
def table(cgroup):
    """table(columns) is a terminal of that width with ctrace on it."""
    pytest.importorskip("pyte", reason="no terminal emulator here: python3-pyte")
    # pylint: disable=import-outside-toplevel
    from harness.terminal import Terminal

    def start(columns, **env):
        argv = command_line(["--cgroup", str(cgroup), "-o", "table"])
        return Terminal(argv, rows=50, columns=columns, **env)

    return start


@pytest.mark.parametrize("columns", [80, 200])
def test_columns_fit_and_the_path_keeps_its_tail(cgroup, table, work, columns):
    deep = work / "/".join(["a-long-name-of-a-directory"] * 10)
    with table(columns) as screen:
        screen.wait_for("tracing 1")
        opens(cgroup, deep / "no-such")
        screen.wait_for("no-such")
        row = next(line for line in screen.lines if line.endswith("no-such"))
        assert "cat" in row and "openat" in row and "ENOENT" in row
        assert "…" in row and row.index("…") < columns - 25 and len(row) <= columns
        assert screen.colours("no-such") - {"default"} == {"red"}


def test_a_resize_is_followed(cgroup, table, work):
    with table(80) as screen:
        screen.wait_for("tracing 1")
        opens(cgroup, work / "narrow")
        screen.wait_for("/narrow")
        narrow = next(line for line in screen.lines if "/narrow" in line)
        screen.resize(50, 200)
        opens(cgroup, work / "wide")
        screen.wait_for("/wide")
        wide = next(line for line in screen.lines if "/wide" in line)
        assert wide.index("ENOENT") > narrow.index("ENOENT")


def test_no_color(cgroup, table, work):
    for env, none in (({"NO_COLOR": "1"}, rb"\x1b\[[0-9;]*m"), ({"term": "dumb"}, rb"\x1b")):
        with table(100, **env) as screen:
            screen.wait_for("tracing 1")
            opens(cgroup, work / "no-such")
            screen.wait_for("no-such")
            assert not re.search(none, screen.data)


def test_a_hostile_name(cgroup, table, work):
    with table(200) as screen:
        screen.wait_for("tracing 1")
        opens(cgroup, work / "\x1b[2Jbad\u202e")
        screen.wait_for(r"\x1b[2Jbad\u202e")
        assert b"\x1b[2J" not in screen.data
