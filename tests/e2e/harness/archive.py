# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Images as `docker save` writes them: what every engine can load."""

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


def write(path, layer, *names, config=None, arch=ARCH):
    """Writes an image of these names, and of the one layer that the tar file is, to path."""
    with open(layer, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    about = {
        "architecture": arch,
        "os": "linux",
        "config": config or {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": list(names), "Layers": ["layer.tar"]}]
    with tarfile.open(path, "w") as archive:
        archive.add(layer, arcname="layer.tar")
        _add(archive, "config.json", json.dumps(about).encode())
        _add(archive, "manifest.json", json.dumps(manifest).encode())
    return path


def save(path, scratch, *names):
    """An image of busybox; scratch is a folder to be made and used."""
    subprocess.run([ENGINE / "busybox-root", scratch], check=True, capture_output=True)
    layer = path.with_suffix(".layer")
    with tarfile.open(layer, "w") as packed:
        packed.add(scratch, arcname=".")
    config = {"Cmd": ["/bin/sleep", "1000000"], "Env": ["PATH=/bin"]}
    return write(path, layer, *names, config=config)
