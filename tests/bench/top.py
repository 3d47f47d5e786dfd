# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What ctrace top costs: an open of a watched program, and the processor time of ctrace itself."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
# pylint: disable=wrong-import-position
from harness.cgroup import Cgroup, mount_point

BUILD = Path(os.environ.get("BUILD", "build"))
SECONDS = 3


def cpu_ticks(pid):
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[11:13]))


def time_opens(group):
    """The least and the median time of open and close, in ns."""
    ask = f"time open 64 {SECONDS * 1000} /etc/passwd\n"
    argv = group.join([str(BUILD / "bench" / "workload")])
    return json.loads(subprocess.run(argv, input=ask.encode(), capture_output=True, check=True).stdout)


def main():
    group = Cgroup(mount_point() / "lxc.payload.ctrace-bench-top")
    with subprocess.Popen(group.join(["sleep", "600"])) as keep:
        time.sleep(0.5)
        before = time_opens(group)
        argv = [str(BUILD / "ctrace"), "top", "-c", "ctrace-bench-top", "--interval", "1"]
        with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as top:
            time.sleep(2)
            ticks = cpu_ticks(top.pid)
            watched = time_opens(group)
            share = (cpu_ticks(top.pid) - ticks) / os.sysconf("SC_CLK_TCK") / SECONDS
            top.terminate()
        keep.kill()
    group.remove()
    print(f"open+close, ns, least/median: {before['min']:.0f}/{before['median']:.0f} without, "
          f"{watched['min']:.0f}/{watched['median']:.0f} watched by top; ctrace took {share:.1%} of a CPU")


if __name__ == "__main__":
    main()
