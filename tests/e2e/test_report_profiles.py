# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""`ctrace report --profile`: what was opened, as a policy for other programs; and what of an image was not."""

import json
import os
import shutil
import subprocess

import pytest

from harness.report import report
from harness.trace import Trace


def profile_lines(*args):
    return report(*args).stdout.splitlines()


def test_profile_paths(recorded, work):
    script = f"cat /etc/passwd /nothing; echo > {work}/written; ls /etc >&2"
    lines = profile_lines(recorded("sh", "-c", script), "--profile", "paths")
    assert "r    /etc/passwd" in lines
    assert "r    /etc/" in lines
    assert f"wc   {work}/written" in lines
    assert f"     {work}/" in lines
    assert "!ENOENT /nothing" in lines
    assert any(line.startswith("x    /") and line.endswith("/cat") for line in lines)


def test_profile_json(recorded, work):
    done = report(recorded("cat", "/etc/passwd"), "--profile", "json")
    (box,) = json.loads(done.stdout)["containers"]
    (passwd,) = [path for path in box["paths"] if path["path"] == "/etc/passwd"]
    assert passwd == {"path": "/etc/passwd", "access": ["read"], "opens": 1}


def test_profile_apparmor_is_one(recorded, work):
    parser = shutil.which("apparmor_parser", path="/usr/sbin:/sbin:" + os.environ["PATH"])
    if not parser:
        pytest.skip("no apparmor_parser here (apt-get install apparmor)")
    odd = work / 'odd *{a,b}[1]^@{x}\\ "q"\n\x01 ü'
    odd.write_text("")
    events = recorded("sh", "-c", 'cat "$0"; ls / >&2; cat /proc/self/stat', odd)
    (work / "profile").write_text(report(events, "--profile", "apparmor").stdout)
    argv = [parser, "--skip-kernel-load", "--skip-cache", "--names", work / "profile"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + (work / "profile").read_text()
    argv[3] = "--debug"
    subprocess.run(argv, capture_output=True, check=True)


# setpriv of util-linux 2.41, as far as the scripts use it, by the same system calls.
SETPRIV = """#!{python}
import ctypes, os, shutil, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
BITS = {{"execute": 1, "write-file": 2, "read-file": 4, "read-dir": 8, "make-reg": 256}}
mask = lambda words: sum(BITS[word] for word in words.split(","))
def call(*args):
    result = libc.syscall(*args)
    assert result >= 0, os.strerror(ctypes.get_errno()) + str(args)
    return result
args, rules = sys.argv[1:], []
while (arg := args.pop(0)) != "--":
    if arg == "--landlock-access":
        handled = mask(args.pop(0).removeprefix("fs:"))
    elif arg == "--landlock-rule":
        rules.append(args.pop(0).split(":", 2)[1:])
    else:
        assert arg == "--no-new-privs", arg
ruleset = call(444, struct.pack("Q", handled), ctypes.c_size_t(8), 0)
for rights, path in rules:
    fd = os.open(path, os.O_PATH)
    call(445, ruleset, 1, struct.pack("=Qi", mask(rights), fd), 0)
    os.close(fd)
program = shutil.which(args[0])
assert libc.prctl(38, 1, 0, 0, 0) == 0
call(446, ruleset, 0)
os.execv(program, args)
"""


def has_landlock():
    import ctypes

    return ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) > 0


def test_profile_landlock_holds(recorded, work):
    """Under it the command does again what it did, and nothing else."""
    if not has_landlock():
        pytest.skip("no Landlock in this kernel, or not switched on")
    (work / "bin").mkdir()
    (work / "bin" / "setpriv").write_text(SETPRIV.format(python="/usr/bin/python3"))
    (work / "bin" / "setpriv").chmod(0o755)
    (work / "out").mkdir()
    (work / "it's odd").write_text("odd\n")
    does = f'cat /etc/passwd "{work}/it\'s odd" > /dev/null && ls {work}/out && echo new > {work}/out/file'
    profile = work / "profile"
    profile.write_text(report(recorded("sh", "-c", does), "--profile", "landlock").stdout)

    def under_profile(command):
        (work / "out" / "file").unlink(missing_ok=True)
        environment = {**os.environ, "PATH": f"{work}/bin:{os.environ['PATH']}"}
        argv = ["sh", profile, "sh", "-c", command]
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)

    done = under_profile(does)
    assert done.returncode == 0, done.stderr + profile.read_text()
    assert (work / "out" / "file").read_text() == "new\n"
    for refused in ("cat /etc/group", "ls /etc", f"echo > {work}/bin/x", "/usr/bin/id", "echo >> /etc/passwd"):
        done = under_profile(refused)
        assert done.returncode != 0, f"{refused} was allowed by\n{profile.read_text()}"
        assert "ermission denied" in done.stderr, done.stderr


def test_what_an_image_has_and_nobody_opened(container, work):
    box = container("while :; do cat /etc/passwd; sleep 0.1; done")
    root = box.bundle / "rootfs"
    (root / "unused").mkdir()
    (root / "unused" / "big").write_bytes(b"x" * 12345)
    with Trace("--container", box.id, "--duration", "1s", "--output", work / "events") as trace:
        trace.wait_end()
    assert trace.status == 0, trace.stderr
    done = report(work / "events", "--profile", "json", "--image-root", root)
    image = json.loads(done.stdout)["image"]
    unopened = {each["path"]: each["bytes"] for each in image["never_opened"]}
    assert unopened["/unused/big"] == 12345
    assert "/etc/passwd" not in unopened
    assert "/bin/busybox" not in unopened
    assert image["never_opened_bytes"] == sum(unopened.values())


def copy_into(root, path):
    """Copies a file of this host, its directory's symbolic links resolved."""
    target = root / os.path.realpath(os.path.dirname(path))[1:] / os.path.basename(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)


def test_loader_of_a_program_is_not_unused(recorded, work):
    """No open call names it: the kernel opens it by itself when the program is run."""
    root = work / "image"
    root.mkdir()
    for top in ("bin", "lib", "lib64"):
        if os.path.islink(f"/{top}"):
            (root / top).symlink_to(os.readlink(f"/{top}"))
    linked = subprocess.check_output(["ldd", "/bin/cat"], text=True).split()
    for path in ["/bin/cat", "/bin/ls", *(word for word in linked if word.startswith("/"))]:
        copy_into(root, path)
    events = recorded("chroot", root, "/bin/cat", "/bin/cat")
    # as they would be in a container of this image
    events.write_text(events.read_text().replace(str(root), ""))
    done = report(events, "--profile", "json", "--image-root", root)
    unopened = [each["path"] for each in json.loads(done.stdout)["image"]["never_opened"]]
    assert [os.path.basename(path) for path in unopened] == ["ls"]
