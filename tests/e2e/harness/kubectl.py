# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The real kubectl: of this host, or Debian 13's, since Debian 12's kustomize knows no folders."""

import functools
import re
import shutil
import subprocess

import pytest

from .settings import TOP

OWN = TOP / "build" / "kubectl"


def is_new_enough(program):
    argv = [program, "version", "--client", "--output=json"]
    told = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    minor = re.search(r'"minor": "(\d+)', told)
    return minor is not None and int(minor[1]) >= 21


@functools.cache
def program():
    found = shutil.which("kubectl")
    if found and is_new_enough(found):
        return found
    fetch = [TOP / "tests" / "vm" / "fetch-packages", "amd64/trixie", OWN, "kubectl"]
    done = subprocess.run(fetch, capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip(f"no kubectl 1.21 or later here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return OWN / "usr" / "bin" / "kubectl"


def kubectl(*args, **kwargs):
    """kubectl("kustomize", directory) returns what it printed."""
    done = subprocess.run(
        [program(), *map(str, args)], capture_output=True, text=True, check=False, **kwargs
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
