"""A viewer as a process: started, asked, paused while others are measured, ended by its own id."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks import measure, places
from benchmarks.client import Client

_LOOK_EVERY = 0.003
_CALM = 0.4


class ServerDied(RuntimeError):
    """A viewer ended, or never answered."""


class Server:
    """A running viewer.

    Parameters
    ----------
    command : sequence of str
        What to run.
    port : int
        Where it listens.
    health : str
        A path that answers 200 once the server can work.
    environment : mapping
        Added to `places.environment`.
    log : Path
        Takes its output.
    rotate : bool
        See `Client`.

    Raises
    ------
    ServerDied
        It ended or did not answer 200 within `patience` seconds.
    """

    def __init__(
        self,
        command: Sequence[str],
        port: int,
        health: str,
        environment: Mapping[str, str],
        log: Path,
        *,
        rotate: bool = False,
        patience: float = 120,
    ) -> None:
        self.port, self.health, self.rotate, self._log = port, health, rotate, log
        self._client: Client | None = None
        began = time.perf_counter()
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env={**places.environment(), **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=log.parent,  # a clone of ours would hide the package of the same name
            )
        try:
            self._await(began + patience)
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.perf_counter() - began
        self.start_cpu = self.cpu()

    def _await(self, until: float) -> None:
        while time.perf_counter() < until:
            if self.process.poll() is not None:
                raise ServerDied(f"it ended with {self.process.returncode}: {self._last_words()}")
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
                connection.request("GET", self.health)
                if connection.getresponse().status == 200:
                    return
            time.sleep(_LOOK_EVERY)
        raise ServerDied(f"it did not answer: {self._last_words()}")

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace").strip()[-150:]

    @property
    def client(self) -> Client:
        """A connection kept for this server."""
        if self._client is None:
            self._client = self.another_client()
        return self._client

    def another_client(self) -> Client:
        """Return a connection of its own, for another thread."""
        return Client(self.port, rotate=self.rotate)

    def cpu(self) -> float:
        """Return the CPU seconds of its whole tree."""
        return measure.cpu_seconds(self.process.pid)

    def rss(self) -> float:
        """Return the MB of its whole tree."""
        return measure.rss_mb(self.process.pid)

    def calm(self, patience: float = 30) -> None:
        """Wait until it works on nothing of its own, or until it has had its time."""
        until = time.perf_counter() + patience
        while time.perf_counter() < until:
            cpu = self.cpu()
            time.sleep(_CALM)
            if self.cpu() - cpu < _CALM / 20:
                return

    def pause(self) -> None:
        """Stop the tree where it stands: what it does in the background must not slow the others down."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the tree, by its ids."""
        if self._client is not None:
            self._client.close()
        tree = measure.family(self.process.pid)
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(8)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pid in tree[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for pid in reversed(measure.family(self.process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
