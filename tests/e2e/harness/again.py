# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
On a kernel that may skip runs of BPF programs (docs/hooks.md) ctrace tells how many.  A test
that fails while that happened says nothing of ctrace: it is done again, twice at most.
"""

from _pytest.runner import runtestprotocol

from .shared import SharedTrace
from .trace import Trace

TRIES = 3


class Again:
    def pytest_runtest_protocol(self, item, nextitem):
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for _ in range(TRIES):
            before = Trace.skips_told
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
            if not any(report.failed for report in reports):
                break
            SharedTrace.tell_all()
            if Trace.skips_told == before:
                break
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True
