# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Fewer events, and no lie about how many: what is left out is counted."""

import os
import signal
import time

import pytest

from harness.settings import program
from harness.trace import Trace
from harness.truth import path_of, programs_own, run_program


def summaries(trace):
    return [event for event in trace.events if event["type"] == "summary"]


def total(trace, field):
    return sum(event[field] for event in summaries(trace))


def assert_adds_up(trace):
    """opens done = delivered + suppressed + lost, to the last one."""
    assert total(trace, "opens") == (
        len(trace.opens()) + total(trace, "suppressed") + total(trace, "lost")
    )
    assert total(trace, "suppressed") == total(trace, "repeated") + total(trace, "over_rate")
    assert total(trace, "lost") == trace.lost


# --- which paths ---------------------------------------------------------------------------


@pytest.fixture
def tree(work):
    """Files below work, which has a short name of its own."""
    for name in ("a/file", "a/b/file", "ab/file", "c/file"):
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (work / "link").symlink_to("a/b")
    return work


def seen(cgroup, options, names, **kwargs):
    with Trace("--cgroup", cgroup, *options, "--comm", "opener") as trace:
        made = run_program(cgroup, "opener", *names, **kwargs)
    return [path_of(event).decode() for event in programs_own(trace.opens(), made)]


def test_path_is_a_file_or_all_below_a_directory(cgroup, tree):
    names = [f"{tree}/{name}" for name in ("a", "a/file", "a/b/file", "ab/file", "c/file")]
    wanted = [f"{tree}/{name}" for name in ("a", "a/file", "a/b/file")]
    assert seen(cgroup, ["--path", f"{tree}/a"], ["openat", *names]) == wanted
    assert seen(cgroup, ["--path", f"{tree}/a/file"], ["openat", *names]) == [f"{tree}/a/file"]


def test_path_is_the_true_one(cgroup, tree):
    """Neither a link nor '..' leads past it, and a relative name is not needed to be one."""
    names = [f"{tree}/link/file", f"{tree}/c/../a/file", f"{tree}/a/../c/file"]
    wanted = [f"{tree}/a/b/file", f"{tree}/a/file"]
    assert seen(cgroup, ["--path", f"{tree}/a"], ["openat", *names]) == wanted
    assert seen(cgroup, ["--exclude-path", f"{tree}/a"], ["openat", *names]) == [f"{tree}/c/file"]


def test_paths_are_repeatable_and_exclusion_wins(cgroup, tree):
    names = [f"{tree}/{name}" for name in ("a/file", "a/b/file", "ab/file", "c/file")]
    options = ["--path", f"{tree}/a", "--path", f"{tree}/c", "--exclude-path", f"{tree}/a/b/"]
    assert seen(cgroup, options, ["openat", *names]) == [f"{tree}/a/file", f"{tree}/c/file"]


def test_root_is_every_path_but_no_pipe(cgroup, tree):
    names = [f"{tree}/a/file", "/", "/proc/self/fd/1", "/none"]
    wanted = [f"{tree}/a/file", "/", "/none"]
    assert seen(cgroup, ["--path", "/"], ["openat", *names]) == wanted


def test_longest_path_that_can_be_asked_for(cgroup, work):
    below = work / ("x" * 200)
    wanted = below / ("y" * (256 - len(str(below)) - 1))
    below.mkdir()
    wanted.touch()
    assert len(str(wanted)) == 256
    names = [wanted, str(wanted)[:-1] + "z", str(wanted)[:-1]]
    for name in names[1:]:
        open(name, "w", encoding="ascii").close()
    assert seen(cgroup, ["--path", wanted], ["openat", *names]) == [str(wanted)]


@pytest.mark.parametrize(
    "name, wanted",
    [
        ("/none/x", True),
        ("/none", True),
        ("/nonesuch", False),
        ("/other/x", False),
        ("/other/none/x", False),
        # where these would have led can't be told
        ("/other/../none/x", True),
        ("/other/./x", True),
        ("//other/x", True),
        ("/other/..", True),
        ("/" + "o" * 2000 + "/../x", True),
        ("/" + "o" * 1021 + "/../x", True),
        ("/" + "o/" * 1000 + "x..", False),
        ("/..other/x", False),
    ],
)
def test_path_of_failures_is_what_was_asked_for(cgroup, name, wanted):
    assert seen(cgroup, ["--path", "/none"], ["openat", name]) == ([name] if wanted else [])


def test_path_of_failures_goes_on_from_the_directory(cgroup, tree):
    names = ["none", "b/none", "b", "bb/none", "bc"]
    options = ["--path", f"{tree}/a/b", "--failed"]
    assert seen(cgroup, options, ["openat", *names], cwd=tree / "a") == [f"{tree}/a/b/none"]
    options = ["--path", f"{tree}/a", "--failed"]
    wanted = [f"{tree}/a/{name}" for name in ("none", "b/none", "bb/none", "bc")]
    assert seen(cgroup, options, ["openat", *names], cwd=tree / "a") == wanted
    options = ["--exclude-path", f"{tree}/a/bb", "--failed"]
    wanted = [f"{tree}/a/{name}" for name in ("none", "b/none", "bc")]
    assert seen(cgroup, options, ["openat", *names], cwd=tree / "a") == wanted


