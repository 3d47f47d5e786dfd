# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
k8s/ without a cluster: rendered by the real kubectl, and run by a real containerd's
CRI plugin, which is told what kubelet would tell it.
"""

import copy
import os
import shutil
import subprocess
import tarfile
import uuid
from pathlib import Path

import pytest

from conftest import unique_name
from harness import api_server, api_types, archive, kubelet
from harness.cgroup import remove_everywhere
from harness.http import free_port, http_get
from harness.kubectl import kubectl
from harness.schema import Lines
from harness.settings import CTRACE, PATIENCE, TOP
from harness.wait import wait_until

yaml = pytest.importorskip("yaml", reason="no YAML for Python here (apt-get install python3-yaml)")

VARIANTS = ["k8s", "k8s/least-privilege"]
NODE = "node-1"


def rendered(directory):
    if not (TOP / "k8s").exists():
        pytest.skip("only the tests are here, not the source")
    return list(yaml.safe_load_all(kubectl("kustomize", TOP / directory)))


def new_pod(template, name="ctrace-x7k2p"):
    return kubelet.Pod(copy.deepcopy(template), "ctrace", name, str(uuid.uuid4()), NODE)


# --- what is written there ----------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_field_is_one_of_the_api(variant):
    models = pytest.importorskip(
        "kubernetes.client.models", reason="no API types here (apt-get install python3-kubernetes)"
    )
    for document in rendered(variant):
        kind = document["kind"]
        api_types.check(models, document, f"V1{kind}", kind)
        document["spec"] = {**document.get("spec", {}), "readOnlyRootFileSystem": True}
        with pytest.raises(AssertionError, match="has no readOnlyRootFileSystem"):
            api_types.check(models, document, f"V1{kind}", kind)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_field_is_known(variant):
    pod = new_pod(kubelet.daemonset(rendered(variant)))
    assert pod.host_pid and pod.security["readonly_rootfs"]
    writable = [mount["host_path"] for mount in pod.mounts if not mount["readonly"]]
    assert writable == ["/var/lib/ctrace"]
    assert pod.env == {"NODE_NAME": NODE, "POD_NAMESPACE": "ctrace"}
    assert "--exclude-namespace=ctrace" in pod.args
    assert pod.probes == {
        "livenessProbe": (9107, "/healthz"),
        "readinessProbe": (9107, "/readyz"),
    }


def test_privileges():
    default, least = [new_pod(kubelet.daemonset(rendered(variant))) for variant in VARIANTS]
    assert default.security["privileged"]
    assert not least.security["privileged"] and least.security["no_new_privs"]
    assert least.security["capabilities"] == {
        "add_capabilities": ["BPF", "PERFMON"],
        "drop_capabilities": ["ALL"],
    }


@pytest.mark.parametrize(
    "where",
    [
        (),
        ("spec",),
        ("spec", "template", "spec"),
        ("spec", "template", "spec", "containers", 0),
        ("spec", "template", "spec", "containers", 0, "securityContext"),
        ("spec", "template", "spec", "containers", 0, "resources"),
        ("spec", "template", "spec", "containers", 0, "volumeMounts", 0),
        ("spec", "template", "spec", "volumes", 0, "hostPath"),
    ],
)
def test_misspelt_fields_are_found(where):
    documents = rendered("k8s")
    (place,) = [document for document in documents if document["kind"] == "DaemonSet"]
    for key in where:
        place = place[key]
    place["readOnlyRootFileSystem"] = True
    with pytest.raises(AssertionError, match="readOnlyRootFileSystem"):
        new_pod(kubelet.daemonset(documents))


# --- how it gets there ---------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
def test_kubectl_applies_updates_and_deletes_it(variant, work):
    """The commands of docs/kubernetes.md, against something that remembers what it is told."""
    documents = rendered(variant)
    shutil.copytree(TOP / "k8s", work / "k8s")
    environment = {**os.environ, "HOME": str(work), "KUBECONFIG": "/dev/null"}
    with api_server.running() as server:

        def on_cluster(verb, *options):
            words = (verb, f"--server={server.url}", "-k", work / variant, *options)
            return kubectl(*words, env=environment, timeout=60 * PATIENCE)

        on_cluster("apply", "--validate=false")
        paths = ["/api/v1/namespaces/ctrace", "/apis/apps/v1/namespaces/ctrace/daemonsets/ctrace"]
        assert server.calls == [f"create {path}" for path in paths]
        for document, path in zip(documents, paths):
            made = server.objects[path]
            assert made["kind"] == document["kind"]
            assert made.get("spec") == document.get("spec")

        assert on_cluster("apply", "--validate=false").count("unchanged") == 2
        new_tag = work / variant / "kustomization.yaml"
        text = new_tag.read_text(encoding="utf-8")
        new_tag.write_text(text.replace("newTag: latest", "newTag: v2"), encoding="utf-8")
        on_cluster("apply", "--validate=false")
        assert server.calls[2:] == [f"patch {paths[1]}"]
        (container,) = server.patches[0]["spec"]["template"]["spec"]["containers"]
        assert container["image"] == "ctrace:v2"

        on_cluster("delete", "--wait=false")
        assert sorted(server.calls[3:]) == sorted(f"delete {path}" for path in paths)
        assert not server.objects


# --- and run -------------------------------------------------------------------------------


def libraries(program):
    done = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
    words = [line.split() for line in done.stdout.splitlines()]
    return [w[2] for w in words if len(w) > 2 and w[1] == "=>"] + [
        w[0] for w in words if w[0].startswith("/")
    ]


def save_image(path, name):
    """As the Dockerfile makes it: the program and its libraries."""
    layer = path.with_suffix(".layer")
    with tarfile.open(layer, "w", dereference=True) as packed:
        packed.add(CTRACE, arcname="usr/bin/ctrace")
        for library in libraries(CTRACE):
            packed.add(library, arcname=library)
    return archive.write(path, layer, name, config={"Entrypoint": ["/usr/bin/ctrace"]})


class Node:
    """kubelet's side of one node's containerd."""

    def __init__(self, containerd, cri, root):
        self.directory = containerd.directory
        self.cri = cri
        self.root = root
        self.sandboxes = []

    def start(self, pod):
        """Returns the container's id and its log."""
        logs = self.directory / "pods" / pod.metadata["uid"]
        sandbox = pod.sandbox(f"{self.root}/kubepods/pod{pod.metadata['uid']}", logs)
        made = self.cri.RunPodSandbox(config=sandbox).pod_sandbox_id
        self.sandboxes.append(made)
        container = self.cri.CreateContainer(
            pod_sandbox_id=made,
            config=pod.container(),
            sandbox_config=sandbox,
        ).container_id
        self.cri.StartContainer(container_id=container)
        return container, logs / f"{pod.name}.log"

    def exec(self, container, *command):
        """As kubectl exec: (exit code, stdout)."""
        told = self.cri.ExecSync(container_id=container, cmd=command, timeout=30)
        return told.exit_code, told.stdout.decode()

    def stop(self, container, grace):
        self.cri.StopContainer(container_id=container, timeout=grace)

    def clear(self):
        for sandbox in self.sandboxes:
            self.cri.StopPodSandbox(pod_sandbox_id=sandbox)
            self.cri.RemovePodSandbox(pod_sandbox_id=sandbox)


