# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""docs/recipes.md runs as it is written, on containers that have its names."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import unique_name
from harness import markdown
from harness.cgroup import remove_everywhere
from harness.settings import TOP
from harness.wait import wait_until

RECIPES = markdown.sections(TOP / "docs" / "recipes.md")
IN_A_POD = "What happens in this namespace of Kubernetes?"
AT_ONCE = 6  # most of the time they wait for opens

WEB = """mkdir -p /data/log; while :; do
cat /etc/motd /etc/app/config.yml
echo hit >> /data/log/access.log
echo now > /tmp/stamp
sleep 0.2; done"""
DB = """mkdir -p /run/secrets /etc/db; echo 1234 > /run/secrets/db-password
ln -s /run/secrets/db-password /tmp/innocent
while :; do cat /tmp/innocent; echo x > /etc/db; sleep 0.2; done"""
APP = """exec 2> /dev/null; mkdir -p /etc/app; echo a=b > /etc/app/settings
for i in $(seq 60); do read line < /etc/app/settings; done
for i in $(seq 40); do true < /usr/lib/plugins/plugin$i.so; done; exit 0"""
# some 10,000 a second, and no more: other tests want the processor, too
BUSY = "while :; do for i in $(seq 1000); do : < /etc/passwd; done; usleep 50000; done"

RUNNING = {"web": (WEB, "--volume", "/data"), "db": (DB,), "busy": (BUSY,)}
MADE = {"app": (APP,), "job": ("cat /etc/passwd > /tmp/copy",)}


@pytest.fixture(scope="module")
def containers(docker):
    """Those that the recipes name; returns the label that tells them from others' containers."""
    label = unique_name("recipe")
    options = ["--network", "none", "--label", label]
    for name, (script, *more) in RUNNING.items():
        docker("run", "-d", "--name", name, *options, *more, "busybox", "sh", "-c", script)
    for name, (script, *more) in MADE.items():
        docker("create", "--name", name, *options, *more, "busybox", "sh", "-c", script)
    yield label
    docker("rm", "-f", *RUNNING, *MADE)


@pytest.fixture(scope="module")
def pod(cri):
    root, uid = f"/{unique_name('kubelet')}", str(uuid.uuid4())
    running = cri.pod("web-7d4b9", "shop", uid, f"{root}/kubepods/pod{uid}")
    cri.container(running, "nginx", "while :; do cat /etc/nginx/conf.d/default.conf; sleep 0.2; done")
    yield
    cri.remove(running)
    remove_everywhere(root)


@pytest.fixture(scope="module")
def play(docker, containers, tmp_path_factory):
    """play(RECIPE) is a future of it; all of those on Docker are under way from the first on."""
    path = tmp_path_factory.mktemp("recipes")
    options = " ".join(map(str, docker.runtime_root))
    tools = markdown.write_tools(path / "bin", options, f"--label {containers}")
    host = f"unix://{docker.directory}/docker.sock"

    def run(name):
        directory = path / unique_name("")
        directory.mkdir()
        shell = markdown.Shell(directory, tools, DOCKER_HOST=host)
        try:
            shell.play(RECIPES[name])
        finally:
            shell.close()

    ours = ("ps", "-q", "--filter", f"label={containers}")
    wait_until(lambda: len(docker(*ours).split()) == len(RUNNING), "the containers don't run", 20)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        under_way = {name: pool.submit(run, name) for name in RECIPES if name != IN_A_POD}
        yield lambda name: under_way.get(name) or pool.submit(run, name)


@pytest.mark.parametrize("name", [name for name in RECIPES if name != IN_A_POD])
def test_recipe(play, name):
    reason = markdown.why_no_tools("jq")
    if reason:
        pytest.skip(reason)
    play(name).result()


def test_recipe_for_kubernetes(play, pod):
    play(IN_A_POD).result()


def test_each_shows_an_answer():
    assert len(RECIPES) >= 10
    for name, steps in RECIPES.items():
        assert any(line for step in steps for line in step.shown if not line.startswith("ctrace: ")), name
