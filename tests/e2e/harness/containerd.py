# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A containerd of our own, driven by ctr and, as kubelet does it, through its CRI plugin."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import archive
from .mounts import unmount_below
from .settings import PATIENCE
from .wait import wait_until

IMAGE = "registry.test/busybox:1"
PAUSE = "registry.test/pause:1"
GRPC = "/usr/lib/python3/dist-packages/grpc"

# A pause container gets next to nothing of a busy CPU where it has no pod's cgroup above it.
TIMEOUT = 120

# of the host: no CNI is needed
NODE_NETWORK = {"namespace_options": {"network": 2}}

# The oom setting: without CAP_SYS_RESOURCE containerd can't give containers a lower score.
CONFIG = """
version = 2
root = "{directory}/root"
state = "{directory}/state"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing"]
[grpc]
  address = "{directory}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    conf_dir = "{directory}/no-cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = {systemd}
"""


def why_not():
    for program, package in {
        "containerd": "containerd",
        "ctr": "containerd",
        "runc": "runc",
        "busybox": "busybox-static",
    }.items():
        if not shutil.which(program):
            return f"no {program} here (apt-get install {package})"
    return None


def why_no_cri():
    if not shutil.which("protoc"):
        return "no protoc here (apt-get install protobuf-compiler)"
    if not os.path.isdir(GRPC):
        return "no gRPC for Python here (apt-get install python3-grpcio python3-protobuf)"
    return None


class Containerd:
    def __init__(self, directory, *namespaces, systemd=False):
        self.directory = directory
        self.namespaces = namespaces
        self.runtime_root = ("--runtime-root", f"containerd={directory}/state")
        self.systemd = systemd
        self.process = None

    def start(self):
        config = self.directory / "config.toml"
        config.write_text(
            CONFIG.format(
                directory=self.directory, pause=PAUSE, systemd=str(self.systemd).lower()
            )
        )
        log = (self.directory / "log").open("wb")
        self.process = subprocess.Popen(
            ["containerd", "--config", config],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            wait_until(self._answers, "containerd doesn't answer", 60)
            image = archive.save(self.directory / "image.tar", self.directory / "rootfs", IMAGE, PAUSE)
            for namespace in self.namespaces:
                self.ctr("--namespace", namespace, "images", "import", image)
        except BaseException:
            print((self.directory / "log").read_text()[-2000:])
            self.stop()
            raise

    def _answers(self):
        assert self.process.poll() is None, "containerd ended"
        return self.ctr("version", check=False) != ""

    def ctr(self, *args, check=True):
        """ctr("--namespace", "x", "tasks", "ls") returns what it printed."""
        done = subprocess.run(
            ["ctr", "--address", self.directory / "containerd.sock", *map(str, args)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60 * PATIENCE,
            check=False,
        )
        assert not check or done.returncode == 0, f"ctr {args}: {done.stderr}"
        return done.stdout

    def run(self, namespace, name, script):
        self.ctr(
            "--namespace", namespace, "run", "--detach", "--null-io", IMAGE, name,
            "/bin/sh", "-c", script,
        )  # fmt: skip

    def remove(self, namespace, name):
        self.ctr("--namespace", namespace, "tasks", "rm", "--force", name, check=False)
        self.ctr("--namespace", namespace, "containers", "rm", name, check=False)

    def stop(self):
        self.process.terminate()
        self.process.wait(30 * PATIENCE)
        unmount_below(self.directory)


class Cri:
    """kubelet's side of the CRI: cri.RunPodSandbox(config={...}) returns the answer."""

    def __init__(self, containerd):
        self.directory = containerd.directory
        self.messages = _compile(self.directory)
        grpc = importlib.import_module("grpc")
        self.error = grpc.RpcError
        self.channel = grpc.insecure_channel(f"unix://{self.directory}/containerd.sock")
        wait_until(self._ready, "the CRI plugin doesn't answer", 60)

    def _ready(self):
        try:
            return self.Version().runtime_name == "containerd"
        except self.error:
            return False

    def __getattr__(self, method):
        if method.startswith("_"):
            raise AttributeError(method)
        request = getattr(self.messages, f"{method}Request")
        call = self.channel.unary_unary(
            f"/runtime.v1.RuntimeService/{method}",
            request_serializer=request.SerializeToString,
            response_deserializer=getattr(self.messages, f"{method}Response").FromString,
        )
        return lambda **fields: call(request(**fields), timeout=TIMEOUT * PATIENCE)

    def pod(self, name, namespace, uid, cgroup_parent, **changes):
        """Runs a pod's sandbox; returns its id and the configuration for its containers."""
        config = {
            "metadata": {"name": name, "namespace": namespace, "uid": uid},
            "log_directory": str(self.directory / "pods" / uid),
            "linux": {"cgroup_parent": cgroup_parent, "security_context": NODE_NETWORK},
            **changes,
        }
        return self.RunPodSandbox(config=config).pod_sandbox_id, config

    def container(self, pod, name, script, **changes):
        """Starts a container in what pod() returned; returns its id."""
        sandbox, pod_config = pod
        config = {
            "metadata": {"name": name},
            "image": {"image": IMAGE},
            "command": ["/bin/sh", "-c", script],
            "log_path": f"{name}.log",
            "linux": {"security_context": NODE_NETWORK},
            **changes,
        }
        made = self.CreateContainer(
            pod_sandbox_id=sandbox, config=config, sandbox_config=pod_config
        )
        self.StartContainer(container_id=made.container_id)
        return made.container_id

    def remove(self, pod):
        wait_until(lambda: self._stops(pod[0]), f"pod {pod[0]} doesn't end", 30)
        self.RemovePodSandbox(pod_sandbox_id=pod[0])

    def _stops(self, sandbox):
        """It may fail right after the start; kubelet, too, asks again."""
        try:
            self.StopPodSandbox(pod_sandbox_id=sandbox)
        except self.error:
            return False
        return True

    def close(self):
        self.channel.close()


def _compile(directory):
    here = Path(__file__).parent
    subprocess.run(
        ["protoc", f"--proto_path={here}", f"--python_out={directory}", "cri.proto"], check=True
    )
    sys.path.insert(0, str(directory))
    try:
        return importlib.import_module("cri_pb2")
    finally:
        sys.path.remove(str(directory))
