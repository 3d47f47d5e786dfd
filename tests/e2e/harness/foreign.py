# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Programs of another machine, run by qemu in a way that containers see, too (binfmt_misc)."""

import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest

BINFMT = Path("/proc/sys/fs/binfmt_misc")
NAME = "ctrace-test-aarch64"
# The head of a 64-bit little-endian ELF file, executable or shared, for machine 183.
MAGIC = rb"\x7fELF\x02\x01\x01" + rb"\x00" * 9 + rb"\x02\x00\xb7\x00"
MASK = rb"\xff" * 7 + rb"\x00" + rb"\xff" * 8 + rb"\xfe\xff\xff\xff"


@contextlib.contextmanager
def programs(machine):
    """Registered for the whole host; only where it is not yet, and then not left behind."""
    assert machine == "aarch64"
    qemu = shutil.which("qemu-aarch64-static")
    if not qemu:
        pytest.skip("no qemu-aarch64-static here (apt-get install qemu-user-static)")
    mounted = not (BINFMT / "register").exists()
    if mounted and subprocess.run(["mount", "-t", "binfmt_misc", "none", BINFMT], check=False).returncode:
        pytest.skip("this kernel has no binfmt_misc")
    known = any("aarch64" in entry.name for entry in BINFMT.iterdir())
    if not known:
        # F: opened now, so that it works where no qemu is; the containers' roots
        (BINFMT / "register").write_bytes(b":".join([b"", NAME.encode(), b"M", b"", MAGIC, MASK, qemu.encode(), b"F"]))
    try:
        yield
    finally:
        if not known:
            (BINFMT / NAME).write_text("-1")
        if mounted:
            subprocess.run(["umount", BINFMT], check=True)
