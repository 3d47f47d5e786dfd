# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A running ctrace: started, waited for, stopped, and every line of it checked."""

import functools
import signal
import subprocess
import threading
import time

from . import settings
from .schema import Lines
from .wait import wait_until

LIVE = "ctrace: tracing"
COMMANDS = ("trace", "run", "top", "report")
TRACE_NOTHING = ("ps", "doctor", "help", "manual", "completion")


def command_line(args, backend=settings.BACKEND):
    """args with the backend and --no-sandbox put in, where they were asked for."""
    args = [str(arg) if not isinstance(arg, bytes) else arg for arg in args]
    if args and args[0] in TRACE_NOTHING:
        return [settings.CTRACE, *args]
    command = [args.pop(0)] if args and args[0] in COMMANDS else []
    ours = ["--backend", backend] if backend else []
    ours += ["--no-sandbox"] if settings.NO_SANDBOX else []
    return [settings.CTRACE, *command, *ours, *args]


def run_ctrace(*args, timeout=20, **kwargs):
    """For what ends by itself: ps, --help, bad input.  No backend is put in."""
    return subprocess.run(
        [settings.CTRACE, *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout * settings.PATIENCE,
        stdin=subprocess.DEVNULL,
        **kwargs,
    )


@functools.cache
def fexit_may_be_skipped():
    """Where the kernel may preempt fexit programs it skips some; there ctrace does not choose fexit."""
    done = subprocess.run(
        command_line(["run", "--output", "/dev/null", "--", "true"], backend=None),
        capture_output=True,
        text=True,
        check=True,
        timeout=30 * settings.PATIENCE,
    )
    return "fexit backend" not in done.stderr


class Trace:
    """
    with Trace("--cgroup", group) as trace:
        ...                         # the filter is live here
    trace.events, trace.opens(), trace.lost, trace.status, trace.stderr
    """

    skips_told = 0  # lost records of any ctrace that say the kernel skipped runs

    def __init__(
        self, *args, wait=True, stdout=subprocess.PIPE, backend=settings.BACKEND, **kwargs
    ):
        self.wait = wait
        self.lines = []  # (monotonic time of arrival, bytes)
        self.messages = []
        self.parsed = None
        self.argv = command_line(args, backend)
        self.process = self.spawn(
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            **kwargs,
        )
        self.readers = [threading.Thread(target=self._read_messages, daemon=True)]
        if self.process.stdout:
            self.readers.append(threading.Thread(target=self.read_lines, daemon=True))
        for reader in self.readers:
            reader.start()

    def spawn(self, argv, **kwargs):
        return subprocess.Popen(argv, **kwargs)

    def read_lines(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), line))
            if b'"reason":"skipped"' in line:
                Trace.skips_told += 1

    def _read_messages(self):
        for line in self.process.stderr:
            self.messages.append(line.decode("utf-8", "replace"))

    def __enter__(self):
        if self.wait:
            try:
                self.wait_live()
            except BaseException:
                self.kill()
                raise
        return self

    def __exit__(self, kind, value, traceback):
        if kind is None:
            self.stop()
        else:
            self.kill()
            print(f"--- stderr of {self.argv}\n{self.stderr}")

    @property
    def pid(self):
        return self.process.pid

    @property
    def stderr(self):
        return "".join(self.messages)

    @property
    def status(self):
        return self.process.returncode

    def live(self):
        return any(line.startswith(LIVE) for line in list(self.messages))

    def wait_live(self):
        def live_or_gone():
            return self.live() or self.process.poll() is not None

        wait_until(live_or_gone, f"no '{LIVE}' from {self.argv}: {self.stderr}", 30)
        if not self.live():
            self.readers[0].join(5)
        assert self.live(), f"{self.argv} ended with {self.status}: {self.stderr}"

    def wait_line(self, wanted, what, seconds=10):
        """Waits for a line that holds `wanted` (bytes); returns its time of arrival."""

        def arrived():
            return [when for when, line in list(self.lines) if wanted in line]

        return wait_until(arrived, f"{what}; stderr: {self.stderr}", seconds)[0]

    def wait_end(self, seconds=20):
        """Waits until ctrace ends by itself; returns its exit status."""
        try:
            self.process.wait(seconds * settings.PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.argv} goes on: {self.stderr}") from None
        self._drain()
        return self.status

    def stop(self, by=signal.SIGINT, seconds=30):
        if self.process.poll() is None:
            self.process.send_signal(by)
        return self.wait_end(seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._drain()

    def _drain(self):
        for reader in self.readers:
            reader.join(10 * settings.PATIENCE)

    @property
    def events(self):
        if self.parsed is None or len(self.parsed) != len(self.lines):
            parser = Lines()
            self.parsed = [parser.parse(line) for _, line in list(self.lines)]
        return self.parsed

    def opens(self, **process):
        """The opens; opens(pid=7, comm="cat") only those of that process."""
        return [
            event
            for event in self.events
            if event["type"] == "open"
            and all(event["process"].get(key) == value for key, value in process.items())
        ]

    def containers(self, **wanted):
        """The container records; containers(action="started") only those with that member."""
        return [
            event
            for event in self.events
            if event["type"] == "container"
            and all(event.get(key) == value for key, value in wanted.items())
        ]

    @property
    def lost(self):
        return sum(event["count"] for event in self.events if event["type"] == "lost")
