"""A real JupyterLab under a hub-like base URL, a real headless Chromium, and a picture of every screen."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from places import REPOSITORY
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

ARTIFACTS = REPOSITORY / "test-artifacts"
CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 45_000
"""Milliseconds that a condition of a page may take; two cores run the browser, the server and a kernel."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))


# Not longer than a module: Playwright's synchronous interface keeps an event loop running in this thread for as long
# as it is open, and tests of other rooms start loops of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return one headless Chromium for the tests of a module."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a fresh page whose uncaught errors fail the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(f"{error}\n{error.stack}") if ours(opened, error) else None)
    yield opened
    context.close()
    assert not faults


def ours(page: Page, error: Error) -> bool:
    """Tell whether an uncaught error is from our code: Jupyter's own applications throw a few by themselves."""
    stack = error.stack or "blob:"
    return "/user/" not in page.url or "runicorn" in stack or "blob:" in stack


@pytest.fixture
def shot(page: Page) -> Callable[[str], None]:
    """Return what keeps a picture of the page as test-artifacts/<name>.png."""
    ARTIFACTS.mkdir(exist_ok=True)

    def keep(name: str) -> None:
        page.screenshot(path=ARTIFACTS / f"{name}.png")

    return keep


@dataclass
class Jupyter:
    """A running Jupyter application."""

    process: subprocess.Popen[bytes]
    base: str
    token: str
    folder: Path
    root: Path

    def url(self, path: str) -> str:
        """Return the address of a page below the base URL, with the token."""
        return f"{self.base}{path}{'&' if '?' in path else '?'}token={self.token}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_jupyter(application: str, folder: Path, root: Path, port: int | None = None) -> Iterator[Jupyter]:
    """Start `jupyter lab` or `jupyter notebook` on `folder`, as a hub would: under a base URL with a blank in it."""
    port, token = port or free_port(), secrets.token_hex(16)
    base = f"http://127.0.0.1:{port}/user/a%20b/"
    command = [
        *(sys.executable, "-m", application, f"--ServerApp.root_dir={folder}", "--ServerApp.base_url=/user/a%20b/"),
        *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0", "--no-browser", "--log-level=WARN"),
        *("--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"),
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]
    environment = {**os.environ, "JUPYTER_TOKEN": token, "RUNICORN_DIR": str(root)}
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{base}api?token={token}", timeout=5).close()
                break
            assert process.poll() is None
            assert time.monotonic() < deadline, "Jupyter did not start"
            time.sleep(0.1)
        yield Jupyter(process, base, token, folder, root)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def lab_settings(tmp_path: Path) -> Path:
    """Return a config folder in which JupyterLab asks nothing at its first start."""
    folder = tmp_path / "lab-settings"
    settings = folder / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    return folder


@pytest.fixture
def jupyter(
    tmp_path: Path, lab_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., contextlib.AbstractContextManager[Jupyter]]:
    """Return what starts a Jupyter application in a folder of this test."""
    monkeypatch.setenv("JUPYTERLAB_SETTINGS_DIR", str(lab_settings / "lab" / "user-settings"))

    def start(application: str = "jupyterlab", port: int | None = None) -> contextlib.AbstractContextManager[Jupyter]:
        (tmp_path / "work").mkdir(exist_ok=True)
        return running_jupyter(application, tmp_path / "work", tmp_path / "work" / "runs", port)

    return start
