# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Who knows how many opens were done, whatever happened to who did them: see programs/counted.c."""

import json
import struct

from .settings import program


class Oracle:
    """
    The opens of one file of its own, by all who are told its command line:

        trace = Trace(..., *oracle.only)
        group.popen(*oracle.opens(count=0, us=100))
        oracle.check(trace)
    """

    def __init__(self, directory, name="opened"):
        self.counts = directory / f"{name}.counts"
        self.counts.write_bytes(bytes(16))
        self.path = directory / name
        self.path.touch()
        self.only = ("--path", self.path)  # in the kernel: nothing else is reported or lost

    def opens(self, count=0, us=0):
        return self._command("opens", count, us)

    def brood(self, count):
        return self._command("brood", count)

    def groups(self, count, ms, prefix):
        return self._command("groups", count, ms, prefix)

    def _command(self, what, *args):
        return tuple(map(str, (program("counted"), what, self.counts, *args, self.path)))

    def told(self):
        """(begun, done): as many processes as were killed may be between the two."""
        return struct.unpack("QQ", self.counts.read_bytes())

    def check(self, trace, kills=0, path=None, ids=None):
        """
        delivered + suppressed + lost = done; in these cgroups, if told which.  Returns the three.
        What a kernel that preempts BPF programs skipped may have been anybody's, or no open at all.
        """
        begun, done = self.told()
        assert done > 0 and begun - done <= kills, "that many processes were not killed"
        *accounted, skipped = accounts(trace, path or self.path, ids)
        whole = sum(accounted)
        told = [line for _, line in list(trace.lines) if b'"type":"lost"' in line]
        assert done <= whole + skipped and whole <= begun, (accounted, skipped, done, begun, told, trace.stderr)
        return tuple(accounted)


def accounts(trace, path, ids=None):
    """What a stream says of a file: how many opens were (delivered, suppressed, lost), and skipped."""
    delivered = suppressed = lost = skipped = 0
    path = str(path)
    for _, line in list(trace.lines):
        event = json.loads(line)  # by far too many for the schema
        if event.get("reason") == "skipped":
            skipped += event["count"]
            continue
        if ids and event.get("cgroup_id") not in ids:
            continue
        if event["type"] == "open":
            delivered += event["file"]["path"] == path
        elif event["type"] == "summary":
            suppressed += event["suppressed"]
        elif event["type"] == "lost":
            lost += event["count"]
    return delivered, suppressed, lost, skipped
