# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A container that starts while ctrace runs is traced, under its name, from its first open."""

import pytest

from conftest import unique_name
from harness import bundle, settings
from harness.burst import Burst
from harness.trace import Trace

COUNT = 200 if settings.SLOW else 60
PARALLEL = 8


def waited_for(names):
    """--wait for each of them: nothing that others start here is traced."""
    return ["--wait", *(word for name in names for word in ("--container", name))]


@pytest.mark.parametrize("runtime", ["runc", "crun"])
def test_burst_of_containers_that_live_for_a_moment(runtime, work):
    reason = bundle.why_not(runtime)
    if reason:
        pytest.skip(reason)
    names = [unique_name(runtime) for _ in range(COUNT)]
    burst = Burst(runtime, work, names)
    with Trace(*waited_for(names)) as trace:
        burst.run(PARALLEL)
    assert trace.lost == 0
    firsts = {
        event["file"]["name"]: event["container"]
        for event in trace.opens(comm="cat")
        if event["file"].get("name", "").startswith("/first/")
    }
    assert firsts == {f"/first/{name}": {"id": name, "runtime": runtime} for name in names}
