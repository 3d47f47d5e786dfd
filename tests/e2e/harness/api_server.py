# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""
As much of an API server as kubectl needs to bring something there and to take it away: which kinds
there are, and a folder of objects.  It stores what it is told, and checks nothing.
"""

import contextlib
import http.server
import json
import threading

KINDS = {
    "/api/v1": [{"name": "namespaces", "kind": "Namespace", "namespaced": False}],
    "/apis/apps/v1": [{"name": "daemonsets", "kind": "DaemonSet", "namespaced": True}],
}
VERBS = ["create", "delete", "get", "list", "patch", "watch"]
APPS = {"groupVersion": "apps/v1", "version": "v1"}


def discovery():
    answers = {
        "/version": {"major": "1", "minor": "32", "gitVersion": "v1.32.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {
            "kind": "APIGroupList",
            "groups": [{"name": "apps", "versions": [APPS], "preferredVersion": APPS}],
        },
    }
    for path, resources in KINDS.items():
        answers[path] = {
            "kind": "APIResourceList",
            "groupVersion": path.split("/", 2)[2],
            "resources": [{**each, "singularName": "", "verbs": VERBS} for each in resources],
        }
    return answers


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, code, value):
        text = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")

    def no_such(self):
        self.answer(404, {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404})

    def do_GET(self):
        path = self.path.partition("?")[0]
        found = self.server.static.get(path) or self.server.objects.get(path)
        if found:
            self.answer(200, found)
        else:
            self.no_such()

    def do_POST(self):
        made = self.body()
        path = f"{self.path.partition('?')[0]}/{made['metadata']['name']}"
        self.server.calls.append(f"create {path}")
        made["metadata"]["uid"] = f"uid-{len(self.server.calls)}"
        self.server.objects[path] = made
        self.answer(201, made)

    def do_PATCH(self):
        """Only told of: what comes of a patch is the real server's to say."""
        path = self.path.partition("?")[0]
        self.server.calls.append(f"patch {path}")
        self.server.patches.append(self.body())
        self.answer(200, self.server.objects[path])

    def do_DELETE(self):
        path = self.path.partition("?")[0]
        self.body()
        self.server.calls.append(f"delete {path}")
        if self.server.objects.pop(path, None):
            self.answer(200, {"kind": "Status", "status": "Success"})
        else:
            self.no_such()


@contextlib.contextmanager
def running():
    """Yields the server: .url, .objects by path, .calls and .patches in order."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{server.server_port}"
    server.static, server.objects = discovery(), {}
    server.calls, server.patches = [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
