# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
Hundreds of containers whose runtime repeats what somebody chose: names, images and labels as
long as they come, of the worst bytes, in files as large as they come.
"""

import json
import os
import re
import subprocess
import time
import uuid

import pytest

from conftest import unique_name
from harness.cgroup import Cgroup, mount_point, shown
from harness.http import free_port, http_get
from harness.settings import PATIENCE, program
from harness.trace import Trace, command_line, run_ctrace

MIB = 1 << 20
FILE_MAX = 4 * MIB
FIELD_MAX = 512
VALUE_MAX = 1024
COUNT = 300  # 25 of each kind; half of them are there at the start, the others come later
RING_KB = 2 * 8 * 1024  # its data is mapped twice
MEMORY_KB = 64 * 1024  # beside the ring: the largest file that is parsed takes two thirds
SECONDS = 20
EVIL = "\x1b]0;x\x07\n\r\u202e\u2028\x00\x7f\\\"'{}<>%s\t"
KEYS = ["team", "k" * 320, EVIL, *(f"more-{number}" for number in range(13))]
SHOW = [word for key in KEYS for word in ("--show-label", key.replace("\x00", "\ufffd"))]
# Of what a terminal acts on, or takes for the end of a line, all but the line feed at the end of one.
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def evil(size):
    return (EVIL * (size // len(EVIL.encode()) + 1)).encode()[:size].decode("utf-8", "ignore")


ID = "<ID>"  # stands for the container's: a name is one container's alone


def config(name="", labels=None, image="image"):
    return json.dumps({"Name": f"/{name}", "Config": {"Image": image, "Labels": labels or {}}})


def padded(size):
    text = config("", {"team": "blue"}, "padded")
    return text + " " * (size - len(text))


# What a state file holds, and then what ctrace knows of the container.
BLUE = {"team": "blue"}
STATES = {
    "plain": (config(f"plain-{ID}", BLUE), {"name": f"plain-{ID}", "team": "blue"}),
    "evil": (config(evil(400) + ID, {key: evil(VALUE_MAX) for key in KEYS}, evil(400)), {}),
    "long name": (config("n" * 448 + ID, BLUE), {"name": "n" * 448 + ID, "team": "blue"}),
    "name too long": (config("n" * 449 + ID, BLUE), {"team": "blue"}),
    "name and image of a MiB": (config("n" * MIB, BLUE, "i" * MIB), {"team": "blue"}),
    "labels as long as they are kept": (
        config(f"wide-{ID}", {key: "v" * VALUE_MAX for key in KEYS}), {"name": f"wide-{ID}", "team": "v" * VALUE_MAX}),
    "label of a MiB": (config("", {"team": "v" * MIB}, "heavy"), {"image": "heavy", "team": "v" * VALUE_MAX}),
    "100,000 labels": (
        config("", {f"label-{n}": "v" for n in range(100000)} | BLUE, "many"), {"image": "many", "team": "blue"}),
    "4 MiB": (padded(FILE_MAX), {"image": "padded", "team": "blue"}),
    "a byte more": (padded(FILE_MAX + 1), {}),
    "too many values": ('{"Name":"/values","a":[' + "0," * 2000000 + "0]}", {}),
    "too deep": ('{"Name":"/deep","a":' + "[" * MIB, {}),
}  # fmt: skip


class Crowd:
    """Docker's files and cgroups of so many containers, and what makes a process of each open a file."""

    def __init__(self, work, group):
        self.group, self.root = group, work / "docker"
        self.options = ("--runtime-root", f"docker={self.root}")
        self.ids = {uuid.uuid4().hex * 2: state for state in [*STATES] * (COUNT // len(STATES))}
        self.still_to_come = list(self.ids)
        self.files = {}
        self.runtime = subprocess.Popen(
            [program("born"), program("opener")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def put(self, state, one, file):
        """The large ones are all alike, and written once."""
        text, first = STATES[state][0], self.files.setdefault(state, file)
        if first != file and ID not in text:
            os.link(first, file)
            return
        file.write_text(text.replace(ID, one), encoding="utf-8")
        os.utime(file, (1e9, 1e9))  # as of one that is not being written

    def add(self, count):
        for one in self.still_to_come[:count]:
            home = self.root / "containers" / one
            home.mkdir(parents=True)
            self.put(self.ids[one], one, home / "config.v2.json")
            self.group.child(f"docker-{one}.scope")
        del self.still_to_come[:count]

    def open_all(self):
        for one in self.ids:
            self.runtime.stdin.write(f"{self.group}/docker-{one}.scope /of/{one}\n")
            self.runtime.stdin.flush()
            assert self.runtime.stdout.readline() == "0\n"

    def end(self):
        self.runtime.stdin.close()
        self.runtime.wait()


@pytest.fixture(name="crowd")
def make_crowd(work):
    group = Cgroup(mount_point() / unique_name("crowd"))
    crowd = Crowd(work, group)
    yield crowd
    crowd.end()
    group.remove()


def peak_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])


def is_told(meant, said):
    """A text of more than 512 bytes ends early."""
    return said == meant or (len(said) > FIELD_MAX - 10 and said[-1] == "…" and meant.startswith(said[:-1]))


def assert_tame(text, lines):
    """Nothing that a terminal would act on, no line that somebody's name began."""
    assert not CONTROL.search(text), CONTROL.search(text)
    assert lines(text) and max(len(line.encode()) for line in text.split("\n")) <= 16384


def test_events_of_all_are_told_under_their_names(crowd):
    crowd.add(COUNT // 2)
    began = time.monotonic()
    port = free_port()
    which = [word for one in crowd.ids for word in ("--container", one)]
    with Trace(*which, "--wait", *crowd.options, *SHOW, "--listen", f"127.0.0.1:{port}") as trace:
        crowd.add(COUNT - COUNT // 2)
        crowd.open_all()
        trace.wait_line(f'"/of/{list(crowd.ids)[-1]}"'.encode(), "the last open", SECONDS)
        took, peak = time.monotonic() - began, peak_kb(trace.pid)
        status, metrics = http_get(port, "/metrics")
    assert took < SECONDS * PATIENCE
    assert peak - RING_KB < MEMORY_KB
    for _, line in trace.lines:
        assert not CONTROL.search(line.decode()), line
    opens = {event["file"]["name"][4:]: event for event in trace.opens(comm="opener") if "error" in event}
    assert opens.keys() == crowd.ids.keys()
    for one, state in crowd.ids.items():
        box, known = opens[one]["container"], STATES[state][1]
        told = {**box, "team": box.get("labels", {}).get("team")}
        assert box["id"] == one and box["runtime"] == "docker"
        assert all(is_told(text.replace(ID, one), told[key]) for key, text in known.items()), state
        assert all(len(box.get(key, "").encode()) <= FIELD_MAX for key in ("name", "image"))
        assert all(len(value.encode()) <= FIELD_MAX for value in box.get("labels", {}).values())
    assert status == 200
    assert_tame(metrics, lambda text: re.fullmatch(r"(#.*\n|[a-z_]+(\{.*\})? [0-9.e+]+\n)+", text))
    assert_tame(trace.stderr, lambda text: all(line.startswith("ctrace: ") for line in text.splitlines()))


def test_a_table_has_a_line_for_each(crowd):
    crowd.add(COUNT)
    with Trace("--cgroup", crowd.group, *crowd.options, *SHOW, "-o", "table", "--failed", "--comm", "opener") as trace:
        crowd.open_all()
    text = b"".join(line for _, line in trace.lines).decode()
    assert_tame(text, lambda text: len(re.findall(r" /of/[0-9a-f]{64}$", text, re.M)) == COUNT)


@pytest.mark.parametrize("form", ["json", "table"])
def test_a_list_has_a_line_for_each(crowd, form):
    crowd.add(COUNT)
    done = run_ctrace("ps", "-o", form, *crowd.options, *SHOW, timeout=SECONDS)
    assert done.returncode == 0
    of_ours = f"{shown(crowd.group.path)}/docker-"
    assert_tame(done.stdout, lambda text: sum(of_ours in line for line in text.splitlines()) == COUNT)
    assert_tame(done.stderr, lambda text: all(line.startswith("ctrace: ") for line in text.splitlines()))


def test_top_says_one_line_of_each(crowd):
    crowd.add(COUNT)
    top = subprocess.Popen(
        command_line(["top", "--cgroup", crowd.group, *crowd.options, "--interval", "2", "--duration", "6"]),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert any("tracing" in line for line in top.stderr)
    crowd.open_all()
    said, _ = top.communicate(timeout=SECONDS * PATIENCE)
    assert top.returncode == 0
    assert_tame(said, lambda text: "plain" in text)
