# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
What kubelet makes of a pod template: the calls of the CRI.

Each field is taken by name, and what is left over is an error, so that a misspelt
or unknown field of a manifest can't pass.
"""

import re
from pathlib import Path

UNITS = {"": 1, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
MODES = {False: 0, True: 2}  # POD, NODE
PROPAGATION = {"None": 0, "HostToContainer": 1, "Bidirectional": 2}
SECCOMP = {"RuntimeDefault": 0, "Unconfined": 1}


class Fields:
    """with Fields(mapping, "where") as fields: fields.take("name")"""

    def __init__(self, mapping, where):
        self.left = dict(mapping)
        self.where = where

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        assert kind or not self.left, f"{self.where}: nobody knows {sorted(self.left)}"

    def take(self, name, default=None):
        return self.left.pop(name, default)

    def need(self, name, *wanted):
        value = self.left.pop(name, None)
        assert value is not None, f"{self.where}: no {name}"
        assert not wanted or value in wanted, f"{self.where}: {name} is {value}"
        return value


def memory_bytes(text):
    number, unit = re.fullmatch(r"(\d+)(\w*)", str(text)).groups()
    return int(number) * UNITS[unit]


def cpu_shares(text):
    number, milli = re.fullmatch(r"(\d+)(m?)", str(text)).groups()
    return max(2, int(number) * (1 if milli else 1000) * 1024 // 1000)


def daemonset(documents, where="manifest"):
    """The DaemonSet's pod template, once all that stands around it is known."""
    kinds = [document["kind"] for document in documents]
    assert sorted(kinds) == ["DaemonSet", "Namespace"], kinds
    (found,) = [document for document in documents if document["kind"] == "DaemonSet"]
    with Fields(found, where) as top:
        top.need("apiVersion", "apps/v1")
        top.need("kind")
        with Fields(top.need("metadata"), "metadata") as metadata:
            metadata.need("name")
            metadata.need("namespace")
            metadata.take("labels")
        with Fields(top.need("spec"), "spec") as spec:
            template = spec.need("template")
            labels = template["metadata"]["labels"]
            selected = spec.need("selector")["matchLabels"]
            assert selected.items() <= labels.items(), "the selector does not match"
            with Fields(spec.need("updateStrategy"), "updateStrategy") as strategy:
                strategy.need("type", "RollingUpdate")
                with Fields(strategy.need("rollingUpdate"), "rollingUpdate") as rolling:
                    rolling.take("maxSurge")
                    rolling.take("maxUnavailable")
    return template


