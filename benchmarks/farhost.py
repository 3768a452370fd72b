"""Another host on this machine: OpenSSH's sshd on loopback with keys of its own, and a home of its own behind it."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.server import free_port


@dataclass(frozen=True)
class FarHost:
    """Where it listens, who may log in, and where its files are."""

    port: int
    user: str
    folder: Path
    home: Path
    process: subprocess.Popen[bytes]

    @property
    def login(self) -> dict[str, object]:
        """What a viewer is told to log in."""
        key = str(self.folder / "user")
        return {"host": "127.0.0.1", "port": self.port, "username": self.user, "private_key_path": key}

    @property
    def known_hosts(self) -> str:
        """The line that a user's known_hosts file has for it."""
        return f"[127.0.0.1]:{self.port} {(self.folder / 'host.pub').read_text()}"

    def fetch(self, source: Path, target: Path) -> float:
        """Return the seconds that scp takes to fetch a file."""
        known = self.folder / "known_hosts"
        known.write_text(self.known_hosts)
        options = ["-q", "-F", "none", "-i", str(self.folder / "user"), "-P", str(self.port), "-o", "BatchMode=yes"]
        command = ["scp", *options, "-o", f"UserKnownHostsFile={known}", f"{self.user}@127.0.0.1:{source}", str(target)]
        began = time.perf_counter()
        subprocess.run(command, check=True)
        return time.perf_counter() - began

    def cut(self) -> None:
        """End every login at once, as a network does that drops; sshd goes on to listen."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.name().startswith("sshd"):
                    child.kill()

    def viewers(self) -> list[int]:
        """Return the processes of viewers that were started here by way of a login."""
        found = []
        for process in psutil.process_iter(["environ", "cmdline", "status"]):
            told = process.info["environ"] or {}
            ours = told.get("HOME") == str(self.home) and "viewer" in (process.info["cmdline"] or [])
            if ours and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        return found

    def clear(self) -> None:
        """End what was left over, by its ids."""
        for pid in self.viewers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def far_host(folder: Path, python: Path | None = None) -> Iterator[FarHost]:
    """Start one whose login finds `python` first; without it, ours among its environments.

    Nothing of it stays but the logs that upstream writes into the system's temporary folder.
    """
    home = Path(tempfile.mkdtemp(prefix="far"))  # short: the path of a unix socket may have about 100 bytes
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copy(folder / "user.pub", folder / "authorized")
    (home / ".virtualenvs").mkdir()
    (home / ".virtualenvs" / "ours").symlink_to(sys.prefix)
    before = f"{python.parent}:" if python else ""
    port = free_port()
    config = [
        f"Port {port}", "ListenAddress 127.0.0.1", f"HostKey {folder}/host", f"AuthorizedKeysFile {folder}/authorized",
        "PidFile none", "UsePAM no", "StrictModes no", "PasswordAuthentication no",
        "PermitRootLogin prohibit-password", "MaxStartups 500", "Subsystem sftp internal-sftp",
        f"SetEnv HOME={home} PATH={before}/usr/local/bin:/usr/bin:/bin",
    ]  # fmt: skip
    (folder / "config").write_text("\n".join(config) + "\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "sshd"
    log = str(folder / "log")
    process = subprocess.Popen([program, "-D", "-f", str(folder / "config"), "-E", log])
    host = FarHost(port, pwd.getpwuid(os.geteuid()).pw_name, folder, home, process)
    try:
        _await(process, port)
        yield host
    finally:
        host.cut()
        process.terminate()
        process.wait()
        host.clear()
        shutil.rmtree(home, ignore_errors=True)


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.perf_counter() + 20
    while time.perf_counter() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError("sshd did not start")
