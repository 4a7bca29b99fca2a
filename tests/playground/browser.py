"""A headless Chromium, driven through ChromeDriver as the WebDriver standard says: https://www.w3.org/TR/webdriver2/"""

import base64
import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

ENTER, ESCAPE, TAB, SHIFT, CONTROL = "\ue007", "\ue00c", "\ue004", "\ue008", "\ue009"
"""Keys as WebDriver writes them: https://www.w3.org/TR/webdriver2/#keyboard-actions"""
WAIT_SECONDS = 20
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver's name for a reference to an element
_SWITCHES = (
    # Without a screen or a graphics card; a container's root has no sandbox of Chromium's.
    *(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
    ),
    # No request to anybody but the page's server.
    *("--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-default-apps"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def missing_programs() -> str:
    """Name the programs that these tests need and this machine lacks; empty if none."""
    missing = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    return f"{' and '.join(missing)}: apt-get install chromium chromium-driver" if missing else ""


class Browser:
    """One window, with a profile of its own."""

    def __init__(self, folder: Path, width: int = 1280, height: int = 860) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self._driver = subprocess.Popen(
            [str(shutil.which("chromedriver")), f"--port={self._port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder)},
        )
        self._session = ""
        try:
            self._session = self._started(folder, width, height)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
            if self._session:
                self._call("DELETE", "")
        self._driver.terminate()
        self._driver.wait(timeout=WAIT_SECONDS)

    def open(self, url: str) -> None:
        self._call("POST", "/url", {"url": "about:blank"})
        self._call("POST", "/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """What a JavaScript function's body returns."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector: str) -> str:
        """What is visible of an element's text; empty if there is no such element."""
        return self.run(
            "return document.querySelector(arguments[0])?.innerText.trim() ?? ''", selector
        )

    def texts(self, selector: str) -> list[str]:
        return self.run(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText.trim())",
            selector,
        )

    def click(self, selector: str) -> None:
        """Click on the first such element; on the next if the page replaces it that very moment."""
        found = self._call("POST", "/element", {"using": "css selector", "value": selector})
        try:
            self._call("POST", f"/element/{found[_ELEMENT]}/click", {})
        except AssertionError as refusal:
            if "stale element reference" not in str(refusal):
                raise
            self.click(selector)

    def press(self, keys: str, *, holding: str = "") -> None:
        """Type on the keyboard, wherever the focus is."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        before = [{"type": "keyDown", "value": key} for key in holding]
        after = [{"type": "keyUp", "value": key} for key in holding]
        keyboard = {"type": "key", "id": "keyboard", "actions": [*before, *strokes, *after]}
        self._call("POST", "/actions", {"actions": [keyboard]})

    @property
    def focused(self) -> str:
        """The id of the element that has the focus."""
        return self.run("return document.activeElement?.id ?? ''")

    def devtools(self, command: str, **parameters: Any) -> Any:
        """https://chromedevtools.github.io/devtools-protocol/"""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def prefer(self, scheme: str) -> None:
        """Be a browser whose user prefers `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.devtools("Emulation.setEmulatedMedia", features=[feature])

    def resize(self, width: int, height: int, scale: float = 1) -> None:
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    def complaints(self) -> list[str]:
        """What the console was told since it was last asked, from warnings on."""
        entries = self._call("POST", "/se/log", {"type": "browser"})
        return [each["message"] for each in entries if each["level"] in {"WARNING", "SEVERE"}]

    def screenshot(self) -> bytes:
        return base64.b64decode(self._call("GET", "/screenshot"))

    def wait(self, wanted: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + WAIT_SECONDS
        while not (found := wanted()):
            assert time.monotonic() < deadline, f"not so after {WAIT_SECONDS} s: {what}"
            time.sleep(0.02)
        return found

    def _started(self, folder: Path, width: int, height: int) -> str:
        options = {
            "binary": shutil.which("chromium"),
            "args": [*_SWITCHES, f"--window-size={width},{height}", f"--user-data-dir={folder}"],
        }
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self.wait(self._is_up, "ChromeDriver answers")
        asked = {"capabilities": {"alwaysMatch": wanted}}
        return self._request("POST", "/session", asked)["sessionId"]

    def _is_up(self) -> bool:
        with contextlib.suppress(OSError):
            return self._request("GET", "/status")["ready"]
        return False

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        return self._request(method, f"/session/{self._session}{path}", body)

    def _request(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, path, sent, {"Content-Type": "application/json"})
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        assert not (isinstance(value, dict) and "error" in value), value
        return value
