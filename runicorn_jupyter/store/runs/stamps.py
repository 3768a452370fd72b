"""Whether a run changed, told by the times and sizes of its files without opening one."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

EVENTS = "events.jsonl"
WATCHED = frozenset(
    {
        EVENTS,
        "meta.json",
        "status.json",
        "summary.json",
        "assets.json",
        "artifacts_created.json",
        "artifacts_used.json",
        "heartbeat",
        ".deleted",
    }
)
"""Files whose time or size tell that a run changed, beside those that several processes of a run write."""

_SETTLED = 0.2
"""Seconds: a folder whose time is younger may change again within the same clock tick, so it never counts as known."""


class Stamps(NamedTuple):
    """How the files of a run stood at one moment.

    `signature` names all of it, `events` only what was logged (``"none"`` without any); `size` is in bytes.
    """

    signature: str
    events: str
    size: int
    grew_at: float | None


def take(
    folder: int, names: Iterable[str], inside: Callable[[str], bool], known: Mapping[str, os.stat_result]
) -> Stamps:
    """Return the stamps of an open run directory that holds `names`, some of them `known` already.

    A link counts as what it leads to, if that lies ``inside(name)`` the root, else as absent.
    """
    parts, events, size, grew_at = [_folder_stamp(os.fstat(folder))], list[str](), 0, list[float]()
    for name in sorted([name for name in names if name in WATCHED or is_ranked(name)]):
        found = known.get(name) or _look(folder, name, inside)
        if found is None:
            continue
        parts.append(f"{name}:{_stamp(found)}")
        if name.startswith("events.") and stat.S_ISREG(found.st_mode):
            events.append(parts[-1])
            size += found.st_size
            grew_at.append(found.st_mtime)
    return Stamps("/".join(parts), "/".join(events) or "none", size, max(grew_at, default=None))


def unchanged(run_dir: str, signature: str) -> bool:
    """Tell whether the run still stands as `signature` says.

    A file that was not there cannot have come while the folder's own time is the same, so only those there are asked.
    """
    folder, *files = signature.split("/")
    try:
        if not folder or _folder_stamp(os.lstat(run_dir)) != folder:
            return False
        for file in files:
            name, _, stamp = file.rpartition(":")
            if _stamp(os.stat(f"{run_dir}/{name}")) != stamp:  # noqa: PTH116 - a Path costs more than the call
                return False
    except OSError:
        return False
    return True


def grown(run_dir: str, signature: str) -> Stamps | None:
    """Return the stamps of a run to which nothing but events has been added since `signature`, None when unsure.

    Files that are rewritten in their place, as upstream's are, do not show here.
    """
    folder, *files = signature.split("/")
    parts, events, size, grew_at = [folder], list[str](), 0, list[float]()
    try:
        if not folder or _folder_stamp(os.lstat(run_dir)) != folder:
            return None
        for file in files:
            name = file.rpartition(":")[0]
            if name.startswith("events."):
                found = os.stat(f"{run_dir}/{name}")  # noqa: PTH116 - as above
                events.append(f"{name}:{_stamp(found)}")
                size += found.st_size
                grew_at.append(found.st_mtime)
            parts.append(events[-1] if name.startswith("events.") else file)
    except OSError:
        return None
    return Stamps("/".join(parts), "/".join(events), size, max(grew_at)) if events else None


def event_files(signature: str) -> tuple[str, ...]:
    """Return the names of the events files in a signature."""
    files = signature.split("/")[1:]
    return tuple(file.rpartition(":")[0] for file in files if file.startswith("events."))


def is_ranked(name: str) -> bool:
    """Tell whether a file is one of those that the processes of a run on several hosts write."""
    return name.startswith("events.") and name != EVENTS and name.endswith(".jsonl") and name.isascii()


def _look(folder: int, name: str, inside: Callable[[str], bool]) -> os.stat_result | None:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISLNK(found.st_mode):
            return found
        return os.stat(name, dir_fd=folder) if inside(name) else None
    except OSError:
        return None  # gone since it was listed, or a link to nowhere


def _stamp(found: os.stat_result) -> str:
    return f"{found.st_ino:x}.{found.st_size:x}.{found.st_mtime_ns:x}"


def _folder_stamp(found: os.stat_result) -> str:
    return "" if abs(time.time() - found.st_mtime) < _SETTLED else f"{found.st_mtime_ns:x}"
