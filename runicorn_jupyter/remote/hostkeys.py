"""Which keys of hosts are trusted: the user's known_hosts files, read only, and one file of ours."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import asyncssh

from runicorn_jupyter.errors import BadRequest, NotFound
from runicorn_jupyter.paths import config_folder, open_regular, write_atomically
from runicorn_jupyter.remote.address import Address
from runicorn_jupyter.remote.errors import KnownHostsUnreadable

_FILE = "known_hosts"
_SYSTEM = "/etc/ssh/ssh_known_hosts"
_BYTES = 4 * 1024 * 1024
_REMEMBERED_S = 600.0
_OFFERS = 100


class HostKey(NamedTuple):
    """A key that a host showed, in the fields of X29."""

    host: str
    port: int
    known_hosts_host: str
    key_type: str
    fingerprint_sha256: str
    public_key: str
    """Type and base64, as a known_hosts line has them."""

    def item(self) -> dict[str, Any]:
        """Return the form that is sent."""
        return {**self._asdict(), "reason": "unknown"}


class Known(NamedTuple):
    """What is known of one host: its keys, keys that may vouch for it, and keys that must never be taken again."""

    keys: Sequence[asyncssh.SSHKey]
    signers: Sequence[asyncssh.SSHKey]
    revoked: Sequence[asyncssh.SSHKey]


class HostKeys:
    """Trusted keys of hosts; thread-safe.

    Parameters
    ----------
    others : paths, optional
        known_hosts files that are read and never written; the user's and the system's by default.
    own : path, optional
        The file that accepted keys go to; by default in our own configuration folder.
    """

    def __init__(self, others: Sequence[Path] | None = None, own: Path | None = None) -> None:
        self._others = tuple(_usual() if others is None else others)
        self._own = own or config_folder() / _FILE
        self._offers: dict[tuple[str, int, str], tuple[float, HostKey]] = {}
        self._lock = threading.Lock()

    def known(self, where: Address) -> Known:
        """Return what is known of the host at this very port; a line that makes no sense is passed over, as ssh does.

        asyncssh by itself would also take what is known of port 22 of the same name: many a machine has a container
        behind each port, and every one of them would seem to have changed its key.

        Raises
        ------
        KnownHostsUnreadable
            A file is there but cannot be read: then it is not known what was revoked.
        """
        known = asyncssh.SSHKnownHosts()
        for file in (*self._others, self._own):
            for line in _lines(file):
                try:
                    known.load(line)
                except ValueError:
                    continue
        return Known(*known.match(where.known_hosts_name, "", None)[:3])

    def offered(self, where: Address, key: asyncssh.SSHKey) -> HostKey:
        """Remember for ten minutes that a host showed `key`, and return it as it is shown to a person."""
        shown = HostKey(
            host=where.host,
            port=where.port,
            known_hosts_host=where.known_hosts_name,
            key_type=key.get_algorithm(),
            fingerprint_sha256=key.get_fingerprint("sha256"),
            public_key=_public(key),
        )
        now = time.monotonic()
        with self._lock:
            fresh = {name: held for name, held in self._offers.items() if now - held[0] < _REMEMBERED_S}
            self._offers = dict(list(fresh.items())[-_OFFERS:])
            self._offers[where.host, where.port, shown.fingerprint_sha256] = (now, shown)
        return shown

    def accept(self, host: str, port: int, fingerprint: str, public_key: str | None = None) -> HostKey:
        """Trust from now on the very key that a host showed.

        Raises
        ------
        BadRequest
            The host has not shown this key in the last ten minutes.
        """
        with self._lock:
            held = self._offers.get((host, port, fingerprint))
            if (
                held is None
                or time.monotonic() - held[0] > _REMEMBERED_S
                or (public_key is not None and public_key.split()[-1:] != held[1].public_key.split()[-1:])
            ):
                raise BadRequest(
                    "This is not a key that the host has shown in the last ten minutes: connect again and compare."
                )
            shown = held[1]
            line = f"{shown.known_hosts_host} {shown.public_key}"
            lines = _lines(self._own)
            if line not in lines:
                self._write([*lines, line])
            del self._offers[host, port, fingerprint]
        return shown

    def entries(self) -> list[dict[str, Any]]:
        """Return the keys that were accepted here, in the fields of X29."""
        found = []
        for line in _lines(self._own):
            name, _, rest = line.partition(" ")
            try:
                key = asyncssh.import_public_key(rest)
            except asyncssh.KeyImportError:
                continue
            host, port = _host_port(name)
            found.append(
                {
                    "host": host,
                    "port": port,
                    "known_hosts_host": name,
                    "key_type": key.get_algorithm(),
                    "key_base64": _public(key).split()[1],
                    "fingerprint_sha256": key.get_fingerprint("sha256"),
                }
            )
        return found

    def remove(self, host: str, port: int, key_type: str) -> None:
        """Forget a key that was accepted here.

        Raises
        ------
        NotFound
            No accepted key is that of this host, port and type; keys in the user's own files are not ours to remove.
        """
        with self._lock:
            lines = _lines(self._own)
            kept = [line for line in lines if not _is_of(line, host, port, key_type)]
            if len(kept) == len(lines):
                raise NotFound(f"No {key_type} key of {host} was accepted here.")
            self._write(kept)

    def _write(self, lines: Sequence[str]) -> None:
        self._own.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self._own, "".join(f"{line}\n" for line in lines).encode(), mode=0o600)


def _usual() -> list[Path]:
    return [Path(_SYSTEM), *(Path("~/.ssh", name).expanduser() for name in ("known_hosts", "known_hosts2"))]


def _lines(file: Path) -> list[str]:
    """Return the lines of a known_hosts file, none when it is not there."""
    file = Path(os.path.realpath(file))  # the user's own file may well be a link of the user's
    try:
        descriptor = open_regular(file.parent, file.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError):
        raise KnownHostsUnreadable(f"{file.name} cannot be read: no host is trusted until it can be.") from None
    with os.fdopen(descriptor, "rb") as stream:
        data = stream.read(_BYTES + 1)
    if len(data) > _BYTES:
        raise KnownHostsUnreadable(f"{file.name} is larger than {_BYTES} bytes: no host is trusted until it is not.")
    return [line for line in data.decode("utf-8", "replace").splitlines() if line.strip()]


def _public(key: asyncssh.SSHKey) -> str:
    return " ".join(key.export_public_key().decode().split()[:2])


def _host_port(name: str) -> tuple[str, int]:
    if name.startswith("["):
        host, _, port = name[1:].partition("]:")
        return host, int(port) if port.isdigit() else 22
    return name, 22


def _is_of(line: str, host: str, port: int, key_type: str) -> bool:
    name, kind = (*line.split(), "", "")[:2]
    return _host_port(name) == (host, port) and kind == key_type
