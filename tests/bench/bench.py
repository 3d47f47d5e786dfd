# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
bench.py [--only SECTION,...] [--rounds N] [--docs]: measure, print a table, write BUILD/bench.json; exit with 1 when a
bar is missed.  Run by `make bench`, as root, in a mount namespace of its own.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

# pylint: disable=wrong-import-position
import bars
import compare
import footprint
import growth
import host
import loss
import replay
import report
import svg
import tracers
import turns
from workload import Files, Workload, make_cgroup

SECTIONS = ("compare", "turns", "replay", "footprint", "growth", "loss")
DOCS = HERE.parent.parent / "docs"
CHART = "![what an open costs as there is more](growth.svg)\n"
BEGIN, END = "<!-- what follows is written by make bench-docs -->", "<!-- up to here -->"


def mount_tracefs():
    """Peers need it; we are in a mount namespace of our own."""
    if not os.path.exists("/sys/kernel/tracing/events"):
        subprocess.run(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"], check=True)


class Stage:
    """The files, cgroups and processes that all sections share."""

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of __exit__
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job has it ignored, and so would tracers
        cpu, tracer_cpu = host.processors()
        self.files = Files()
        self.traced, self.other = make_cgroup("traced"), make_cgroup("other")
        self.top, self.containers = make_cgroup("top"), make_cgroup("containers")
        self.workload = Workload(tracers.WORKLOAD, self.traced, cpu, self.files)
        self.bystander = self.other.popen("sleep", "100000")
        os.sched_setaffinity(0, [tracer_cpu])  # and with us the tracers
        self.target = tracers.Target(self.traced, self.workload.pid, self.files.path)
        self.elsewhere = tracers.Target(self.other, self.bystander.pid, self.files.path)
        return self

    def __exit__(self, *_):
        self.workload.close()
        self.bystander.kill()
        self.bystander.wait()
        for group in (self.traced, self.other, self.top, self.containers):
            group.remove()
        self.files.remove()


def measure(stage, only, rounds):
    results, met = {}, []
    if "compare" in only:
        results["compare"] = compare.run(stage.workload, stage.target, stage.elsewhere, rounds)
        met += bars.of_compare(results["compare"])
    if "turns" in only:
        results["turns"] = turns.run(stage.workload, stage.target, stage.elsewhere)
        met += bars.of_turns(results["turns"])
    if "replay" in only:
        results["replay"] = replay.run(stage.containers)
        met += bars.of_replay(results["replay"])
    if "footprint" in only:
        results["footprint"] = footprint.run(stage.containers)
        met += bars.of_footprint(results["footprint"])
    if "growth" in only:  # behind what starts ctrace: it makes 10,000 cgroups, and every start looks at all
        target = tracers.Target(stage.top, stage.workload.pid, stage.files.path)
        results["growth"] = growth.run(stage.workload, target, stage.traced)
        met += bars.of_growth(results["growth"])
    if "loss" in only:
        host.progress("as fast as it goes, for 70 seconds")
        one = loss.one_thread(stage.workload, stage.target)
        two = loss.two_threads(stage.workload, stage.target)
        results["loss"] = {"one": one, "two": two}
        met += bars.of_loss(one, two)
    return results, met


def write_docs(text, results):
    page = DOCS / "performance.md"
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    page.write_text(before + BEGIN + "\n\n" + text + "\n" + CHART + "\n" + END + rest.split(END)[1], encoding="utf-8")
    (DOCS / "growth.svg").write_text(svg.growth(results["growth"]), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--only", default=",".join(SECTIONS), help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--docs", action="store_true", help="write docs/performance.md and docs/growth.svg, too")
    args = parser.parse_args()

    mount_tracefs()
    info = host.describe()
    with Stage() as stage:
        results, met = measure(stage, args.only.split(","), args.rounds)
    results |= {"command": "sudo make bench", "host": info,
                "bars": [{"name": bar.name, "value": bar.value, "bar": bar.most, "met": bar.met} for bar in met]}
    (tracers.BUILD / "bench.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    text = report.markdown(results, met)
    print(text)
    if "growth" in results:
        (tracers.BUILD / "growth.svg").write_text(svg.growth(results["growth"]), encoding="utf-8")
    if args.docs:
        write_docs(text, results)
    for bar in met:
        if not bar.met:
            print(f"bench: a bar is missed: {bar}", file=sys.stderr)
    return 0 if all(bar.met for bar in met) else 1


if __name__ == "__main__":
    sys.exit(main())
