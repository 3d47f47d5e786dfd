# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
ctrace and the floor in turn, which are some ns apart.

A machine's pace changes within seconds, by more than that.  So their programs, which are loaded and have all that they
need, are hooked in for a few milliseconds at a time, in an order of chance (who comes next finds what the one before
has left in the caches), and their least times are compared with those of the same round without a program.  Where a
program, or the process that is measured, happens to lie in memory is worth some ns, too: so all are started anew a few
times.
"""

import contextlib
import operator
import random
import statistics
from collections import defaultdict

import host
import tracers
from compare import CALLS, FLOOR, FLOORS, NONE, undisturbed

STARTS = 60
ROUNDS = 8  # after each start
TURN_MS = 2
BATCH = 32  # so that some of them run undisturbed in that time
CTRACE, OUTSIDE = tracers.KINDS[0].name, f"{tracers.KINDS[0].name}, outside"


def _time(workload, program):
    if program:
        workload.tell(f"hook {program}")
    times = {call: workload.time(call, TURN_MS, batch=BATCH)["min"] for call in CALLS}
    if program:
        workload.tell("unhook")
    return times


def _rounds(workload, programs):
    """{name: {call: [added ns]}}"""
    added = {name: defaultdict(list) for name in programs}
    for _ in range(ROUNDS):
        names = random.sample([NONE, *programs], len(programs) + 1)
        times = {name: _time(workload, programs.get(name)) for name in names}
        for name in programs:
            for call in CALLS:
                added[name][call].append(times[name][call] - times[NONE][call])
    return added


def _start(workload, traced, other):
    with contextlib.ExitStack() as stack:
        worker = stack.enter_context(contextlib.closing(workload.another()))
        pids, programs = [], {}
        tracer_of = [(FLOOR, FLOORS[0], other), (OUTSIDE, tracers.KINDS[0], other), (CTRACE, tracers.KINDS[0], traced)]
        for name, kind, target in random.sample(tracer_of, len(tracer_of)):
            tracer, programs[name] = tracers.held(kind, target)
            stack.callback(tracer.stop)
            pids.append(tracer.pid)
        host.wait_for_quiet(*pids)
        added = _rounds(worker, programs)
        return None if host.others_trace(*pids) else added


def run(workload, traced, other):
    """{name: {call: added ns}}, medians of all rounds: of the floor itself, and of what others add beyond it."""
    rounds = defaultdict(lambda: defaultdict(list))
    for number in range(STARTS):
        host.progress(f"beside the floor, start {number + 1} of {STARTS}")
        for name, calls in undisturbed(lambda: _start(workload, traced, other)).items():
            for call, added in calls.items():
                rounds[name][call] += added
    floor = {call: statistics.median(rounds[FLOOR][call]) for call in CALLS}
    return {name: {call: floor[call] + statistics.median(map(operator.sub, calls[call], rounds[FLOOR][call]))
                   for call in CALLS} for name, calls in rounds.items()}