class Pod:
    """A pod of the template, as kubelet on this node would run it."""

    def __init__(self, template, namespace, name, uid, node):
        self.values = {"spec.nodeName": node, "metadata.namespace": namespace}
        with Fields(template, "template") as top:
            with Fields(top.need("metadata"), "template.metadata") as metadata:
                self.labels = metadata.take("labels", {})
                self.annotations = metadata.take("annotations", {})
            with Fields(top.need("spec"), "template.spec") as spec:
                self._take_spec(spec)
        self.metadata = {"name": name, "namespace": namespace, "uid": uid}

    def _take_spec(self, spec):
        for name, wanted in {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "tolerations": [{"operator": "Exists"}],
        }.items():
            value = spec.take(name)
            assert value == wanted, f"{name} is {value}"
        assert spec.take("priorityClassName", "").startswith("system-")
        self.grace = spec.need("terminationGracePeriodSeconds")
        self.host_pid = spec.take("hostPID", False)
        volumes = {v["name"]: self._volume(v) for v in spec.need("volumes")}
        (container,) = spec.need("containers")
        with Fields(container, "container") as fields:
            self._take_container(fields, volumes)
        assert not volumes, f"volumes that nobody mounts: {sorted(volumes)}"

    @staticmethod
    def _volume(volume):
        with Fields(volume, "volume") as fields:
            fields.need("name")
            with Fields(fields.need("hostPath"), "hostPath") as host:
                kind = host.need("type", "Directory", "DirectoryOrCreate")
                path = host.need("path")
                if kind == "DirectoryOrCreate":
                    Path(path).mkdir(parents=True, exist_ok=True)
                assert Path(path).is_dir(), f"{path} is no directory"
        return path

    def _take_container(self, fields, volumes):
        self.name = fields.need("name")
        self.image = fields.need("image")
        fields.need("imagePullPolicy", "IfNotPresent")
        env = {e["name"]: self._env(e) for e in fields.take("env", [])}
        self.env = env
        self.args = [
            re.sub(r"\$\((\w+)\)", lambda match: env[match[1]], word)
            for word in fields.take("args", [])
        ]
        self.ports = {p["name"]: p["containerPort"] for p in fields.take("ports", [])}
        self.probes = {
            name: self._probe(fields.need(name)) for name in ("livenessProbe", "readinessProbe")
        }
        self.resources = self._resources(fields.need("resources"))
        self.security = self._security(fields.need("securityContext"))
        used = set()
        self.mounts = [self._mount(m, volumes, used) for m in fields.take("volumeMounts", [])]
        for name in used:
            del volumes[name]

    def _env(self, variable):
        with Fields(variable, "env") as fields:
            fields.need("name")
            value = fields.take("value")
            if value is None:
                value = self.values[fields.need("valueFrom")["fieldRef"]["fieldPath"]]
        return value

    def _probe(self, probe):
        """(port, path)"""
        with Fields(probe, "probe") as fields:
            for name in ("periodSeconds", "timeoutSeconds", "failureThreshold"):
                fields.take(name)
            with Fields(fields.need("httpGet"), "httpGet") as get:
                return self.ports[get.need("port")], get.need("path")

    @staticmethod
    def _resources(resources):
        with Fields(resources, "resources") as fields:
            requests, limits = fields.need("requests"), fields.need("limits")
        return {
            "cpu_shares": cpu_shares(requests["cpu"]),
            "memory_limit_in_bytes": memory_bytes(limits["memory"]),
        }

    def _security(self, context):
        with Fields(context, "securityContext") as fields:
            capabilities = fields.take("capabilities", {})
            with Fields(capabilities, "capabilities") as words:
                asked = {
                    "add_capabilities": words.take("add", []),
                    "drop_capabilities": words.take("drop", []),
                }
            profile = fields.take("seccompProfile", {"type": "Unconfined"})["type"]
            return {
                "privileged": fields.take("privileged", False),
                "readonly_rootfs": fields.take("readOnlyRootFilesystem", False),
                "no_new_privs": not fields.take("allowPrivilegeEscalation", True),
                "capabilities": asked,
                "seccomp": {"profile_type": SECCOMP[profile]},
            }

    @staticmethod
    def _mount(mount, volumes, used):
        with Fields(mount, "volumeMount") as fields:
            name = fields.need("name")
            used.add(name)
            return {
                "host_path": volumes[name],
                "container_path": fields.need("mountPath"),
                "readonly": fields.take("readOnly", False),
                "propagation": PROPAGATION[fields.take("mountPropagation", "None")],
            }

    def sandbox(self, cgroup_parent, log_directory):
        """A network of the pod's own takes a CNI plugin: here it is the node's."""
        namespaces = {"network": 2, "pid": MODES[self.host_pid]}
        privileged = self.security["privileged"]
        security = {"namespace_options": namespaces, "privileged": privileged}
        return {
            "metadata": self.metadata,
            "log_directory": str(log_directory),
            "labels": self.labels,
            "annotations": self.annotations,
            "linux": {"cgroup_parent": cgroup_parent, "security_context": security},
        }

    def container(self):
        namespaces = {"network": 2, "pid": MODES[self.host_pid]}
        return {
            "metadata": {"name": self.name},
            "image": {"image": self.image},
            "args": self.args,
            "envs": [{"key": key, "value": value} for key, value in self.env.items()],
            "mounts": self.mounts,
            "log_path": f"{self.name}.log",
            "linux": {
                "resources": self.resources,
                "security_context": {**self.security, "namespace_options": namespaces},
            },
        }
