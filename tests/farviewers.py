"""Another host for tests: a real sshd whose logins have a home of their own, with environments that have a viewer."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from fixtures_sshd import Sshd, started_sshd

from runicorn_jupyter.models import RemoteConnection, RemoteSession
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.pace import Pace
from runicorn_jupyter.remote.remotes import Remotes

STAND_IN = Path(__file__).with_name("standinviewer.py")
_T = TypeVar("_T")


@dataclass
class FarHost:
    """One host: its sshd, the home of its logins, and what was opened to it.

    It has two environments with a viewer: ``ours`` is the one that runs the tests, ``standin`` starts a small program
    in its place.
    """

    sshd: Sshd
    home: Path
    opened: list[Remotes] = field(default_factory=list)

    def remotes(self, pace: Pace | None = None, **figures: object) -> Remotes:
        """Return new Remotes that trust this host; closed after the test. Figures are of remote/pace.py, as lease=8."""
        own = self.home / f"known-{len(self.opened)}"
        keys = HostKeys([self.sshd.known_hosts], own)
        self.opened.append(Remotes(keys, pace or Pace(**figures)))  # type: ignore[arg-type]
        return self.opened[-1]

    def connect(self, remotes: Remotes) -> RemoteConnection:
        """Log in."""
        key = {"private_key_path": str(self.sshd.key), "use_agent": False}
        return remotes.connect("127.0.0.1", self.sshd.user, self.sshd.port, **key).result(30)[0]

    def start(self, remotes: Remotes, *, root: str | None = None, environment: str = "standin") -> RemoteSession:
        """Log in and start a viewer."""
        connection = self.connect(remotes)
        return remotes.start_viewer(connection.key, root=root, environment=environment).result(60)[0]

    def viewers(self) -> list[int]:
        """Return the processes that are viewers of this host."""
        return [pid for pid, line in _processes() if str(self.home) in line and "--socket" in line]

    def cut(self) -> None:
        """End every login, as a network does that drops it; sshd goes on to listen."""
        for pid in self._logins():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def leave(self) -> None:
        """Be away: end every login and listen no more, until `come_back`."""
        logins = self._logins()
        self.sshd.stop()
        for pid in logins:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def come_back(self) -> None:
        """Listen again at the same port."""
        self.sshd.start()

    def _logins(self) -> list[int]:
        assert self.sshd.process is not None
        return _below(self.sshd.process.pid)


@contextmanager
def started_host(folder: Path, *options: str) -> Iterator[FarHost]:
    """Start a host with further lines of sshd_config; at the end nothing of it is left."""
    home = Path(tempfile.mkdtemp(prefix="far"))  # short: the path of a socket may have 100 bytes
    try:
        (home / "runicorn_data").mkdir()
        (home / ".virtualenvs").mkdir()
        (home / ".virtualenvs" / "ours").symlink_to(sys.prefix)
        _stand_in(home / ".virtualenvs" / "standin")
        with started_sshd(folder, f"SetEnv HOME={home}", *options) as sshd:
            host = FarHost(sshd, home)
            try:
                yield host
            finally:
                for remotes in host.opened:
                    remotes.close()
                for pid in host.viewers():
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                host.cut()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def far_host(tmp_path: Path) -> Iterator[FarHost]:
    """Return a host for one test."""
    folder = tmp_path / "sshd"
    folder.mkdir()
    with started_host(folder) as host:
        yield host


def eventually(question: Callable[[], _T], *, within: float = 60.0) -> _T:
    """Return the first answer that counts as true."""
    deadline = time.monotonic() + within
    while not (answer := question()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return answer


def _stand_in(prefix: Path) -> None:
    (prefix / "bin").mkdir(parents=True)
    (prefix / "lib" / "python3.11" / "site-packages" / "runicorn_jupyter-0.0.1.dist-info").mkdir(parents=True)
    python = prefix / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -I {STAND_IN} "$@"\n')
    python.chmod(0o755)


def _processes() -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                yield int(folder.name), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def _below(pid: int) -> list[int]:
    told = subprocess.run(["ps", "-eo", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    parents = [tuple(map(int, line.split())) for line in told.splitlines()]
    found, level = [], [pid]
    while level:
        level = [child for child, parent in parents if parent in level]
        found += level
    return found