@pytest.fixture
def node(own_containerd, cri, work):
    image = save_image(work / "ctrace.tar", "docker.io/library/ctrace:latest")
    own_containerd.ctr("--namespace", "k8s.io", "images", "import", image)
    # containerd's own state folder is so; where it has another, its shim makes this one
    # for its sockets, 0600
    Path("/run/containerd").mkdir(exist_ok=True)
    Path("/run/containerd").chmod(0o711)
    made = Node(own_containerd, cri, f"/{unique_name('kubelet')}")
    yield made
    made.clear()
    remove_everywhere(made.root)


def root_is_shared():
    """As systemd and kubelet make it.  Where it is not, nothing can be propagated."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        return any(line.split()[4] == "/" and " shared:" in line for line in mounts)


def restricted(pod, namespace):
    """
    Only what this test started, and, in the node's network, a port of its own.  All else
    is as in the manifest.
    """
    port = free_port()
    listen = pod.args.index("--listen=:9107")
    pod.args[listen] = f"--listen=:{port}"
    pod.args += [f"--namespace={namespace}", "--wait"]
    pod.probes = {name: (port, path) for name, (_, path) in pod.probes.items()}
    if not root_is_shared():
        for mount in pod.mounts:
            mount["propagation"] = 0
    return pod


def answers(pod, probe):
    try:
        return http_get(*pod.probes[probe])[0] == 200
    except OSError:
        return False


def log_events(path):
    """The lines of a container's log as the runtime writes it, none of them split."""
    parser = Lines()
    events = []
    for line in path.read_bytes().splitlines(keepends=True):
        _, stream, tag, text = line.split(b" ", 3)
        assert tag == b"F", f"a line was split: {line[:200]}"
        if stream == b"stdout":
            events.append(parser.parse(text))
    return events


