# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
One ctrace for many tests.  To start it takes as long as everything else in a
small test, and several seconds on an emulated machine.

It traces one cgroup in which each test has its own; watch() gives a test the
events of its own group, from where the block starts to where it ends.
"""

import itertools
import subprocess

from .schema import Lines
from .trace import Trace

# Opens what it is told, so that the stream has a mark between two tests.
MARKER = 'while read -r name; do true < "$name"; done'

numbers = itertools.count(1)


class SharedTrace:
    every = []

    def __init__(self, root):
        SharedTrace.every.append(self)
        self.root = root  # a Cgroup; the tests' own are made in it
        self.trace = None
        self.marker = None

    def start(self):
        if self.trace and self.trace.process.poll() is None:
            return
        self.stop()
        self.trace = Trace("--cgroup", self.root, "--buffer-size", "16M")
        self.trace.wait_live()
        self.marker = self.root.popen(
            "/bin/sh", "-c", MARKER, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def stop(self):
        if self.marker:
            self.marker.stdin.close()
            self.marker.wait()
        if self.trace:
            self.trace.stop()
        self.trace = self.marker = None

    @classmethod
    def tell_all(cls):
        """What ctrace has counted so far it tells at the latest when it ends."""
        for shared in cls.every:
            shared.stop()

    def mark(self):
        """Everything opened before this call is in the lines once it returns."""
        name = f"/ctrace-test-marker-{next(numbers)}"
        self.marker.stdin.write(f"{name}\n".encode())
        self.marker.stdin.flush()
        self.trace.wait_line(f'"{name}"'.encode(), "the mark between two tests")


class Watch:
    """What a test sees of the shared trace: the same names as Trace has."""

    def __init__(self, shared, group):
        self.shared, self.group = shared, group
        self.events = []

    def __enter__(self):
        self.shared.start()
        self.shared.mark()
        self.first = len(self.shared.trace.lines)
        return self

    def __exit__(self, kind, value, traceback):
        if kind:
            return
        self.shared.mark()
        parser = Lines()
        lines = self.shared.trace.lines[self.first :]
        every = [parser.parse(line) for _, line in lines]
        others = [event for event in every if event["type"] != "open"]
        assert not others, "the shared trace lost events"
        ids = {path.stat().st_ino for path in [self.group.path, *self.group.path.rglob("*/")]}
        self.events = [event for event in every if event["cgroup_id"] in ids]

    @property
    def stderr(self):
        return self.shared.trace.stderr

    opens = Trace.opens
