# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""ctrace and its peers: how each is told to trace the workload alone, or something else alone."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Optional

import host
from harness import bpf

BUILD = Path(os.environ.get("BUILD", "build")).resolve()
CTRACE = BUILD / "ctrace"
WORKLOAD = BUILD / "bench" / "workload"
FLOOR = BUILD / "bench" / "floor"
HELD = BUILD / "bench" / "held.so"


@dataclass
class Target:
    """What to trace: a cgroup, a process in it, and the mount that its files are on."""

    cgroup: object
    pid: int
    mount: Path


@dataclass
class Kind:
    """One tracer."""

    name: str
    argv: Callable[[Target], list]
    program: str  # what must be there
    headings: int = 0  # lines before the first event
    says: Optional[str] = None  # on stderr, once it traces
    sees_failures: bool = True
    bpf: bool = True  # it loads BPF programs: live once they are there
    outside: bool = True  # can be told to trace something else, and costs the workload something then
    cwd: Callable[[Target], Optional[Path]] = field(default=lambda target: None)


def bpftrace_script(target):
    return (f"tracepoint:syscalls:sys_enter_openat /cgroup == {target.cgroup.id}/ {{ @name[tid] = args->filename; }} "
            "tracepoint:syscalls:sys_exit_openat /@name[tid]/ "
            '{ printf("%d %s %d %s\\n", pid, comm, args->ret, str(@name[tid])); delete(@name[tid]); }')


KINDS = [
    Kind("ctrace", lambda t: [CTRACE, "--cgroup", t.cgroup], CTRACE, says="tracing"),
    Kind("opensnoop", lambda t: ["opensnoop", "-p", t.pid], "opensnoop", headings=1),
    Kind("bpftrace", lambda t: ["bpftrace", "-e", bpftrace_script(t)], "bpftrace", headings=1),
    Kind("perf trace", lambda t: ["perf", "trace", "-o", "/dev/stdout", "-e", "openat", "-p", t.pid], "perf", bpf=False,
         outside=False),
    Kind("strace", lambda t: ["strace", "-f", "-o", "/dev/stdout", "-e", "trace=openat", "-p", t.pid], "strace",
         bpf=False, outside=False),
    Kind("fatrace", lambda t: ["fatrace", "-c", "-f", "O"], "fatrace", bpf=False, outside=False, sees_failures=False,
         cwd=lambda t: t.mount),
]

# Named, so that a table without them is no claim: they hook kernel functions, or need a module.
NOT_HERE = {
    "opensnoop (bpfcc)": "compiles against the kernel's headers at start",
    "Inspektor Gadget, Tracee, Tetragon": "not in Debian; they need kprobes or LSM hooks",
    "sysdig, Falco": "need a kernel module, or are not in Debian",
}


def present(kind):
    return shutil.which(str(kind.program)) is not None


class Tracer:
    """A running one: output is counted by a sink.  Both are on our processor."""

    def __init__(self, kind, target, env=None):
        self.kind = kind
        self.started_ns = time.monotonic_ns()
        self.said = tempfile.TemporaryFile()
        before = host.tracing_programs() if kind.bpf and not kind.says else set()
        self.process = subprocess.Popen([str(word) for word in kind.argv(target)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.said, cwd=kind.cwd(target),
                                        env=env)
        self.pid = self.process.pid
        self.sink = subprocess.Popen([WORKLOAD, "sink", str(kind.headings)], stdin=self.process.stdout,
                                     stdout=subprocess.PIPE)
        self.process.stdout.close()
        self._wait_until_live(before)
        if self.process.poll() is not None:
            raise RuntimeError(f"{kind.name} ended at once: {self._said()}")

    def _wait_until_live(self, before):
        """Loaded is not yet attached: those that don't say when they trace are given a second."""
        if self.kind.bpf and not self.kind.says:
            host.wait_for_programs(before)
        end = time.monotonic() + 30
        while self.kind.says and self.kind.says not in self._said() and self.process.poll() is None:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.kind.name} does not say that it traces")
            time.sleep(0.02)
        if not self.kind.says:
            time.sleep(1)

    def _said(self):
        # not seek(): the child shares the place where it writes
        return os.pread(self.said.fileno(), 1 << 20, 0).decode(errors="replace")

    def stop(self):
        """{"lines", "bytes", "first_ns", "said"}, once all of its output has been taken."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:  # perf trace, sometimes
            self.process.kill()
            self.process.wait()
        counted = json.loads(self.sink.communicate()[0])
        return {**counted, "said": self._said()}


def held(kind, target):
    """One that is there, but whose program at the end of system calls runs while the workload hooks it in: its id."""
    tracer = Tracer(kind, target, os.environ | {"LD_PRELOAD": str(HELD)})
    ids = [program.number for program in bpf.programs_of(tracer.pid) if program.name in ("sys_exit", "raw_exit")]
    if not ids:
        tracer.stop()
        raise SystemExit(f"bench: on this kernel {kind.name} has no raw tracepoint program to compare with the floor")
    return tracer, ids[0]


def floor_kind(name, *programs):
    return Kind(name, lambda t: [FLOOR, f"{FLOOR}.bpf.o", *programs], FLOOR, says="attached", outside=False)
