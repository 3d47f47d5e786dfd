# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What a process holds in the kernel's BPF, and whether that is still there."""

import ctypes
import json
import os
import platform
import struct
import subprocess

SYS_BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
# The ids of each kind, as /proc/PID/fdinfo names them, and the command that lists them.
KINDS = {"prog_id": 11, "map_id": 12, "link_id": 31}
ENOENT = 2

libc = ctypes.CDLL(None, use_errno=True)


def held_by(pid):
    """{(kind, id)} of the programs, maps and links that this process has open."""
    held = set()
    for name in os.listdir(f"/proc/{pid}/fdinfo"):
        try:
            with open(f"/proc/{pid}/fdinfo/{name}", encoding="ascii") as info:
                fields = dict(line.split(None, 1) for line in info if ":" in line)
        except OSError:
            continue
        for kind in KINDS:
            if f"{kind}:" in fields:
                held.add((kind, int(fields[f"{kind}:"])))
    return held


def _next_id(command, after):
    attr = ctypes.create_string_buffer(struct.pack("II", after, 0) + bytes(112), 120)
    if libc.syscall(SYS_BPF, command, attr, len(attr)) < 0:
        number = ctypes.get_errno()
        if number == ENOENT:
            return None
        raise OSError(number, os.strerror(number))
    return struct.unpack_from("II", attr)[1]


def alive(held):
    """Those of `held` that the kernel still has.  Ids are never given twice."""
    rest = set()
    for kind, command in KINDS.items():
        last = 0
        while (last := _next_id(command, last)) is not None:
            if (kind, last) in held:
                rest.add((kind, last))
    return rest


def _bpftool(*args):
    done = subprocess.run(
        ["bpftool", "-j", *map(str, args)], capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


def traced_cgroups(pid):
    """The ids of the cgroups in the filter of this ctrace."""
    for kind, number in held_by(pid):
        if kind == "map_id" and _bpftool("map", "show", "id", number)["name"] == "cgroups":
            dump = _bpftool("map", "dump", "id", number)
            return {int.from_bytes(bytes(int(b, 16) for b in e["key"]), "little") for e in dump}
    raise AssertionError(f"process {pid} has no filter")
