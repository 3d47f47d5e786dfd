# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A headless Chromium, led over a pair of pipes: no driver, no port, no network."""

import base64
import json
import os
import shutil
import subprocess
import tempfile

from .settings import PATIENCE

# The second line: it must not try to reach anything.
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --remote-debugging-pipe --hide-scrollbars "
    "--disable-quic --disable-background-networking --disable-component-update --disable-sync "
    "--disable-extensions --disable-default-apps --disable-dev-shm-usage --mute-audio"
).split()

# Key names of the DevTools protocol that are more than a character.
KEYS = {
    "Enter": 13, "Escape": 27, " ": 32, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36,
    "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Tab": 9,
}  # fmt: skip


def find():
    return shutil.which("chromium")


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="ctrace-chromium-")
        commands, self.commands = os.pipe()
        self.answers, answers = os.pipe()
        argv = [find(), *FLAGS, f"--user-data-dir={self.profile}"]
        redirect = f'exec "$@" 3<&{commands} 4>&{answers}'
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", redirect, "browser", *argv],
            pass_fds=(commands, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self.stream = os.fdopen(self.answers, "rb")
        self.buffer = b""
        self.serial = 0
        self.problems = []  # what the console and the pages' errors said
        self.requests = []  # each URL that a page asked for
        # A page of our own: Chromium has others, of its own user interface.
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def _send(self, method, session=None, **params):
        self.serial += 1
        message = {"id": self.serial, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self.serial:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def send(self, method, **params):
        return self._send(method, self.session, **params)

    def _receive(self):
        while b"\0" not in self.buffer:
            more = self.stream.read1(1 << 20)
            assert more, "the browser is gone"
            self.buffer += more
        message, _, self.buffer = self.buffer.partition(b"\0")
        message = json.loads(message)
        self._note(message.get("method"), message.get("params", {}))
        return message

    def _note(self, method, params):
        if method == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(params["exceptionDetails"])[:600])
        elif method == "Log.entryAdded":
            self.problems.append(params["entry"]["text"])
        elif method == "Page.javascriptDialogOpening":
            self.problems.append("a dialog: " + params["message"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"][:200])

    def open(self, path, fragment="", width=1280, height=900, scheme="light"):
        """Shows a file as a new page, at a size and in a colour scheme."""
        self.problems, self.requests = [], []
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.send("Page.navigate", url="about:blank")
        self.send("Page.navigate", url=f"file://{path}" + (f"#{fragment}" if fragment else ""))
        self.run("new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', done))")
        self.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def run(self, script):
        """The value of a JavaScript expression in the page; promises are waited for."""
        answer = self.send(
            "Runtime.evaluate",
            expression=script,
            returnByValue=True,
            awaitPromise=True,
            timeout=20000 * PATIENCE,
        )
        assert "exceptionDetails" not in answer, f"{script}: {json.dumps(answer['exceptionDetails'])[:600]}"
        return answer["result"].get("value")

    def text(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)})?.textContent")

    def texts(self, selector):
        return self.run(f"[...document.querySelectorAll({json.dumps(selector)})].map((e) => e.textContent)")

    def click(self, selector):
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def key(self, key):
        """A real key press, wherever the focus is."""
        event = {"key": key, "windowsVirtualKeyCode": KEYS.get(key, ord(key[0].upper()))}
        text = {"text": key} if len(key) == 1 else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", **event, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", **event)

    def type(self, text):
        self.send("Input.insertText", text=text)

    def screenshot(self, path):
        image = self.send("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(image["data"]))

    def close(self):
        try:
            self._send("Browser.close")
        except (AssertionError, OSError):
            pass
        try:
            self.process.wait(10 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.commands)
        self.stream.close()
        shutil.rmtree(self.profile, ignore_errors=True)
