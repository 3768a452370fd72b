"""A viewer as a user starts it: its own process, found by what it prints."""

from __future__ import annotations

import http.client
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass
class ViewerProcess:
    process: subprocess.Popen[str]
    lines: list[str]
    login: str
    port: int

    def get(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        """Ask over a connection of its own, so that each call is judged anew."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


@contextmanager
def running_viewer(root: Path, *options: str, env: Mapping[str, str] | None = None) -> Iterator[ViewerProcess]:
    """Start `runicorn viewer` on a free port; it is ended, if it still runs, when the block ends."""
    command = [sys.executable, "-m", "runicorn_jupyter", "viewer", "--storage", str(root), "--port", "0", *options]
    environment = {**os.environ, **(env or {})}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        lines = [process.stdout.readline(), process.stdout.readline()]
        found = re.search(r"http://\S+:(\d+)(/\?login=\S+)", lines[0])
        assert found, (lines, process.poll() is not None and process.stderr.read())
        yield ViewerProcess(process, lines, found[2], int(found[1]))
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


@contextmanager
def running_server(
    root: Path, folder: Path, *options: str, env: Mapping[str, str] | None = None
) -> Iterator[tuple[str, str]]:
    """Start a Jupyter server with our extension under a nasty base URL; yield the address of its API, and its token."""
    token = secrets.token_hex(16)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "jupyter_server", "--ip=127.0.0.1", f"--port={port}", "--no-browser"),
        *("--ServerApp.port_retries=0", "--ServerApp.base_url=/a%40b/", f"--ServerApp.root_dir={folder}"),
        *("--ServerApp.log_level=ERROR", f"--RunicornExtension.root_dir={root}", *options),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    environment = {**os.environ, **(env or {}), "JUPYTER_TOKEN": token}
    environment.pop("RUNICORN_DIR", None)
    process = subprocess.Popen(command, env=environment, cwd=folder)
    api = f"http://127.0.0.1:{port}/a%40b/runicorn/api"
    try:
        deadline = time.monotonic() + 60
        while True:
            with suppress(OSError):
                urllib.request.urlopen(f"{api}/health", timeout=5).close()
                break
            assert process.poll() is None
            assert time.monotonic() < deadline, "Jupyter did not start"
            time.sleep(0.05)
        yield api, token
    finally:
        process.terminate()
        process.wait(timeout=20)