def test_sixteen_paths(cgroup, tree):
    options = [word for i in range(15) for word in ("--path", f"/none/{i}")]
    names = [f"{tree}/a/file", f"{tree}/c/file", "/none/14/x"]
    options += ["--path", f"{tree}/c"]
    assert seen(cgroup, options, ["openat", *names]) == [f"{tree}/c/file", "/none/14/x"]


# --- the same open again -----------------------------------------------------------------------


def test_dedup_reports_once_and_counts_the_rest(cgroup):
    with Trace("--cgroup", cgroup, "--dedup", "1h", "--comm", "load") as trace:
        (told,) = run_program(cgroup, "load", "burst", "20000", "/etc/passwd")
    events = programs_own(trace.opens(), [told])
    assert [event["file"]["path"] for event in events] == ["/etc/passwd"]
    assert total(trace, "repeated") == told["done"] - 1
    assert_adds_up(trace)


def test_dedup_tells_the_count_with_the_next_one(cgroup):
    with Trace("--cgroup", cgroup, "--dedup", "300ms", "--comm", "load") as trace:
        made = run_program(cgroup, "load", "paced", "40", "25", "/etc/passwd")
    first, *later = programs_own(trace.opens(), made)
    assert 2 <= len(later) <= 4
    assert "repeated" not in first
    assert all(event["repeated"] >= 1 for event in later)
    times = [event["time"] for event in (first, *later)]
    assert times == sorted(times)
    assert 1 + len(later) + total(trace, "repeated") == 40
    assert_adds_up(trace)


def test_dedup_tells_opens_apart(cgroup, tree):
    """By path, flags, error and executable; not by process, descriptor or name."""
    with Trace("--cgroup", cgroup, "--dedup", "1h") as trace:
        for _ in range(2):
            run_program(cgroup, "opener", "openat", f"{tree}/a/b/file", f"{tree}/link/file")
            run_program(cgroup, "opener", "--flags", "O_RDWR", "openat", f"{tree}/a/b/file")
            run_program(cgroup, "opener", "openat", f"{tree}/none")
            run_program(cgroup, "opener", "openat", f"{tree}/c/file/x")
            run_program(cgroup, "load", "burst", "3", f"{tree}/a/b/file")
    paths = [
        (event["process"]["comm"], event["file"]["path"], event.get("error"))
        for event in trace.opens()
        if event["file"]["path"].startswith(str(tree))
    ]
    assert sorted(paths, key=str) == sorted(
        [
            ("opener", f"{tree}/a/b/file", None),
            ("opener", f"{tree}/a/b/file", None),  # O_RDWR
            ("opener", f"{tree}/none", "ENOENT"),
            ("opener", f"{tree}/c/file/x", "ENOTDIR"),
            ("load", f"{tree}/a/b/file", None),
        ],
        key=str,
    )
    assert_adds_up(trace)


def test_dedup_keeps_containers_apart(cgroup):
    one, two = cgroup.child("one"), cgroup.child("two")
    with Trace("--cgroup", one, "--cgroup", two, "--dedup", "1h", "--comm", "load") as trace:
        for group in (one, two):
            run_program(group, "load", "burst", "10", "/etc/passwd")
    seen_in = [e["cgroup_id"] for e in trace.opens() if e["file"]["path"] == "/etc/passwd"]
    assert sorted(seen_in) == sorted([one.id, two.id])
    for group in (one, two):
        assert sum(e["repeated"] for e in summaries(trace) if e["cgroup_id"] == group.id) == 9
    assert_adds_up(trace)


def test_dedup_loses_no_count_with_what_it_forgets(cgroup, work):
    """More different opens than are remembered: repeats may be reported, none is uncounted."""
    with Trace("--cgroup", cgroup, "--dedup", "1h", "--comm", "load") as trace:
        for count in ("70000", "2000"):
            run_program(cgroup, "load", "unique", count, f"{work}/none-")
    assert total(trace, "opens") >= 72000
    assert_adds_up(trace)


def test_dedup_does_not_hide_what_was_lost(cgroup):
    """An open that found no room was not reported: the next one like it is."""
    with Trace("--cgroup", cgroup, "--dedup", "1h", "--buffer-size", "4096") as trace:
        os.kill(trace.pid, signal.SIGSTOP)
        run_program(cgroup, "load", "unique", "200", "/none/")
        os.kill(trace.pid, signal.SIGCONT)
        trace.wait_line(b'"lost"', "the loss")
        for _ in range(30):  # each finds room for some more
            run_program(cgroup, "load", "unique", "200", "/none/")
            time.sleep(0.05)
    assert trace.lost > 0, "nothing lost: nothing is proven"
    names = [event["file"]["name"] for event in trace.opens() if "error" in event]
    for number in range(200):
        assert f"/none/{number}" in names
    assert_adds_up(trace)


