"""Upstream Runicorn, installed from PyPI into environments of its own."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


def upstream_python(version: str, temporary: pytest.TempPathFactory) -> Path:
    """Return the Python that has upstream's `version`; the environment is kept in a cache folder and made once."""
    cache = Path(os.environ.get("RUNICORN_TEST_CACHE") or temporary.getbasetemp().parent / "upstream")
    folder = cache / version
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", python, f"runicorn=={version}"]
        subprocess.run(install, check=True, timeout=170)
        (folder / "complete").touch()
    return python


@contextlib.contextmanager
def upstream_viewer(python: Path, root: Path, home: Path) -> Iterator[tuple[Callable[[str], Any], str]]:
    """Start upstream's viewer on `root`; give a function that asks it, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [python, "-m", "runicorn", "viewer", "--storage", root, "--port", str(port)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "RUNICORN_DIR": str(root)}

    def ask(path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/{path}", timeout=60) as answer:
            return json.load(answer)

    # Not from the clone: `-m runicorn` would find our own package there.
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment, cwd=home, **quiet)
    try:
        deadline = time.monotonic() + 90
        while True:
            with contextlib.suppress(OSError):
                ask("health")
                break
            assert process.poll() is None, "the viewer ended"
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield ask, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(30)
