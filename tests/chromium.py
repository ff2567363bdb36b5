"""A headless Chromium, spoken to through its DevTools pipe; no port is opened."""

import base64
import json
import os
import select
import shutil
import subprocess
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    # Names of other hosts are not even looked up: a page that asks for more fails visibly.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--remote-debugging-pipe",
)
SECONDS = 120


def find():
    """Path of an installed Chromium, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Page:
    """One tab. Keeps every event that the browser reports."""

    def __init__(self, profile):
        """Starts the browser with its profile in the folder `profile`."""
        down_read, self._down = os.pipe()
        self._up, up_write = os.pipe()
        self._process = subprocess.Popen(
            [find(), *OPTIONS, f"--user-data-dir={profile}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: _wire(down_read, up_write),
            close_fds=False,
        )
        os.close(down_read)
        os.close(up_write)
        self._number, self._buffer, self._session, self.events = 0, b"", None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        found = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = found["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method, **arguments):
        """Sends a command and returns its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": arguments}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._down, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, page, *, width=1280, height=900, theme="light", reduced_motion=True):
        """Loads a file or a URL in a window of that size and waits until it is loaded."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        features = [
            {"name": "prefers-color-scheme", "value": theme},
            {
                "name": "prefers-reduced-motion",
                "value": "reduce" if reduced_motion else "no-preference",
            },
        ]
        self.call("Emulation.setEmulatedMedia", features=features)
        # What the last page says when it is left is no concern of the next.
        for url in ("about:blank", page if isinstance(page, str) else page.resolve().as_uri()):
            self.events.clear()
            self.call("Page.navigate", url=url)
            while not self.named("Page.loadEventFired"):
                self._receive()
            self.run("0")

    def named(self, method):
        """The parameters of every event of that name since the page was opened."""
        return [event["params"] for event in self.events if event.get("method") == method]

    def run(self, script):
        """The value of a JavaScript expression in the page."""
        found = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in found:
            raise RuntimeError(f"{script}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def wait_for(self, script, seconds=SECONDS):
        """Waits until a JavaScript expression is true."""
        end = time.monotonic() + seconds
        while not self.run(f"Boolean({script})"):
            if time.monotonic() > end:
                raise TimeoutError(f"{script}: not true within {seconds} s")
            time.sleep(0.1)

    def drag(self, places):
        """Presses the mouse at the first of the places `(x, y)`, moves it over all, lets it go."""
        button = {"button": "left", "clickCount": 1}
        kinds = ["mousePressed"] + ["mouseMoved"] * (len(places) - 1) + ["mouseReleased"]
        for kind, (x, y) in zip(kinds, [*places, places[-1]], strict=True):
            held = 0 if kind == "mouseReleased" else 1
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, buttons=held, **button)

    def choose_file(self, selector, path):
        """Gives a file to an `<input type=file>`, as the visitor's dialogue would."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    def complaints(self):
        """Everything that the console would show: messages, warnings, errors."""
        self.run("0")
        found = [e["args"] for e in self.named("Runtime.consoleAPICalled")]
        found += [e["exceptionDetails"] for e in self.named("Runtime.exceptionThrown")]
        return found + [e["entry"] for e in self.named("Log.entryAdded")]

    def requests(self):
        """Addresses of every request that the page made."""
        self.run("0")
        return [e["request"]["url"] for e in self.named("Network.requestWillBeSent")]

    def screenshot(self, path, clip=None):
        """Saves the whole page, or the box (x, y, width, height) of it, as a PNG."""
        if clip is None:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = (0, 0, size["width"], size["height"])
        box = dict(zip(("x", "y", "width", "height"), clip, strict=True), scale=1)
        found = self.call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=box
        )
        path.write_bytes(base64.b64decode(found["data"]))

    def close(self):
        """Ends the browser."""
        os.close(self._down)
        os.close(self._up)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _receive(self):
        """The next message; events are kept."""
        end = time.monotonic() + SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._up], [], [], max(0.0, end - time.monotonic()))
            part = os.read(self._up, 1 << 20) if ready else b""
            if not part:
                raise TimeoutError(f"Chromium said nothing for {SECONDS} s, or ended")
            self._buffer += part
        message, self._buffer = self._buffer.split(b"\0", 1)
        answer = json.loads(message)
        if "method" in answer:
            self.events.append(answer)
        return answer


def _wire(read, write):
    """In the new process: the browser reads commands from 3 and answers on 4."""
    read, write = os.dup(read), os.dup(write)
    os.dup2(read, 3)
    os.dup2(write, 4)