def test_threads_opening_the_same_at_once(cgroup, work):
    """Repeats on several CPUs are counted, each of them."""
    with Trace("--cgroup", cgroup, "--dedup", "1h", "--comm", "load") as trace:
        for _ in range(2):
            (told,) = run_program(cgroup, "load", "threads", "4", "2000", work)
    assert total(trace, "repeated") >= told["done"]
    assert_adds_up(trace)


# --- so many a second ---------------------------------------------------------------------------


def by_second(events):
    counts = {}
    for event in events:
        counts[event["time"][:19]] = counts.get(event["time"][:19], 0) + 1
    return counts


def test_rate_caps_a_container(cgroup):
    with Trace("--cgroup", cgroup, "--rate", "50", "--comm", "load") as trace:
        noisy = cgroup.popen(program("load"), "forever", "/etc/passwd")
        time.sleep(3)
        noisy.kill()
        noisy.wait()
    # a second of the rate may lie across two of the time of day
    assert max(by_second(trace.opens()).values()) <= 100
    assert 100 <= len(trace.opens()) <= 50 * 6
    assert total(trace, "over_rate") > 1000
    assert_adds_up(trace)


def test_rate_does_not_blind_the_others(cgroup):
    noisy, calm = cgroup.child("noisy"), cgroup.child("calm")
    with Trace("--cgroup", noisy, "--cgroup", calm, "--rate", "200") as trace:
        run_program(noisy, "load", "burst", "20000", "/etc/passwd")
        made = run_program(calm, "opener", "openat", "/etc", "/proc", "/none")
    assert len(programs_own(trace.opens(), made)) == 3
    over = {event["cgroup_id"]: event["over_rate"] for event in summaries(trace)}
    assert over[noisy.id] > 10000 and over[calm.id] == 0
    assert_adds_up(trace)


def test_rate_takes_no_repeats_into_account(cgroup):
    with Trace("--cgroup", cgroup, "--rate", "1000", "--dedup", "1h", "--comm", "load") as trace:
        run_program(cgroup, "load", "burst", "20000", "/etc/passwd")
    assert total(trace, "over_rate") == 0
    assert_adds_up(trace)


# --- summaries ----------------------------------------------------------------------------------


def test_summary_counts_what_was_done(cgroup, work):
    with Trace("--cgroup", cgroup, "--summary", "1h", "--comm", "load") as trace:
        (told,) = run_program(cgroup, "load", "unique", "500", f"{work}/none-")
        run_program(cgroup, "load", "burst", "100", "/etc/passwd")
    (summary,) = summaries(trace)
    assert summary["cgroup_id"] == cgroup.id
    assert summary["failures"] >= told["done"] == 500
    assert summary["writes"] == 0
    assert summary["opens"] == len(trace.opens())
    assert_adds_up(trace)


def test_summary_counts_writes(cgroup, work):
    with Trace("--cgroup", cgroup, "--summary", "1h", "--comm", "opener") as trace:
        run_program(cgroup, "opener", "--flags", "O_WRONLY|O_CREAT", "openat", f"{work}/new")
        run_program(cgroup, "opener", "openat", f"{work}/new")
    assert total(trace, "writes") == 1
    assert_adds_up(trace)


def test_summary_comes_every_so_often_and_only_with_news(cgroup):
    with Trace("--cgroup", cgroup, "--summary", "200ms", "--comm", "load") as trace:
        run_program(cgroup, "load", "burst", "10", "/etc/passwd")
        trace.wait_line(b'"summary"', "the first summary")
        time.sleep(1)
        before = len([line for _, line in trace.lines if b'"summary"' in line])
        run_program(cgroup, "load", "burst", "10", "/etc/passwd")
    assert before <= 2, "nothing was opened, nothing is to be told"
    assert len(summaries(trace)) >= 2
    assert_adds_up(trace)


def test_summary_adds_up_with_losses(cgroup):
    with Trace("--cgroup", cgroup, "--summary", "100ms", "--buffer-size", "4096") as trace:
        for _ in range(3):
            os.kill(trace.pid, signal.SIGSTOP)
            run_program(cgroup, "load", "burst", "1000", "/etc/passwd")
            os.kill(trace.pid, signal.SIGCONT)
            time.sleep(0.2)
    assert trace.lost > 0
    assert_adds_up(trace)


def test_summary_of_a_container_that_is_gone(cgroup):
    gone, stays = cgroup.child("gone"), cgroup.child("stays")
    with Trace("--cgroup", gone, "--cgroup", stays, "--summary", "1h") as trace:
        run_program(gone, "load", "burst", "10", "/etc/passwd")
        gone.remove()
        trace.wait_line(b'"summary"', "its last summary", 5)
    assert [event["cgroup_id"] for event in summaries(trace)] == [gone.id]
    assert_adds_up(trace)


def test_end_tells_what_was_suppressed(cgroup):
    with Trace("--cgroup", cgroup, "--dedup", "1h", "--comm", "load") as trace:
        run_program(cgroup, "load", "burst", "1000", "/etc/passwd")
    suppressed = total(trace, "suppressed")
    assert f"{len(trace.opens())} opens, {suppressed} suppressed, 0 lost" in trace.stderr
