# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
short.py [--tap FILE]: a regression would show here, in seconds and on any machine, however busy.  Run by `make check`.

Traced and untraced opens in turn, in short batches, by moving the workload from cgroup to cgroup: a neighbour slows
both, other tracers cost both the same.  The margins are wide; `make bench` has the true bars.
"""

import argparse
import sys

from bench import Stage, mount_tracefs

# pylint: disable=wrong-import-order
import bars
import growth
import replay
import tracers

TRIES = 3  # the best of them counts: nothing makes a program faster than it is
# An open and its close with tracing, by one without: 1.2 when this was written.
MOST_TRACED = 1.7
MOST_FAILED = 2.0
MOST_REPLAY_NS = 1500


def ratio(stage, call):
    target = tracers.Target(stage.top, stage.workload.pid, stage.files.path)
    tracer = tracers.Tracer(tracers.KINDS[0], target)
    try:
        return growth.Pairs(stage.workload, stage.traced).measure(stage.top, call)["ratio"]
    finally:
        tracer.stop()
        stage.traced.add(stage.workload.pid)


def best(measure, most):
    values = []
    for _ in range(TRIES):
        values.append(measure())
        if values[-1] <= most:
            break
    return min(values)


def checks(stage):
    yield bars.Bar("a traced open, x an untraced one", best(lambda: ratio(stage, "open"), MOST_TRACED), MOST_TRACED)
    yield bars.Bar("a traced failed open, x an untraced one", best(lambda: ratio(stage, "fail"), MOST_FAILED),
                   MOST_FAILED)
    ns = best(lambda: replay.run(stage.containers, 500_000, 1)["cpu_ns_per_event"], MOST_REPLAY_NS)
    yield bars.Bar("ctrace's CPU, ns an event, replay", ns, MOST_REPLAY_NS)


def main():
    parser = argparse.ArgumentParser(prog="short")
    parser.add_argument("--tap", type=argparse.FileType("w"), default=sys.stdout)
    args = parser.parse_args()

    mount_tracefs()
    with Stage() as stage:
        results = list(checks(stage))
    for number, bar in enumerate(results, 1):
        print(f"{'ok' if bar.met else 'not ok'} {number} - bench: {bar.name}: {bar.value:.4g} (<= {bar.most:g})",
              file=args.tap)
    print(f"1..{len(results)}", file=args.tap)
    return 0 if all(bar.met for bar in results) else 1


if __name__ == "__main__":
    sys.exit(main())
