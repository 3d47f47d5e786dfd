# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""ctrace doctor says what is true: what it promises is tried, what it lacks is taken away."""

import json
import os
import re
import shutil
import subprocess

import jsonschema
import pytest

from harness import settings
from harness.cgroup import hierarchies, is_hybrid, mount_point, v2_mount_point
from harness.trace import command_line, run_ctrace
from harness.usage import dropping, in_private_mounts

SCHEMA = json.loads((settings.TOP / "docs" / "doctor.schema.json").read_text(encoding="utf-8"))
BACKENDS = ["fexit", "tracepoint", "kprobe"]


def checkup(done):
    """The object that a `doctor -o json` wrote, held against the schema and the exit status."""
    assert done.stderr == "" and done.stdout.count("\n") == 1, done
    result = json.loads(done.stdout)
    jsonschema.validate(result, SCHEMA)
    assert done.returncode == (0 if result["ready"] else 1)
    return result


def check_named(result, name):
    (found,) = [check for check in result["checks"] if check["name"] == name]
    return found


@pytest.fixture(scope="module")
def here():
    return checkup(run_ctrace("doctor", "-o", "json", timeout=60))


def doctor_in(script, *args):
    return checkup(in_private_mounts(script, "doctor", "-o", "json", *args))


def as_nobody(work, *args):
    program = shutil.copy(settings.CTRACE, work)
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"]
    argv = [*nobody, "--inh-caps=-all", program, "doctor", *args]
    return subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=30 * settings.PATIENCE
    )


# --- a host that can trace ---------------------------------------------------------------------


def test_this_host_is_ready(here):
    """The suite runs where tracing works, so doctor must say so."""
    assert here["ready"]
    assert not [check for check in here["checks"] if check["status"] == "fail"]


def test_the_facts_are_the_kernels(here):
    assert here["kernel"] == {"release": os.uname().release, "machine": os.uname().machine}
    assert here["cgroup"]["mount"] == str(mount_point())
    mode = "hybrid" if is_hybrid() else "v2" if v2_mount_point() else "v1"
    assert here["cgroup"]["mode"] == mode
    assert check_named(here, "kernel")["text"].count(os.uname().release) == 1


@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_works_if_and_only_if_doctor_says_so(here, name):
    (told,) = [backend for backend in here["backends"] if backend["name"] == name]
    forced = run_ctrace(*command_line(["run", "--", "true"], backend=name)[1:])
    assert (forced.returncode == 0) == told["works"], forced.stderr
    if not told["works"]:
        assert told["reason"] in forced.stderr
        assert told["reason"] in check_named(here, f"backend {name}")["text"]


def test_the_backend_is_the_one_that_is_chosen(here):
    done = run_ctrace("run", "--", "true")
    assert f"({here['backend']} backend)" in done.stderr


@pytest.mark.parametrize("name", BACKENDS)
def test_a_forced_backend_that_fails_says_why_and_what_would_do(here, name):
    (told,) = [backend for backend in here["backends"] if backend["name"] == name]
    if told["works"]:
        pytest.skip(f"{name} works here")
    done = run_ctrace("run", "--backend", name, "--", "true")
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1
    assert f"what works is --backend {here['backend']}\n" in done.stderr


def test_the_table_says_the_same(here):
    done = run_ctrace("doctor", timeout=60)
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[-1] == f"Tracing works here, by backend {here['backend']}."
    # containers of others may come and go meanwhile
    moving = {"runtimes", "other"} | {runtime["name"] for runtime in here["runtimes"]}
    checks = [check for check in here["checks"] if check["name"] not in moving]
    names = {check["name"] for check in checks}
    rows = re.findall(r"^(ok  |warn|FAIL)  (\S.*?)  +(\S.*)$", done.stdout, re.MULTILINE)
    rows = [(status.strip().lower(), name, text) for status, name, text in rows if name in names]
    assert rows == [(check["status"], check["name"], check["text"]) for check in checks]
    told = [line.strip()[3:] for line in lines if line.strip().startswith("-> ")]
    assert {check["remedy"] for check in checks if "remedy" in check} <= set(told)
    assert done.stdout.isascii()


# --- runtimes ------------------------------------------------------------------------------------


def test_containers_are_counted_by_runtime(container):
    box = container("sleep 60")
    name = box.runtime
    result = checkup(run_ctrace("doctor", "-o", "json", timeout=60))
    (runtime,) = [each for each in result["runtimes"] if each["name"] == name]
    assert f"/run/{name}" in runtime["folders"] and runtime["readable"]
    rows = [json.loads(line) for line in run_ctrace("ps", "-o", "json").stdout.splitlines()]
    listed = [row for row in rows if row["container"].get("runtime") == name]
    assert runtime["containers"] == len(listed) >= 1


