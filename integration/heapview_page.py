"""A page in headless Chromium: opened, moved over, clicked; through the browser's own protocol on two pipes."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

MOST_SECONDS = 60


def browser() -> str | None:
    """The program, if it is installed."""
    return next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


class Page:
    """A page of a browser of its own."""

    def __init__(self, path: Path, width: int = 1200, height: int = 800) -> None:
        program = browser()
        assert program, "no browser"
        self.profile = tempfile.mkdtemp()
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        # The browser reads from 3 and writes to 4.
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
                   f"--user-data-dir={self.profile}", f"--window-size={width},{height}", "about:blank"]
        starter = ("import os, sys; a, b = map(int, sys.argv[1:3]); os.dup2(a, 30); os.dup2(b, 31); os.dup2(30, 3); "
                   "os.dup2(31, 4); os.execvp(sys.argv[3], sys.argv[3:])")
        self.process = subprocess.Popen(
            ["python3", "-c", starter, str(theirs_in), str(theirs_out), *command], pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        self.read_end, self.write_end = ours_in, ours_out
        self.number, self.rest = 0, b""
        self.messages: list[dict[str, Any]] = []
        self.session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Runtime.enable")
        self.call("Network.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Page.enable")
        self.call("Page.navigate", url=path.as_uri())
        self.until("document.readyState === 'complete'")

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.session = ""
            self.send("Browser.close")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()
        os.close(self.read_end)
        os.close(self.write_end)
        shutil.rmtree(self.profile, ignore_errors=True)

    def send(self, method: str, **parameters: object) -> int:
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        return self.number

    def call(self, method: str, **parameters: object) -> Any:
        number = self.send(method, **parameters)
        end = time.monotonic() + MOST_SECONDS
        while time.monotonic() < end:
            while b"\0" in self.rest:
                text, self.rest = self.rest.split(b"\0", 1)
                message = json.loads(text)
                if message.get("id") == number:
                    assert "error" not in message, message
                    return message["result"]
                self.messages.append(message)
            if select.select([self.read_end], [], [], 1)[0]:
                part = os.read(self.read_end, 1 << 20)
                assert part, "the browser has ended"
                self.rest += part
        raise AssertionError(f"no answer to {method}")

    def value(self, expression: str) -> Any:
        """What a JavaScript expression is on the page."""
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def until(self, expression: str) -> None:
        end = time.monotonic() + MOST_SECONDS
        while not self.value(expression):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.05)

    def move(self, x: float, y: float) -> None:
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def faults(self) -> list[dict[str, Any]]:
        """Exceptions of the page's program, and what it wanted to load beside itself."""
        loads = [m for m in self.messages if m.get("method") == "Network.requestWillBeSent"
                 and not m["params"]["request"]["url"].startswith("file:")]
        return loads + [m for m in self.messages if m.get("method") == "Runtime.exceptionThrown"]

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
