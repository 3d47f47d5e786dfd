# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The programs pass the verifier with room to grow; how far it walked is noted for the lab's table."""

import platform
import re
import shutil
import subprocess

import pytest

from harness import settings
from harness.bpf import programs_of
from harness.trace import Trace

# The kernel's own limits: BPF_COMPLEXITY_LIMIT_INSNS, MAX_BPF_STACK.
VERIFIED_LIMIT = 1_000_000
STACK_LIMIT = 512

# Since 7.0 they may be preempted, and perf's are taken: docs/hooks.md.
RAW_TRACEPOINTS = int(platform.release().split(".")[0]) < 7

FUNCTION = re.compile(r"^[0-9a-f]+ <((?!LBB)\w+)>:")  # clang's labels are no functions
STACK_STORE = re.compile(r"\(r10 ([+-]) (0x[0-9a-f]+|\d+)\)")
STACK_POINTER = re.compile(r"\b(r\d) = r10$")
POINTER_MOVED = re.compile(r"\b(r\d) \+= (-?(?:0x[0-9a-f]+|\d+))")
CALLED = re.compile(r"R_BPF_64_32\s+(\w+)")


# What is switched off is not verified.
EVERYTHING = (
    *("--pid", "1", "--uid", "0", "--comm", "x", "--writes", "--failed", "--setup"),
    *("--path", "/etc", "--exclude-path", "/etc/ssl", "--dedup", "1s", "--rate", "5", "--summary", "1s"),
)


@pytest.mark.parametrize("options", [(), EVERYTHING], ids=["default", "everything"])
def test_verifier_has_half_of_its_patience_left(cgroup, options, record_property):
    with Trace("--cgroup", cgroup, *options) as trace:
        programs = programs_of(trace.pid)
    assert len(programs) > 3
    if "tracepoint backend" in trace.stderr:
        # What it refuses ctrace does without, by dearer programs, and nobody would see.
        names = {program.name for program in programs}
        assert {"sys_exit", "open_done", "order_done"} <= names if RAW_TRACEPOINTS else "sys_exit" not in names
    for program in programs:
        if not options:
            record_property(f"insns {program.name}", program.verified or "-")
        assert program.verified < VERIFIED_LIMIT / 2, program.name
        assert program.instructions < 16384, program.name


def stack_and_calls(listing):
    """{function: (bytes of its stack, functions of ours that it calls)}."""
    found, name, pointers = {}, None, {}
    for line in listing.splitlines():
        if match := FUNCTION.match(line):
            name, pointers = match[1], set()
            found[name] = (0, set())
        elif match := CALLED.search(line):
            found[name][1].add(match[1])
        elif match := STACK_STORE.search(line):
            found[name] = (max(found[name][0], int(match[2], 0)), found[name][1])
        elif match := STACK_POINTER.search(line):
            pointers.add(match[1])
        elif (match := POINTER_MOVED.search(line)) and match[1] in pointers:
            pointers.discard(match[1])
            found[name] = (max(found[name][0], -int(match[2], 0)), found[name][1])
    return found


def deepest(functions, name):
    own, called = functions[name]
    # check_max_stack_depth() rounds each frame up to 32 bytes
    below = (deepest(functions, each) for each in called if each in functions)
    return -(-max(own, 1) // 32) * 32 + max(below, default=0)


def test_stack_has_room_left():
    """As the verifier adds it up, the functions that are called included; an eighth stays free."""
    objdump = shutil.which("llvm-objdump")
    bpf_object = settings.TOP / "build" / "ctrace.bpf.o"
    if not objdump or not bpf_object.exists():
        pytest.skip("no llvm-objdump, or no object, here")
    done = subprocess.run(
        [objdump, "-dr", "--no-show-raw-insn", bpf_object],
        capture_output=True, text=True, check=True,
    )
    functions = stack_and_calls(done.stdout)
    depths = {name: deepest(functions, name) for name in functions}
    assert max(depths.values()) > 64, f"nothing found: {depths}"
    assert {n: d for n, d in depths.items() if d > STACK_LIMIT - 64} == {}
