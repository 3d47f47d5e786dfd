# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A file system of two layers, as containers have."""

import contextlib
import pathlib
import subprocess


@contextlib.contextmanager
def mounted_overlay(work, *files):
    """Mounted at work/m; the files are in the lower layer."""
    for name in ("lower", "upper", "work", "m"):
        (work / name).mkdir()
    for name in files:
        (work / "lower" / name).write_text("from the image")
    layers = ",".join(f"{name}dir={work}/{name}" for name in ("lower", "upper", "work"))
    subprocess.run(["mount", "-t", "overlay", "-o", layers, "overlay", work / "m"], check=True)
    try:
        yield work / "m"
    finally:
        subprocess.run(["umount", work / "m"], check=True)


def overlay_types_are_known():
    """Without them ctrace can't tell the layers apart."""
    tells = (pathlib.Path("/sys/kernel/btf", name) for name in ("overlay", "vmlinux"))
    return any(b"\0ovl_inode\0" in path.read_bytes() for path in tells if path.exists())
