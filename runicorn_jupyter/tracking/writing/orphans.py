"""Spool files whose process is gone: their lines are brought home by the next process that tracks on this host."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time
from typing import IO, Any

from runicorn_jupyter.paths import JSON_LIMIT, plain_component, write_atomically
from runicorn_jupyter.tracking.portable import open_file, read_at
from runicorn_jupyter.tracking.process import machine
from runicorn_jupyter.tracking.writing.appendfile import Descriptor
from runicorn_jupyter.tracking.writing.backlog import spool_folder
from runicorn_jupyter.tracking.writing.documents import encode

_FILES = re.compile(r"events(\.[\w-]+)?\.jsonl|telemetry\.jsonl|logs(\.[\w-]+)?\.txt")
_DOCUMENTS = frozenset({"meta", "status", "summary", "assets", "environment", "provenance"})
_TAIL = 1024 * 1024
_STALE = 86_400.0


def adopt() -> int:
    """Merge every spool of a dead process of this host into its run; return how many files were settled.

    What cannot be merged now stays for the next time. A run that was deleted meanwhile stays deleted, its spool goes.
    """
    settled = 0
    try:
        # Documents first: they make the directory of a run that never had one.
        found = sorted(spool_folder().iterdir(), key=lambda path: not path.name.endswith(".documents"))
    except OSError:
        return 0
    for path in found:
        if path.name.endswith(".tmp"):
            _sweep(path)
            continue
        try:
            with _claimed(path) as file:
                settled += file is not None and _settle(path, file)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return settled


def _sweep(path: Path) -> None:
    """Remove what a process that was killed in the middle of a write left behind."""
    with suppress(OSError):
        if time() - path.stat().st_mtime > _STALE:
            path.unlink()


def _settle(path: Path, file: IO[bytes]) -> bool:
    if path.name.endswith(".documents"):
        kept = json.loads(file.read())
        if _alive(kept):
            return False
        _bring_documents(Path(kept["run_dir"]), kept)
    else:
        owner = json.loads(file.readline())
        if _alive(owner) or not _FILES.fullmatch(owner["file"]):
            return False
        run_dir = Path(owner["run_dir"])
        if run_dir.is_dir():
            _bring_lines(run_dir / owner["file"], file)
        elif not owner["made"]:
            return False
    path.unlink()
    return True


def _bring_lines(target: Path, file: IO[bytes]) -> None:
    """Append the lines of a spool, but for those that its process had merged itself."""
    spooled = file.read()
    waiting = spooled.split(b"\n")[:-1]
    home = Descriptor(target)
    size = os.fstat(home.number).st_size
    if target.suffix == ".txt":
        reach = len(spooled) + 1
        merged = _merged_text(waiting, read_at(home.number, reach, max(0, size - reach)).split(b"\n")[:-1])
    else:
        merged = _merged_events(waiting, read_at(home.number, _TAIL, max(0, size - _TAIL)).split(b"\n"))
    for line in waiting[merged:]:
        home.write(line + b"\n")


def _merged_events(waiting: list[bytes], there: list[bytes]) -> int:
    """Return how many lines of `waiting` are merged: an event holds its time, so that each is found by itself."""
    places = {line: number for number, line in enumerate(waiting)}
    return next((places[line] + 1 for line in reversed(there) if line in places), 0)


def _merged_text(waiting: list[bytes], there: list[bytes]) -> int:
    """Return how many lines of `waiting` `there` ends with, and perhaps a part of the next.

    A text may say the same many times: only a run of lines from the first on tells that they were merged.
    """
    whole, before = _overlaps(waiting, there)
    torn = before < len(waiting) and bool(there) and there[-1] != b"" and waiting[before].startswith(there[-1])
    return max(whole, before if torn else 0)


def _overlaps(waiting: list[bytes], there: list[bytes]) -> tuple[int, int]:
    """Return the longest start of `waiting` that `there` ends with, and the one before the last line of `there`.

    The search of Knuth, Morris and Pratt over lines: a spool may have millions.
    """
    borders = [0]
    for line in waiting[1:]:
        borders.append(_longer(waiting, borders, borders[-1], line))
    now = before = 0
    for line in there:
        before, now = now, _longer(waiting, borders, now, line)
    return now, before


def _longer(waiting: list[bytes], borders: list[int], matched: int, line: bytes) -> int:
    while matched and (matched == len(waiting) or waiting[matched] != line):
        matched = borders[matched - 1]
    return matched + (matched < len(waiting) and waiting[matched] == line)


def _bring_documents(run_dir: Path, kept: dict[str, Any]) -> None:
    """Write the documents a dead process could not, unless another session has taken the run over since."""
    try:
        with os.fdopen(open_file(run_dir, "meta.json"), "rb") as meta:
            there = json.loads(meta.read(JSON_LIMIT))
    except FileNotFoundError:
        if kept["made"] and not run_dir.exists():
            return
        run_dir.mkdir(parents=True, exist_ok=True)
    else:
        if (there.get("pid"), there.get("pid_start")) != (kept["pid"], kept["pid_start"]):
            return
    for name, body in kept["documents"].items():
        if name in _DOCUMENTS and plain_component(name):
            write_atomically(run_dir / f"{name}.json", encode(body))


def _alive(owner: dict[str, Any]) -> bool:
    """Tell whether the process that spooled may still live; one of another host always may."""
    return owner["host_id"] != machine.host_id() or machine.alive(owner["pid"], owner["pid_start"])


@contextmanager
def _claimed(path: Path) -> Iterator[IO[bytes] | None]:
    """Open `path` if no other process is settling it; None otherwise, and on systems without flock."""
    if sys.platform == "win32":
        yield None
        return
    import fcntl

    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield file if path.exists() else None
