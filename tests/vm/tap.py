# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What a test command says in TAP, and how many of it passed."""

import re
from dataclasses import dataclass, field

CASE = re.compile(
    r"(?P<bad>not )?ok \d+ *(- *)?(?P<name>.*?)"
    r"(?: *(?<!\\)# *(?P<word>SKIP|TODO)\S* *(?P<reason>.*))?$", re.I)  # a # of the name is written \#
PLAN = re.compile(r"1\.\.(\d+)(?: *# *SKIP\S* *(?P<reason>.*))?", re.I)
# ours: how many instructions the verifier walked through, program by program; - where the kernel doesn't tell
INSNS = re.compile(r"# insns (\S+) (\d+|-)$")


@dataclass
class Case:
    name: str
    result: str             # passed, failed, skipped
    reason: str = ""
    details: list = field(default_factory=list)  # of a failure: the comments that follow it

    def lines(self, number, prefix):
        skip = f" # SKIP {self.reason}" if self.result == "skipped" else ""
        return [f"{'not ok' if self.result == 'failed' else 'ok'} {number} - {prefix}: {self.name}{skip}", *self.details]


@dataclass
class Report:
    """All that one run of the command told."""
    cases: list = field(default_factory=list)
    insns: dict = field(default_factory=dict)
    planned: int = None

    def add_line(self, line):
        line = line.rstrip()
        if match := CASE.match(line):
            self.cases.append(case_of(match))
        elif match := PLAN.match(line):
            self.planned = int(match[1])
            if match["reason"]:  # nothing at all could be tested
                self.planned = 1
                self.cases.append(Case("all", "skipped", match["reason"]))
        elif match := INSNS.match(line):
            self.insns[match[1]] = match[2]
        elif line.startswith("#") and self.cases and self.cases[-1].result == "failed":
            self.cases[-1].details.append(line)
        elif line.startswith("Bail out!"):
            self.fail(line)

    def fail(self, what):
        self.cases.append(Case(what, "failed"))

    def finish(self, status):
        """A command that breaks off, or whose failures TAP doesn't show, must not look well."""
        told = len(self.cases)
        if self.planned is not None and told != self.planned:
            self.fail(f"{told} of {self.planned} cases reported")
        elif status != 0 and not self.count("failed"):
            self.fail(f"the command exited with {status}")
        elif told == 0 and self.planned is None:
            self.fail("the command reported no case")

    def count(self, result):
        return sum(case.result == result for case in self.cases)


def case_of(match):
    # TODO: known not to work, so whatever it does is no news
    if match["word"]:
        return Case(match["name"], "skipped", match["reason"] or match["word"])
    return Case(match["name"], "failed" if match["bad"] else "passed")
