"""The SSH hosts that a user saved (R24–R27, X21), in a file of ours and without a single secret.

Hosts that upstream saved are shown as well; its file is read, never written (D22), and of its secrets nothing is taken.
A password is kept only when asked for, and then by the keyring of the system, if there is one.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs

from runicorn_jupyter import settings
from runicorn_jupyter.paths import JSON_LIMIT

FILE = "ssh_connections.json"
MOST = 10
METHODS = ("password", "key", "agent", "private_key")
_SERVICE = "runicorn-jupyter ssh"
_UPSTREAM = ("config.json", "connections.json")
_PORTS = range(1, 65_536)


class SavedHost(NamedTuple):
    """One saved host; `in_keyring` says that its password is kept by the system."""

    host: str
    port: int
    username: str
    name: str = ""
    auth_method: str = "password"
    private_key_path: str | None = None
    in_keyring: bool = False
    id: str | None = None
    """What the client calls it (X21)."""

    @property
    def key(self) -> str:
        """Its name in addresses."""
        return f"{self.host}:{self.port}@{self.username}"

    def item(self) -> dict[str, Any]:
        """Return the wire form (R24)."""
        return {
            "host": self.host,
            "port": self.port,
            "username": self.username,
            "name": self.name,
            "remember_password": self.in_keyring,
            "auth_method": self.auth_method,
            "key": self.key,
            "private_key_path": self.private_key_path,
            "has_password": self.in_keyring,
            "has_private_key": self.private_key_path is not None,
        }


def saved_hosts() -> list[SavedHost]:
    """Return the saved hosts, ours before upstream's."""
    held = settings.read(FILE)
    hidden = set(_texts(held.get("hidden")))
    ours = [host for one in _listed(held.get("connections")) if (host := _host(one, ours=True))]
    theirs = [host for host in _upstreams() if host.key not in hidden]
    return list({host.key: host for host in (*theirs, *ours)}.values())[::-1]


class ToSave(NamedTuple):
    """A host as somebody wants it saved; a password is kept only if it is to be remembered."""

    host: SavedHost
    remember: bool = False
    password: str | None = None


def save_host(wanted: ToSave) -> bool:
    """Remember a host, the latest ten of them; tell whether its password is kept.

    Raises
    ------
    SettingsUnwritable
        The config folder cannot be written.
    """
    host = _with_secret(wanted)

    def edit(held: dict[str, Any]) -> None:
        others = [one for one in _listed(held.get("connections")) if _key(one) != host.key]
        # A longer list that came as one (X21) is not cut.
        held["connections"] = [*others, host._asdict()][-max(MOST, len(others)) :]
        held["hidden"] = [key for key in _texts(held.get("hidden")) if key != host.key]

    settings.change(FILE, edit)
    return host.in_keyring


def save_hosts(wanted: Iterable[ToSave]) -> list[SavedHost]:
    """Remember these hosts and no others, and return them; of the others the passwords are forgotten, too.

    Raises
    ------
    SettingsUnwritable
        The config folder cannot be written.
    """
    kept = {one.host.key: _with_secret(one) for one in wanted}
    for gone in saved_hosts():
        if gone.in_keyring and gone.key not in kept:
            _keyring("delete_password", gone.key)

    def edit(held: dict[str, Any]) -> None:
        held["connections"] = [host._asdict() for host in reversed(kept.values())]
        held["hidden"] = [host.key for host in _upstreams() if host.key not in kept]

    settings.change(FILE, edit)
    return list(kept.values())


def forget_host(key: str) -> None:
    """Forget a host and its password; one that upstream saved is not shown any more."""

    def edit(held: dict[str, Any]) -> None:
        held["connections"] = [one for one in _listed(held.get("connections")) if _key(one) != key]
        if any(host.key == key for host in _upstreams()):
            held["hidden"] = [*(one for one in _texts(held.get("hidden")) if one != key), key]

    if any(host.key == key for host in saved_hosts()):
        if any(host.in_keyring for host in saved_hosts() if host.key == key):
            _keyring("delete_password", key)
        settings.change(FILE, edit)


def saved_password(host: str, port: int, username: str) -> str | None:
    """Return the password that the keyring keeps for a saved host, None when there is none."""
    key = SavedHost(host, port, username).key
    if not any(one.in_keyring for one in saved_hosts() if one.key == key):
        return None
    found = _keyring("get_password", key)
    return found if isinstance(found, str) else None


_FAILED = object()


def _with_secret(wanted: ToSave) -> SavedHost:
    """Let the keyring keep or forget the password of a host, and return the host as it is saved then."""
    host = wanted.host
    held = any(one.in_keyring for one in saved_hosts() if one.key == host.key)
    if wanted.remember and wanted.password:
        return host._replace(in_keyring=_keyring("set_password", host.key, wanted.password) is not _FAILED)
    if held and not wanted.remember:
        _keyring("delete_password", host.key)
    return host._replace(in_keyring=held and wanted.remember)


def _keyring(verb: str, *words: str) -> Any:
    """Ask the system's keyring; `_FAILED` when there is none, or it is locked."""
    try:
        return getattr(import_module("keyring"), verb)(_SERVICE, *words)
    except Exception:  # noqa: BLE001 - not installed, no back end, locked: the password is then not kept
        return _FAILED


def _upstreams() -> list[SavedHost]:
    folder = Path(platformdirs.user_config_dir("runicorn", appauthor=False))
    if sys.platform != "linux":
        folder = folder.with_name("Runicorn")
    found = list[SavedHost]()
    for name in _UPSTREAM:
        document: Any = None
        with contextlib.suppress(OSError, ValueError, RecursionError):
            document = json.loads((folder / name).read_bytes()[:JSON_LIMIT])
        listed = document.get("ssh_connections") if isinstance(document, dict) else document
        found += [host for one in _listed(listed) if (host := _host(one, ours=False))]
    return found


def _host(one: Mapping[str, Any], *, ours: bool) -> SavedHost | None:
    host, port, username = one.get("host"), one.get("port", 22), one.get("username")
    if not isinstance(host, str) or not isinstance(username, str) or not host or port not in _PORTS:
        return None
    name, method, path = one.get("name"), one.get("auth_method"), one.get("private_key_path")
    called = one.get("id")
    return SavedHost(
        host,
        port,
        username,
        name if isinstance(name, str) else "",
        method if method in METHODS else "password",
        path if isinstance(path, str) and path else None,
        in_keyring=ours and one.get("in_keyring") is True,
        id=called if isinstance(called, str) else None,
    )


def _key(one: Mapping[str, Any]) -> str:
    host = _host(one, ours=True)
    return host.key if host else ""


def _listed(found: Any) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _texts(found: Any) -> list[str]:
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
