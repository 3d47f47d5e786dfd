# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What a process holds in the kernel's BPF, what that is, and whether it is still there."""

import ctypes
import json
import os
import platform
import struct
import subprocess

SYS_BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
PROG_GET_FD_BY_ID, MAP_GET_FD_BY_ID, OBJ_GET_INFO_BY_FD = 13, 14, 15
MAP_GET_NEXT_KEY = 4
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


def _bpf(command, *words):
    """The system call with these words of 4 bytes; returns (result, the words it left)."""
    attr = ctypes.create_string_buffer(struct.pack(f"{len(words)}I", *words), 120)
    result = libc.syscall(SYS_BPF, command, attr, len(attr))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result, struct.unpack_from("4I", attr)


def _next_id(command, after):
    try:
        return _bpf(command, after)[1][1]
    except OSError as error:
        if error.errno == ENOENT:
            return None
        raise


class Program:
    """struct bpf_prog_info (include/uapi/linux/bpf.h), as far as the tests want it."""

    def __init__(self, number):
        info = ctypes.create_string_buffer(228)
        fd, _ = _bpf(PROG_GET_FD_BY_ID, number)
        try:
            _bpf(OBJ_GET_INFO_BY_FD, fd, len(info), *_address(info))
        finally:
            os.close(fd)
        self.number = number
        (translated_bytes,) = struct.unpack_from("I", info, 20)
        self.name = info.raw[64:80].rstrip(b"\0").decode()
        self.instructions = translated_bytes // 8
        # since 5.16 (aba64c7da983); 0 before
        (self.verified,) = struct.unpack_from("I", info, 216)


def programs_of(pid):
    """The programs that this process has loaded."""
    return [Program(number) for kind, number in held_by(pid) if kind == "prog_id"]


def _address(buffer):
    """As the two words that the kernel takes it for; NULL for None."""
    address = ctypes.addressof(buffer) if buffer else 0
    return address & 0xFFFFFFFF, address >> 32


def _map_info(fd):
    """(key size, name) by struct bpf_map_info."""
    info = ctypes.create_string_buffer(128)
    _bpf(OBJ_GET_INFO_BY_FD, fd, len(info), *_address(info))
    key_size = struct.unpack_from("I", info, 8)[0]
    return key_size, info.raw[24:40].rstrip(b"\0").decode()


def map_entries(map_id):
    """(name, keys) of a map; keys as numbers, none for a map of another kind than hash."""
    fd, _ = _bpf(MAP_GET_FD_BY_ID, map_id)
    try:
        key_size, name = _map_info(fd)
        keys, key, after = [], None, ctypes.create_string_buffer(max(key_size, 8))
        while key_size:
            try:
                _bpf(MAP_GET_NEXT_KEY, fd, 0, *_address(key), *_address(after))
            except FileNotFoundError:
                break
            keys.append(int.from_bytes(after.raw[:key_size], "little"))
            key = ctypes.create_string_buffer(after.raw)
        return name, keys
    finally:
        os.close(fd)


def filter_keys(pid):
    """The ids of all cgroups in the filter of this ctrace."""
    ids = [number for kind, number in held_by(pid) if kind == "map_id"]
    (keys,) = [keys for name, keys in map(map_entries, ids) if name == "cgroups"]
    return set(keys)


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
