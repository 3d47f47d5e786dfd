# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What an open costs as more is traced, and as things lie deeper."""

import statistics

import host
import tracers

MS = 40
PASSES = 15
CGROUPS = (1, 10, 100, 1000, 10000)
NESTING = (1, 5, 10, 20, 30)
PATH_DEPTHS = (1, 2, 4, 8, 16, 32)


class Pairs:
    """Traced and untraced in turn, by moving the workload from cgroup to cgroup: a busy neighbour slows both."""

    def __init__(self, workload, outside):
        self.workload, self.outside = workload, outside

    def _time(self, group, call, ms):
        group.add(self.workload.pid)
        return self.workload.time(call, ms)["min"]

    def measure(self, inside, call="open", passes=PASSES, ms=MS):
        pairs = [(self._time(self.outside, call, ms), self._time(inside, call, ms)) for _ in range(passes)]
        outside, traced = (min(times) for times in zip(*pairs))
        return {"outside": outside, "traced": traced, "added": traced - outside,
                "ratio": statistics.median(one[1] / one[0] for one in pairs)}


def by_cgroups(pairs, top, home):
    points, made = [], 1  # the workload's own
    for count in CGROUPS:
        for number in range(made, count):
            top.child(f"c{number}")
        made = count
        points.append({"x": count, **pairs.measure(home)})
    return points


def by_nesting(pairs, top):
    points, group, depth = [], top, 0
    for wanted in NESTING:
        while depth < wanted:
            group = group.child("deeper")
            depth += 1
        points.append({"x": wanted, **pairs.measure(group)})
    return points


def by_path(pairs, home, files):
    points, depth, directory = [], 0, files.path / "deep"
    directory.mkdir()
    for wanted in PATH_DEPTHS:
        while depth < wanted - 1:
            directory = directory / f"level-{depth:02}"
            directory.mkdir()
            depth += 1
        (directory / "file").write_text("")
        pairs.workload.tell(f"chdir {directory}")
        files.file, kept = "file", files.file
        points.append({"x": wanted, **pairs.measure(home)})
        files.file = kept
    pairs.workload.tell("chdir /")
    return points


def run(workload, target, outside):
    top = target.cgroup
    home = top.child("home")
    pairs = Pairs(workload, outside)
    tracer = tracers.Tracer(tracers.KINDS[0], target)
    try:
        host.progress("growth by path depth, by cgroup nesting, by number of cgroups")
        return {
            "path": by_path(pairs, home, workload.files),
            "nesting": by_nesting(pairs, top),
            "cgroups": by_cgroups(pairs, top, home),
        }
    finally:
        tracer.stop()
        outside.add(workload.pid)
