# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""docs/tutorial.md runs as it is written: one reader, one shell, from top to bottom."""

import platform
import shutil

import pytest

from harness import markdown
from harness.settings import TOP

STAGES = markdown.sections(TOP / "docs" / "tutorial.md")
NEEDED = ("make", "clang", "llvm-objdump", "llvm-readelf", "objdump", "strace", "jq")


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    if not all((TOP / name).exists() for name in ("Makefile", "build/ctrace")):
        pytest.skip("only the tests are here, not the source and what is built of it")
    if platform.machine() != "x86_64":
        pytest.skip("it shows the instructions of x86-64")
    if int(platform.release().split(".")[0]) >= 7:
        pytest.skip("it shows the hook of kernels before 7.0")
    reason = markdown.why_no_tools(*NEEDED)
    if reason:
        pytest.skip(reason)
    path = tmp_path_factory.mktemp("tutorial")
    shell = markdown.Shell(path, markdown.write_tools(path / "bin"), cwd=TOP)
    yield shell
    shell.close()
    shutil.rmtree(TOP / "build" / "refused", ignore_errors=True)


@pytest.mark.parametrize("stage", STAGES)
def test_stage(reader, stage):
    reader.play(STAGES[stage])


def test_all_stages_are_there():
    assert [name.split()[0] for name in STAGES] == list("01234567")
