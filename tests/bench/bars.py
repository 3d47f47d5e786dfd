# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What must hold.  Times between tracers are ratios in one run, so that machines can differ."""

import statistics
from dataclasses import dataclass

from compare import FLOOR, added
from turns import CTRACE, OUTSIDE


@dataclass
class Bar:
    name: str
    value: float
    most: float  # or, with least, at the least
    least: bool = False

    @property
    def met(self):
        return self.value >= self.most if self.least else self.value <= self.most

    def __str__(self):
        sign = ">=" if self.least else "<="
        return f"{'ok  ' if self.met else 'MISS'} {self.name}: {self.value:.4g} ({sign} {self.most:g})"


def of_turns(results):
    def over_floor(name, call):
        return results[name][call] / results[FLOOR][call]

    # the same to a program that does not know yet whose call it is
    unrelated = statistics.mean(over_floor(name, "ppid") for name in (OUTSIDE, CTRACE))
    return [
        Bar("open outside, x floor (in turn)", over_floor(OUTSIDE, "open"), 1.15),
        Bar("unrelated call, x floor (in turn)", unrelated, 1.05),
        Bar("traced open, x floor (in turn)", over_floor(CTRACE, "open"), 3.0),
        Bar("traced failed open, x floor (in turn)", over_floor(CTRACE, "fail"), 3.0),
    ]


def of_compare(results):
    bars = [Bar("missing of what was done", results["ctrace"]["missing"], 0)]
    if "opensnoop" in results:
        for call, what in (("open", "traced open"), ("fail", "traced failed open")):
            ratio = added(results, "ctrace", call, "median") / added(results, "opensnoop", call, "median")
            bars.append(Bar(f"{what}, x opensnoop (median)", ratio, 0.12))
    return bars


def of_loss(one, two):
    return [
        Bar(f"lost in {one['seconds']} s, one thread", one["lost"] + abs(one["unaccounted"]), 0),
        Bar("lines that did not come, one thread", abs(one["lines"] - one["delivered"]), 0),
        Bar("not accounted for, two threads", abs(two["unaccounted"]), 0),
        Bar("tracer's CPU, ns an event, live", one["cpu_ns_per_event"], 350),
    ]


def of_replay(result):
    return [
        Bar("tracer's CPU, ns an event, replay", result["cpu_ns_per_event"], 350),
        Bar("events a CPU second, replay", result["events_per_cpu_second"], 2e6, least=True),
    ]


def of_growth(result):
    bars = []
    for series, what in (("cgroups", "10,000 traced cgroups"), ("nesting", "cgroups nested 30 deep")):
        costs = [point["ratio"] for point in result[series]]
        bars.append(Bar(f"cost of an open with {what}, x one", max(costs[1:]) / costs[0], 1.10))
    return bars


def of_footprint(result):
    containers = result["containers"]
    return [
        Bar("stripped binary, KiB", result["binary_kib"], 600),
        Bar("resident beside the ring, 100 containers, KiB", containers["rss_without_ring_kib"], 10240),
        Bar("start to filters live, ms (min)", result["start_ms"]["min"], 60),
        Bar("idle CPU, share of a processor", containers["idle_cpu"], 0.001),
    ]
