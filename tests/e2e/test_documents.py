# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What the documents say that a machine can check: options, links, and that both READMEs have the same commands."""

import re
import xml.etree.ElementTree

import pytest

from harness.settings import TOP
from harness.trace import run_ctrace

READMES = [TOP / "README.md", TOP / "README.zh.md"]
COMMANDS = ("", "run", "ps", "report", "doctor")
# of other programs, and the part of the word that is always the same
FOREIGN = {"--no-install-recommends", "--exclude-"}


@pytest.fixture(scope="module", autouse=True)
def source():
    if not READMES[0].exists():
        pytest.skip("only the tests are here, not the source")


def documents():
    return [*READMES, *sorted((TOP / "docs").glob("*.md"))]


def commands(path):
    """Lines of code without their comments, and the code in tables: the one thing that no translation changes."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("    "):
            found.append(re.sub(r"\s+#\s.*", "", line).strip())
        elif line.startswith("|"):
            found += re.findall(r"`(.*?)`", line)
    return found


def test_both_readmes_have_the_same_commands():
    english, chinese = map(commands, READMES)
    assert english == chinese
    assert len(english) > 40


def test_options_in_the_readmes_are_ctraces():
    known = set()
    for command in COMMANDS:
        known |= set(re.findall(r"--[a-z][a-z-]*", run_ctrace(*command.split(), "--help").stdout))
    # the help says --exclude-WHAT
    known |= {f"--exclude-{what}" for what in ("container", "pod", "namespace", "image", "label", "runtime")}
    for line in commands(READMES[0]):
        if re.search(r"\bctrace ", line) and not line.startswith("docker"):
            ours = line.split(" -- ")[0].split("|")[0]
            assert set(re.findall(r"--[a-z][a-z-]*", ours)) - FOREIGN <= known, line


def anchors(path):
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


@pytest.mark.parametrize(
    "name, shown",
    [
        ("demo.svg", ["$ sudo ctrace ps", "ENOENT /etc/app/config.yml", "/tmp/innocent", "0 lost"]),
        ("top.svg", ["$ sudo ctrace top", "5 containers: ", "[2 failing]", "ENOENT /", "0 lost"]),
    ],
)
def test_picture_shows_what_the_readme_says(name, shown):
    root = xml.etree.ElementTree.parse(TOP / "docs" / name).getroot()
    said = "".join(root.itertext()).replace("\N{NO-BREAK SPACE}", " ")
    for wanted in shown:
        assert wanted in said


def test_index_has_all_documents():
    index = (TOP / "docs" / "README.md").read_text(encoding="utf-8")
    for path in (TOP / "docs").glob("*.md"):
        assert path.name == "README.md" or f"({path.name})" in index
