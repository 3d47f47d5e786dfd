# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Any byte that a name can hold comes out as valid JSON that decodes to the same bytes."""

import os

import pytest

from harness.truth import assert_same, name_of, path_of, programs_own, run_program

HOSTILE = {
    "newline": b"a\nb",
    "carriage return": b"a\rb",
    "quotes": b"\"'`",
    "backslash": b"\\n\\u0000\\",
    "json": b'","type":"lost","x":"',
    "escape sequence": b"\x1b[31mred\x1b[0m",
    "control characters": bytes(range(1, 32)),
    "delete": b"\x7f",
    "high bytes": bytes(range(0x80, 0x100)),
    "bad utf-8 start": b"\xff\xfe",
    "cut utf-8": "snow☃".encode()[:-1],
    "overlong": b"\xc0\xaf-\xe0\x80\xaf",
    "surrogate": b"\xed\xa0\x80",
    "beyond unicode": b"\xf4\x90\x80\x80",
    "utf-8": "snow☃man-𝄞-é".encode(),
    "replacement character": "\ufffd".encode(),
    "line separator": "\u2028\u2029".encode(),
    "blanks": b" \t ",
    "dash": b"--help",
    "percent": b"%s%n%d",
    "255 bytes": b"x" * 255,
    "255 bad bytes": b"\xf0" * 255,
}


def traced(watched, work, *args):
    with watched.watch() as trace:
        made = run_program(watched, "opener", *args, cwd=work)
    return trace.events, made


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_name_of_a_file(watched, work, name):
    options = ("--flags", "O_RDWR|O_CREAT", "--mode", "600")
    events, made = traced(watched, work, *options, "openat", name)
    assert made[0].name == name
    assert_same(events, made)


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_name_of_no_file(watched, work, name):
    assert_same(*traced(watched, work, "openat", name))


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_directory(watched, work, name):
    os.mkdir(os.fsencode(work) + b"/" + name)
    (work / os.fsdecode(name) / "f").touch()
    assert_same(*traced(watched, work, "openat", name + b"/f", name + b"/none"))


def test_longest_path_of_the_worst_bytes_fits_a_line(watched, work):
    """Six characters and more for each byte, twice: a line is still 16 KiB at most."""
    deep = ("--deep-name", b"\x1b" * 255, "--deep", "15")
    options = ("--chdir", work, *deep, "--flags", "O_RDWR|O_CREAT", "--mode", "600")
    events, made = traced(watched, work, *options, "openat", b"\xff" * 200)
    (event,) = programs_own(events, made)
    assert name_of(event) == made[0].name
    # what doesn't fit is left out, and never silently
    assert path_of(event) == made[0].path or event["file"].get("path_truncated")


def test_hostile_comm(watched, work):
    """A program names itself: 15 bytes of its choice."""
    nasty = b'\x1b[0m"\n\xff\\ab'
    script = b'exec 3< /etc/passwd; printf "%s" "$1" > /proc/$$/comm; exec 4< /etc/group'
    with watched.watch() as trace:
        watched.run("/bin/sh", "-c", script, "sh", nasty)
    comms = [
        event["process"]["comm"]
        for event in trace.opens()
        if event["file"].get("name") == "/etc/group"
    ]
    assert comms and comms[0] == nasty.decode("utf-8", "replace")
