# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A program on a terminal of its own: its size, its keys, what it shows and all it wrote."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading

import pyte

from . import settings
from .wait import wait_until


class Terminal:
    """with Terminal(argv, rows=24, columns=80) as terminal: ..."""

    def __init__(self, argv, rows=24, columns=80, term="xterm", **env):
        self.data = b""
        self.lock = threading.Lock()
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.ours, theirs = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(theirs)
        self.process = subprocess.Popen(
            argv,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": term, **env},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.theirs = theirs
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        ours = self.ours
        try:
            while data := os.read(ours, 65536):
                with self.lock:
                    self.data += data
                    self.stream.feed(data)
        except OSError:  # nobody is at the other end any more
            pass

    def resize(self, rows, columns):
        with self.lock:
            self.screen.resize(rows, columns)
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys):
        os.write(self.ours, keys.encode())

    @property
    def lines(self):
        """What the screen shows now."""
        with self.lock:
            return [line.rstrip() for line in self.screen.display]

    @property
    def text(self):
        return "\n".join(self.lines)

    def colours(self, word):
        """The colours of the first row with this word in it."""
        with self.lock:
            for y, line in enumerate(self.screen.display):
                if word in line:
                    return {cell.fg for cell in self.screen.buffer[y].values()}
        return None

    def wait_for(self, *words, seconds=15):
        wait_until(lambda: all(word in self.text for word in words), f"{words}", seconds)

    def modes(self):
        return termios.tcgetattr(self.theirs)

    def __enter__(self):
        return self

    def end(self, seconds=15):
        return self.process.wait(seconds * settings.PATIENCE)

    def hang_up(self):
        os.close(self.theirs)
        self.theirs = None
        os.close(self.ours)
        self.ours = None

    def __exit__(self, kind, value, traceback):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if kind:
            print(f"--- the terminal had:\n{self.text}")
        for fd in (self.ours, self.theirs):
            if fd is not None:
                os.close(fd)
