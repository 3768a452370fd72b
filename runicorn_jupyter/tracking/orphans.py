"""Spool files whose process is gone: their lines are brought home by the next process that tracks on this host."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from runicorn_jupyter.paths import plain_component, write_atomically
from runicorn_jupyter.tracking import machine
from runicorn_jupyter.tracking.appendfile import Descriptor
from runicorn_jupyter.tracking.backlog import spool_folder
from runicorn_jupyter.tracking.documents import encode

_FILES = frozenset({"events.jsonl", "logs.txt"})
_DOCUMENTS = frozenset({"meta", "status", "summary", "assets"})
_TAIL = 1024 * 1024
_CLOCK_SLACK = 2.0


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
        try:
            with _claimed(path) as file:
                settled += file is not None and _settle(path, file)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return settled


def _settle(path: Path, file: IO[bytes]) -> bool:
    if path.name.endswith(".documents"):
        kept = json.loads(file.read())
        if _alive(kept):
            return False
        _bring_documents(Path(kept["run_dir"]), kept)
    else:
        owner = json.loads(file.readline())
        if _alive(owner) or owner["file"] not in _FILES:
            return False
        run_dir = Path(owner["run_dir"])
        if run_dir.is_dir():
            _bring_lines(run_dir / owner["file"], file)
        elif not owner["made"]:
            return False
    path.unlink()
    return True


def _bring_lines(target: Path, file: IO[bytes]) -> None:
    """Append the lines of a spool, but for those up to the last one that its process had merged itself."""
    waiting = file.read().split(b"\n")[:-1]
    home = Descriptor(target)
    size = os.fstat(home.number).st_size
    places = {line: number for number, line in enumerate(waiting)}
    tail = os.pread(home.number, _TAIL, max(0, size - _TAIL)).split(b"\n")
    merged = next((places[line] + 1 for line in reversed(tail) if line in places), 0)
    for line in waiting[merged:]:
        home.write(line + b"\n")


def _bring_documents(run_dir: Path, kept: dict[str, Any]) -> None:
    """Write the documents a dead process could not, unless another session has taken the run over since."""
    try:
        there = json.loads((run_dir / "meta.json").read_bytes())
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
    if owner["host_id"] != machine.host_id():
        return True
    import psutil

    try:
        started = psutil.Process(owner["pid"]).create_time()
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True
    return owner["pid_start"] is None or abs(started - owner["pid_start"]) <= _CLOCK_SLACK


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
