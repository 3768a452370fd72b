"""A real sshd on loopback with keys of its own, started as this user: no system file is read or changed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass
class Sshd:
    """A running server: its port, the only key it accepts, the user to log in as, and its own host key."""

    port: int
    user: str
    key: Path
    known_hosts: Path
    log: Path
    program: list[str] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, again after `stop` if need be."""
        self.process = subprocess.Popen(self.program)
        wait_for_port(self.port, self.process, self.log)

    def stop(self) -> None:
        """Stop listening; logins that stand go on."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(20)

    def command(self, *options: str) -> list[str]:
        """Return an ssh command line that reads no configuration of the machine or user."""
        settings = (
            "BatchMode=yes",
            "IdentitiesOnly=yes",
            f"UserKnownHostsFile={self.known_hosts}",
            "StrictHostKeyChecking=yes",
        )
        flags = [flag for setting in settings for flag in ("-o", setting)]
        return [
            "ssh",
            "-F",
            "none",
            "-i",
            str(self.key),
            "-p",
            str(self.port),
            *flags,
            *options,
            f"{self.user}@127.0.0.1",
        ]

    @contextmanager
    def forward(self, port: int) -> Iterator[int]:
        """Forward a free local port to `port` of the server's loopback, and yield it."""
        local = free_port()
        command = self.command("-N", "-L", f"127.0.0.1:{local}:127.0.0.1:{port}", "-o", "ExitOnForwardFailure=yes")
        with subprocess.Popen(command, stderr=subprocess.PIPE) as client:
            try:
                wait_for_port(local, client, self.log)
                yield local
            finally:
                client.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, f"ended too early: {log.read_text() if log.exists() else ''}"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing answers on port {port}")


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """Start Debian's sshd on a free loopback port for the user who runs the tests."""
    with started_sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@contextmanager
def started_sshd(folder: Path, *options: str) -> Iterator[Sshd]:
    """Start one with its files in `folder` and with further lines of sshd_config."""
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program, "Debian's openssh-server is missing: apt-get install openssh-server"
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "authorized").write_bytes((folder / "user.pub").read_bytes())
    server = Sshd(
        free_port(), pwd.getpwuid(os.geteuid()).pw_name, folder / "user", folder / "known_hosts", folder / "log"
    )
    public = (folder / "host.pub").read_text().split()
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {public[0]} {public[1]}\n")
    (folder / "config").write_text(
        f"Port {server.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n"
        f"PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
        + "".join(f"{option}\n" for option in options)
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # its privilege separation folder, made at boot elsewhere
    server.program = [program, "-D", "-f", str(folder / "config"), "-E", str(server.log)]
    server.start()
    try:
        yield server
    finally:
        server.stop()