COUNT = 300
# Each name once, from the first moment on: what is missing shows.
OPENS = f"i=0; while [ $i -lt {COUNT} ]; do true </none-$i; i=$((i+1)); usleep 20000; done"


def opened(events):
    return {e["file"].get("name") for e in events if e["type"] == "open"}


@pytest.mark.parametrize("variant", VARIANTS)
def test_pods_opens_are_in_the_log_and_none_is_missed_by_an_update(node, cri, variant):
    template = kubelet.daemonset(rendered(variant))
    namespace = unique_name("shop")
    old = restricted(new_pod(template, "ctrace-old"), namespace)
    container, old_log = node.start(old)
    wait_until(lambda: answers(old, "readinessProbe"), "ctrace does not get ready", 30)
    assert answers(old, "livenessProbe")
    status, told = node.exec(container, "/usr/bin/ctrace", "doctor", "--host-root", "/host")
    assert status == 0, told

    apps = {}
    for name in ("web", "db"):
        parent = f"{node.root}/kubepods/burstable/pod{uuid.uuid4()}"
        pod = cri.pod(f"{name}-0", namespace, str(uuid.uuid4()), parent)
        node.sandboxes.append(pod[0])
        script = f"{OPENS} 2>/dev/null; sleep 1000"
        apps[name] = cri.container(pod, name, script)
    wait_until(lambda: b"/none-50" in old_log.read_bytes(), "the applications' opens", 30)

    status, told = node.exec(
        container, "/usr/bin/ctrace", "ps", "--host-root", "/host", "--namespace", namespace
    )
    assert status == 0 and all(f"{namespace}/{name}-0" in told for name in apps), told

    new = restricted(new_pod(template, "ctrace-new"), namespace)
    _, new_log = node.start(new)
    wait_until(lambda: answers(new, "readinessProbe"), "the new one does not get ready", 30)
    node.stop(container, old.grace)
    last = f'"name":"/none-{COUNT - 1}"'.encode()
    wait_until(lambda: new_log.read_bytes().count(last) >= 2, "the applications' end", 60)

    events = log_events(old_log) + log_events(new_log)
    assert not [event for event in events if event["type"] == "lost"]
    for name, full in apps.items():
        own = [e for e in events if e.get("container", {}).get("id") == full]
        missed = {f"/none-{i}" for i in range(COUNT)} - opened(own)
        assert not missed
        for event in own:
            who = event["k8s"]
            assert (who["node"], who["namespace"]) == (NODE, namespace)
            assert (who["pod"], who["container"]) == (f"{name}-0", name)
    known = {e.get("container", {}).get("id") for e in events if e["type"] != "gap"}
    assert set(apps.values()) <= known and len(known) <= 4  # and the two sandboxes
