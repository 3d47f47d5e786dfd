# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A busybox image as `docker save` writes it: what every engine can load."""

import hashlib
import io
import json
import platform
import subprocess
import tarfile

from .settings import ENGINE

ARCH = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]


def _add(archive, name, data):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def _layer(root):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as layer:
        layer.add(root, arcname=".")
    return packed.getvalue()


def save(path, scratch, *names):
    """Writes an image of these names to path; scratch is a folder to be made and used."""
    subprocess.run([ENGINE / "busybox-root", scratch], check=True, capture_output=True)
    layer = _layer(scratch)
    config = {
        "architecture": ARCH,
        "os": "linux",
        "config": {"Cmd": ["/bin/sleep", "1000000"], "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": list(names), "Layers": ["layer.tar"]}]
    with tarfile.open(path, "w") as archive:
        _add(archive, "layer.tar", layer)
        _add(archive, "config.json", json.dumps(config).encode())
        _add(archive, "manifest.json", json.dumps(manifest).encode())
    return path