def test_runtime_roots_that_lead_nowhere_are_told(work):
    done = run_ctrace("doctor", "-o", "json", "--runtime-root", f"docker={work}/none", timeout=60)
    check = check_named(checkup(done), "runtime root")
    assert check["status"] == "warn" and f"{work}/none" in check["text"] and check["remedy"]


def test_runtime_roots_are_looked_into(work):
    (work / "containers").mkdir()
    done = run_ctrace("doctor", "-o", "json", "--runtime-root", f"docker={work}", timeout=60)
    (docker,) = [each for each in checkup(done)["runtimes"] if each["name"] == "docker"]
    assert f"{work}/containers" in docker["folders"]


def test_host_root_is_honoured(work):
    result = checkup(run_ctrace("doctor", "-o", "json", "--host-root", work, timeout=60))
    assert not result["ready"] and result["cgroup"] == {"mode": "none"}
    assert str(work) in check_named(result, "cgroups")["text"]


# --- what is missing is named, with the remedy -----------------------------------------------------


def test_without_root_it_says_that_root_is_needed(work):
    result = checkup(as_nobody(work, "-o", "json"))
    check = check_named(result, "capabilities")
    assert check["status"] == "fail" and "CAP_BPF" in check["text"] and "root" in check["remedy"]
    # what can be known without it is told all the same
    assert check_named(result, "BTF")["status"] == "ok"
    assert result["cgroup"]["mount"] == str(mount_point())
    # LXC's folder is everybody's to read
    closed = [r for r in result["runtimes"] if r["folders"] and r["name"] != "lxc"]
    assert all(not runtime["readable"] for runtime in closed)


def test_without_root_the_table_ends_with_the_verdict(work):
    done = as_nobody(work)
    assert done.returncode == 1 and done.stderr == ""
    assert "\nFAIL  capabilities" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Tracing does not work here")


@pytest.mark.parametrize("missing", ["CAP_BPF", "CAP_PERFMON"])
def test_a_missing_capability(missing):
    drop = dropping("CAP_SYS_ADMIN", missing)
    result = checkup(run_ctrace("doctor", "-o", "json", preexec_fn=drop, timeout=60))
    check = check_named(result, "capabilities")
    assert check["status"] == "fail" and missing in check["text"] and check["remedy"]


def test_a_kernel_without_btf():
    check = check_named(doctor_in("mount -t tmpfs tmpfs /sys/kernel/btf"), "BTF")
    assert check["status"] == "fail" and "CONFIG_DEBUG_INFO_BTF" in check["remedy"]


def test_a_host_without_cgroup_v2():
    """v1 alone will do."""
    result = doctor_in(f"umount -l {mount_point()}")
    assert result["cgroup"]["mode"] == ("v1" if is_hybrid() else "none")
    assert result["ready"] == is_hybrid()


def test_a_host_without_cgroups():
    result = doctor_in("; ".join(f"umount -l {point}" for point in hierarchies()))
    assert not result["ready"] and result["cgroup"]["mode"] == "none"
    assert "cgroup2" in check_named(result, "cgroups")["text"]


def test_a_part_of_the_cgroup_tree_is_a_warning(cgroup):
    """As in a container with a cgroup namespace of its own."""
    script = f"mount --bind {cgroup.path} {mount_point()}"
    check = check_named(doctor_in(script), "cgroups")
    assert check["status"] == "warn" and "cgroupns" in check["remedy"]


def test_lockdown_is_told(work):
    if not os.path.isdir("/sys/kernel/security"):
        pytest.skip("no place for securityfs here")
    (work / "lockdown").write_text("none integrity [confidentiality]\n", encoding="ascii")
    script = f"mount -t tmpfs tmpfs /sys/kernel/security; cp {work}/lockdown /sys/kernel/security"
    check = check_named(doctor_in(script), "lockdown")
    assert check["status"] == "warn" and "confidentiality" in check["text"] and check["remedy"]


# --- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [["-o", "xml"], ["--container", "x"], ["extra"], ["--host-root", "x"]])
def test_wrong_command_line(args):
    done = run_ctrace("doctor", *args)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1


def test_a_full_disk_is_an_error():
    with open("/dev/full", "wb") as full:
        argv = [settings.CTRACE, "doctor"]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and done.stderr
