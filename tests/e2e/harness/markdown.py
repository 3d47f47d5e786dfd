# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
Documents whose commands run.  A block marked `console` holds commands behind "$ ", each with
lines of its output below: those must come, in any order.  In them "…" stands for anything, a
number other than 0 for any number, hexadecimal ones too, and blanks for any blanks.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import uuid
from dataclasses import dataclass, field

from . import engine, settings
from .wait import wait_until

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (.*)$", re.MULTILINE)


@dataclass
class Step:
    command: str
    shown: list = field(default_factory=list)


def _steps(block):
    steps = []
    for line in block.splitlines():
        if steps and steps[-1].command.endswith(("\\", "|")):
            steps[-1].command += "\n" + line
        elif line.startswith("$ "):
            steps.append(Step(line[2:]))
        elif line.strip() not in ("", "…"):
            steps[-1].shown.append(line)
    return steps


def sections(path):
    """What is below each heading: {heading: [Step, ...]}, where there is something to run."""
    text = path.read_text(encoding="utf-8")
    parts = HEADING.split(text)[1:]
    found = {
        heading: [step for block in BLOCK.findall(body) for step in _steps(block)]
        for heading, body in zip(parts[::2], parts[1::2])
    }
    return {heading: steps for heading, steps in found.items() if steps}


NUMBER = re.compile(r"(…|\b[0-9a-f]*\d[0-9a-f]*\b|\d+)")


def _stands_for(part):
    if part == "…":
        return ".*"
    if part == "0" or not NUMBER.fullmatch(part):
        return re.escape(part)
    hexadecimal = len(part) > 5 or part[0] == "0" or not part.isdigit()
    return "[0-9a-f]+" if hexadecimal else r"\d+"


def pattern(line):
    """What a line that is shown stands for."""
    words = ["".join(map(_stands_for, NUMBER.split(word))) for word in line.split()]
    return re.compile(r"\s*" + r"\s+".join(words) + r"\s*")


class Shell:
    """A user at a prompt: one command, then what it shows, then the next."""

    def __init__(self, directory, path, cwd=None, **env):
        self.log = directory / "said"
        self.start = 0  # of what the last command said
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                ["bash"],
                cwd=cwd or directory,
                env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}:/usr/sbin", "LC_ALL": "C.UTF-8", **env},
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                text=True,
                start_new_session=True,
            )

    def said(self):
        return self.log.read_text(encoding="utf-8", errors="replace")[self.start :]

    def run(self, step, seconds=30):
        if not step.command.endswith("wait"):  # whose output is that of what it waits for
            self.start += len(self.said())
        mark = uuid.uuid4().hex
        self.process.stdin.write(f"{{ {step.command}\n}} </dev/null\nprintf '\\n%s %s\\n' {mark} $?\n")
        self.process.stdin.flush()
        ended = wait_until(
            lambda: re.search(rf"^{mark} (\d+)\n", self.said(), re.MULTILINE),
            f"the end of '{step.command}'",
            seconds,
        )
        assert ended[1] == "0", f"'{step.command}' ended with {ended[1]}:\n{self.said()}"
        for line in step.shown:
            wanted = pattern(line)
            wait_until(
                lambda: any(map(wanted.fullmatch, self.said().splitlines())),
                f"the line '{line}' of '{step.command}'",
                15,
            )

    def play(self, steps):
        """Runs them one after the other; fails with what the last one said."""
        try:
            for step in steps:
                self.run(step)
        except AssertionError as why:
            raise AssertionError(f"{why}, which said:\n{self.said()}") from None

    def close(self):
        """Also after a failure, when something may run in the background still."""
        self.process.stdin.close()
        self.process.wait(30 * settings.PATIENCE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)


def write_tools(directory, ctrace="", narrow=""):
    """
    A folder for the PATH: sudo, since there may be none here and we are root; docker, which is not
    to be a wrapper; ctrace, with options `ctrace` added for whatever looks at containers and
    `narrow`, too, where the command itself would take all containers of the host.
    """
    directory.mkdir()
    some = "--container|--namespace|--pod|--label|--cgroup|*.jsonl|-"
    tools = {
        "sudo": 'exec "$@"',
        "docker": f'exec {engine.CLIENT} "$@"',
        "ctrace": f"""case $1 in run|doctor|--*version) exec {settings.CTRACE} "$@" ;; esac
for word; do case $word in {some}) exec {settings.CTRACE} "$@" {ctrace} ;; esac; done
exec {settings.CTRACE} "$@" {ctrace} {narrow}""",
    }
    for name, text in tools.items():
        (directory / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (directory / name).chmod(0o755)
    return directory


def why_no_tools(*names):
    """Which of the tools that a document uses are not here, as a reason to skip; or None."""
    lacking = [name for name in names if not shutil.which(name)]
    return f"not here: {' '.join(lacking)}" if lacking else None
