"""The token of a server on this machine, from the file that it keeps for programs of its own user."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psutil

from runicorn_jupyter import paths

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost", "0.0.0.0", "::"})  # noqa: S104 - names to compare with
_PORTS = {"http": 80, "https": 443}


class Running(NamedTuple):
    """A viewer or Jupyter server of this user that says it is running."""

    url: str
    token: str


def find_token(url: str) -> str | None:
    """Return the token of the server at `url`; None when no server of ours on this machine has that address."""
    wanted = _address(url)
    return next((server.token for server in running() if _address(server.url) == wanted), None)


def running() -> Iterator[Running]:
    """Yield the viewers of this user, then his Jupyter servers, as far as they are alive."""
    yield from _announced(paths.runtime_folder(), "viewer-*.json")
    yield from _announced(_jupyter_folder(), "jpserver-*.json")


def is_local(url: str) -> bool:
    """Tell whether `url` is on this machine."""
    return (urlsplit(url).hostname or "") in _LOOPBACK


def _announced(folder: Path, pattern: str) -> Iterator[Running]:
    for path in sorted(folder.glob(pattern)):
        try:
            data: dict[str, Any] = json.loads(path.read_bytes())
            found, pid = Running(str(data["url"]), str(data["token"])), int(data["pid"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if psutil.pid_exists(pid):
            yield found


def _jupyter_folder() -> Path:
    """Return where Jupyter servers write their files."""
    if folder := os.environ.get("JUPYTER_RUNTIME_DIR"):
        return Path(folder)
    from jupyter_core.paths import jupyter_runtime_dir

    return Path(jupyter_runtime_dir())


def _address(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port; None when `url` is no address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    return parts.scheme, "localhost" if host in _LOOPBACK else host, port or _PORTS.get(parts.scheme, 0)
