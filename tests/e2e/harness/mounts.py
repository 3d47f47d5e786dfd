# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What an engine leaves mounted in its folder goes before the folder does."""

import subprocess


def unmount_below(directory):
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        points = [line.split()[4] for line in mounts]
    for point in reversed(points):
        if point.startswith(f"{directory}/"):
            subprocess.run(["umount", "--lazy", point], check=False)
