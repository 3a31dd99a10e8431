"""A real Chromium without a window, told what to do through its DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from support.waiting import eventually
from websockets.sync.client import ClientConnection, connect

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-background-networking", "--remote-debugging-port=0"),
)
_KEYS = {"Tab": 9, "Enter": 13, "/": 191}


class Tab:
    """One tab of the browser.

    Attributes:
        troubles: What the browser complained of: errors of scripts, what a policy forbade, and
            what could not be loaded.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection, self._number = connection, 0
        self.troubles = list[str]()
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._send(f"{domain}.enable")

    def open(self, address: str) -> None:
        """Go to a page, and wait until all of it is there."""
        self._send("Page.navigate", url=address)
        self.wait_until("document.readyState === 'complete'")
        self.wait_until("location.href.split('#')[0] !== 'about:blank'")

    def told(self, expression: str) -> Any:
        """Ask a page for the value of an expression, or of a promise."""
        answer = self._send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_until(self, expression: str) -> None:
        """Wait until an expression is true; while a page goes, it is not."""

        def is_true() -> bool:
            with suppress(AssertionError):
                return bool(self.told(expression))
            return False

        eventually(is_true)

    def press(self, key: str) -> None:
        """Press a key that has a name, and let it go."""
        text = {"Enter": "\r", "/": "/"}.get(key, "")
        what = {"key": key, "windowsVirtualKeyCode": _KEYS[key], "text": text}
        self._send("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", **what)
        self._send("Input.dispatchKeyEvent", type="keyUp", key=key)

    def type(self, text: str) -> None:
        """Write where the focus is."""
        self._send("Input.insertText", text=text)

    def look_like(self, *, width: int = 1200, dark: bool = False) -> None:
        """Be a screen of so many pixels, of somebody who likes it light or dark."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self._send("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._send("Emulation.setEmulatedMedia", features=[scheme])

    def _send(self, method: str, **parameters: object) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._connection.send(json.dumps(message))
        while True:
            answer = json.loads(self._connection.recv(240))
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        match event.get("method"):
            case "Runtime.exceptionThrown":
                self.troubles.append(json.dumps(told["exceptionDetails"]))
            case "Log.entryAdded" if told["entry"]["level"] in {"error", "warning"}:
                self.troubles.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
            case "Runtime.consoleAPICalled" if told["type"] in {"error", "warning", "assert"}:
                self.troubles.append(json.dumps(told["args"]))


@contextmanager
def browser(folder: Path) -> Iterator[Tab]:
    """Run a Chromium that keeps what it keeps in a folder, with one tab."""
    command = [_program(), *_OPTIONS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
    port = folder / "profile" / "DevToolsActivePort"
    with (
        (folder / "browser.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            eventually(lambda: port.is_file() and port.read_text().count("\n"))
            at = f"http://127.0.0.1:{port.read_text().split()[0]}"
            tabs = eventually(lambda: _tabs(at))
            # The messages with figures in them are large.
            with connect(tabs[0]["webSocketDebuggerUrl"], max_size=None) as connection:
                yield Tab(connection)
        finally:
            process.terminate()
            process.wait(240)


def _tabs(at: str) -> list[dict[str, str]]:
    found = requests.get(f"{at}/json/list", timeout=120).json()
    return [each for each in found if each["type"] == "page"]


def _program() -> str:
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        reason = "Chromium is not installed; Debian has it in the package chromium."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found
