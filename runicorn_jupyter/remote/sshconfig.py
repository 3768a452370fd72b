"""What ``~/.ssh/config`` says of a host, as far as it is plain: asyncssh would run the commands in it, we only read.

``Match`` blocks, ``ProxyCommand`` and every other word are passed over; who needs them uses a host name that works
without.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import SshHost
from runicorn_jupyter.paths import open_regular
from runicorn_jupyter.remote.address import DEFAULT_PORT

_BYTES = 1024 * 1024
_DEEPEST = 8
_FILES = 64
_HOSTS = 1000
_WILD = frozenset("*?!")


class _Line(NamedTuple):
    word: str
    values: list[str]


def hosts(file: Path | None = None) -> list[SshHost]:
    """Return the hosts that have a name of their own in the file, in its order; none when there is no such file."""
    lines = list(_lines(_usual(file)))
    names = [name for line in lines if line.word == "host" for name in line.values if not _WILD & set(name)]
    return [_resolved(lines, name) for name in list(dict.fromkeys(names))[:_HOSTS]]


def host(name: str, file: Path | None = None) -> SshHost:
    """Return how to reach `name`: the first word that the file says counts, as for ssh.

    Raises
    ------
    BadRequest
        The file says something that cannot be a port.
    """
    return _resolved(list(_lines(_usual(file))), name)


def _usual(file: Path | None) -> Path:
    return Path("~/.ssh/config").expanduser() if file is None else file


def _resolved(lines: Sequence[_Line], name: str) -> SshHost:
    said: dict[str, str] = {}
    counts = True
    for line in lines:
        if line.word == "host":
            counts = _matches(line.values, name)
        elif line.word == "match":
            counts = [value.lower() for value in line.values] == ["all"]
        elif counts and line.values:
            said.setdefault(line.word, line.values[0])
    port = said.get("port", str(DEFAULT_PORT))
    if not (port.isascii() and port.isdigit()):
        raise BadRequest(f"~/.ssh/config gives {name} a port that is no number.")
    target = said.get("hostname", name).replace("%h", name).replace("%%", "%")
    jump = said.get("proxyjump")
    return SshHost(
        name=name,
        host=target,
        port=int(port),
        username=said.get("user"),
        identity_file=said.get("identityfile"),
        jump=None if jump is None or jump.lower() == "none" else jump,
    )


def _matches(patterns: Sequence[str], name: str) -> bool:
    found = False
    for pattern in patterns:
        if fnmatchcase(name.lower(), pattern.removeprefix("!").lower()):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _lines(file: Path, depth: int = 0, budget: list[int] | None = None) -> Iterator[_Line]:
    """Yield the words of a file and of those that it includes; an unreadable one says nothing."""
    budget = [_FILES] if budget is None else budget
    if depth > _DEEPEST or budget[0] <= 0:
        return
    budget[0] -= 1
    for text in _text(file).splitlines():
        try:
            parts = shlex.split(text.replace("=", " ", 1) if "=" in text.split("#")[0] else text, comments=True)
        except ValueError:
            continue
        if not parts:
            continue
        if parts[0].lower() == "include":
            for pattern in parts[1:]:
                base = Path(pattern).expanduser()
                whole = base if base.is_absolute() else file.parent / base
                for found in sorted(whole.parent.glob(whole.name)):
                    yield from _lines(found, depth + 1, budget)
        else:
            yield _Line(parts[0].lower(), parts[1:])


def _text(file: Path) -> str:
    file = Path(os.path.realpath(file))
    try:
        with os.fdopen(open_regular(file.parent, file.name), "rb") as stream:
            return stream.read(_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""
