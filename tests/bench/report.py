# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The results as Markdown, which reads well on a terminal, too."""

import tracers
from compare import CALLS, FLOOR, NONE, PEER_FLOOR, RECORD_FLOOR, added


def _table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|"] + lines[1:])


def _times(results, in_turn, name, call):
    if name == NONE:
        return f"{results[name][call]['min']:.0f} / {results[name][call]['median']:.0f}"
    text = f"+{added(results, name, call, 'min'):.0f} / +{added(results, name, call, 'median'):.0f}"
    return f"{text} / +{in_turn[name][call]:.0f}" if name in in_turn else text


def costs(results, in_turn):
    rows = [["ns, minimum / median / in turn", "open + close", "failed open", "getppid"]]
    first = (NONE, FLOOR, RECORD_FLOOR, PEER_FLOOR)
    for name in [*first, *(name for name in results if name not in first)]:
        rows.append([name] + [_times(results, in_turn, name, call) for call in CALLS])
    return _table(rows)


def deliveries(results):
    rows = [["", "done", "delivered", "missing", "bytes an event", "its CPU, ns an event", "resident, MiB",
             "to the first event, ms"]]
    for name, of in results.items():
        if "done" not in of:
            continue
        rows.append([name, f"{of['done']:,}", f"{of['delivered']:,}", f"{of['missing']:,}",
                     f"{of['bytes_per_event']:.0f}", f"{of['cpu_ns_per_event']:.0f}", f"{of['rss_kib'] / 1024:.1f}",
                     f"{of['first_event_ms']:.0f}" if "first_event_ms" in of else ""])
    return _table(rows)


def skips():
    missing = [f"- {kind.name}: not installed" for kind in tracers.KINDS if not tracers.present(kind)]
    return "\n".join(missing + [f"- {name}: {why}" for name, why in tracers.NOT_HERE.items()])


def _loss(run):
    return (f"{run['threads']} thread{'s' if run['threads'] > 1 else ''}, {run['seconds']} s: {run['calls']:,} opens "
            f"({run['opens_per_second']:,.0f} a second), {run['delivered']:,} delivered, {run['lost']:,} lost and counted, "
            f"{run['unaccounted']:,} unaccounted for; {run['cpu_ns_per_event']:.0f} ns of ctrace's CPU an event, "
            f"{run['bytes'] / max(run['lines'], 1):.0f} bytes a line.")


def _growth(result):
    rows = [["", "traced, ns", "untraced, ns", "added, ns"]]
    for series, what in (("cgroups", "traced cgroups"), ("nesting", "cgroups deep"), ("path", "components of path")):
        for point in result[series]:
            rows.append([f"{point['x']:,} {what}", f"{point['traced']:.0f}", f"{point['outside']:.0f}",
                         f"{point['added']:.0f}"])
    return _table(rows)


def _footprint(result):
    containers = result["containers"]
    return _table([
        ["", ""],
        ["stripped binary", f"{result['binary_kib']:.0f} KiB"],
        ["start to filters live", f"{result['start_ms']['min']:.0f} ms at least, {result['start_ms']['median']:.0f} ms median"],
        ["the same, 100 containers by id", f"{containers['start_ms']:.0f} ms"],
        ["resident, 100 containers", f"{containers['rss_kib'] / 1024:.1f} MiB, "
                                     f"{containers['rss_without_ring_kib'] / 1024:.1f} MiB without the ring"],
        ["idle CPU", f"{100 * containers['idle_cpu']:.3f} %"],
    ])


def markdown(results, bars):
    host = results["host"]
    parts = [f"`{results['command']}` on Linux {host['kernel']}, {host['machine']}, {host['processors']} x "
             f"{host['processor']}, {host['memory_mib']:,} MiB; load average {host['load']:.1f}."]
    if "compare" in results:
        parts += [costs(results["compare"], results.get("turns", {})), deliveries(results["compare"]), "Not compared:\n\n" + skips()]
    if "loss" in results:
        parts += ["**As fast as it goes.** " + " ".join(_loss(results["loss"][key]) for key in ("one", "two"))]
    if "replay" in results:
        replay = results["replay"]
        parts += [f"**Replay** of real records: {replay['cpu_ns_per_event']:.0f} ns of CPU an event, "
                  f"{replay['events_per_cpu_second'] / 1e6:.2f} million events a CPU second ({replay['events']:,} events)."]
    if "growth" in results:
        parts += [_growth(results["growth"])]
    if "footprint" in results:
        parts += [_footprint(results["footprint"])]
    parts += ["Bars:\n\n" + "\n".join(f"    {bar}" for bar in bars)]
    return "\n\n".join(parts) + "\n"
