"""Folders that a training writes its results to, watched so that the latest state of each file is kept with the run."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from runicorn_jupyter.paths import write_atomically
from runicorn_jupyter.tracking.assets.archive import copy_over, walk
from runicorn_jupyter.tracking.writing.faults import Faults

STATE = ".outputs_state.json"
_LOGS = frozenset({".log", ".txt", ".out", ".err"})
"""Files that grow: they are copied once in `log_snapshot_interval_sec`, however they change."""


class Rules(NamedTuple):
    """What is kept, and when."""

    folders: tuple[Path, ...]
    patterns: tuple[str, ...]
    stable_required: int = 2
    min_age_sec: float = 1.0
    log_snapshot_interval_sec: float = 60.0
    state_gc_after_sec: float = 604_800.0


class Outputs:
    """Keeps files under ``ROOT/archive/outputs/rolling/<run id>``: one copy a file, always the latest.

    Parameters
    ----------
    root, run_dir : Path
        The storage root and the run; what was seen last is remembered in the run's ``.outputs_state.json``.
    add : callable
        Called with the entry of each file that was kept, to be written to assets.json.
    faults : Faults
        Where what cannot be copied is counted.
    """

    def __init__(self, root: Path, run_dir: Path, add: Callable[[dict[str, Any]], None], faults: Faults) -> None:
        self._root = root
        self._run_dir = run_dir
        self._add = add
        self._faults = faults
        self._scanning = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._items: dict[str, dict[str, Any]] = self._remembered()

    def scan(self, rules: Rules) -> dict[str, Any]:
        """Look once; return how many files were seen, how many had changed, and the entries of those kept."""
        with self._scanning:
            now = time.time()
            found = [
                (folder / relative, entry)
                for folder in rules.folders
                for relative, entry in walk(folder)
                if any(fnmatch.fnmatch(relative.rsplit("/", 1)[-1], pattern) for pattern in rules.patterns)
            ]
            kept = [entry for path, stat in found if (entry := self._look(path, stat, rules, now)) is not None]
            self._items = {
                key: item for key, item in self._items.items() if now - item["last_seen_at"] < rules.state_gc_after_sec
            }
            write_atomically(self._run_dir / STATE, json.dumps({"items": self._items}, indent=2).encode(), sync=False)
        return {
            "run_id": self._run_dir.name,
            "scanned": len(found),
            "archived": len(kept),
            "changed": len(kept),
            "archived_entries": kept,
        }

    def watch(self, rules: Rules, interval: float) -> None:
        """Look every `interval` seconds in a thread, until `stop`."""
        self.stop(rules=None)
        self._stop = stop = threading.Event()

        def work() -> None:
            while not stop.wait(max(interval, 0.05)):
                self._try_scan(rules)
            self._try_scan(rules._replace(stable_required=1, min_age_sec=0.0, log_snapshot_interval_sec=0.0))

        self._thread = threading.Thread(target=work, name="runicorn-outputs", daemon=True)
        self._thread.start()

    def stop(self, rules: Rules | None = None, patience: float = 30.0) -> None:
        """Look a last time and end the thread; what cannot be copied within `patience` seconds is left."""
        self._stop.set()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(patience)
        if rules is not None:
            self._try_scan(rules)

    def _try_scan(self, rules: Rules) -> None:
        try:
            self.scan(rules)
        except Exception as error:  # noqa: BLE001 - a thread of ours must not print tracebacks into a training
            if not self._faults.strict:
                self._faults.caught("watch_outputs", error)

    def _look(self, path: Path, stat: os.stat_result, rules: Rules, now: float) -> dict[str, Any] | None:
        key = str(path)
        item = self._items.setdefault(key, {"last_seen_at": now, "stable_count": 0})
        item["last_seen_at"] = now
        same = (item.get("last_size"), item.get("last_mtime_ns")) == (stat.st_size, stat.st_mtime_ns)
        item["stable_count"] = item["stable_count"] + 1 if same else 1
        item["last_size"], item["last_mtime_ns"] = stat.st_size, stat.st_mtime_ns
        state = f"{stat.st_size} {stat.st_mtime_ns}"
        if item.get("kept_state") == state or now - stat.st_mtime < rules.min_age_sec:
            return None
        if path.suffix in _LOGS:
            if now - item.get("last_log_snapshot_at", 0.0) < rules.log_snapshot_interval_sec:
                return None
            item["last_log_snapshot_at"] = now
        elif item["stable_count"] < rules.stable_required:
            return None
        return self._keep(path, item, state, now)

    def _keep(self, path: Path, item: dict[str, Any], state: str, now: float) -> dict[str, Any] | None:
        name = f"{hashlib.sha1(os.fsencode(path), usedforsecurity=False).hexdigest()}_{path.name[-120:]}"
        target = self._root / "archive" / "outputs" / "rolling" / self._run_dir.name / name
        try:
            digest = copy_over(path, target)
        except (OSError, ValueError) as error:
            self._faults.caught("watch_outputs", error)
            return None
        item.update(kept_state=state, last_archived_fingerprint=digest, last_archived_at=now)
        entry = {
            "key": str(path),
            "name": path.name,
            "kind": "file",
            "path": str(path),
            "saved": True,
            "archive_path": str(target),
            "fingerprint_kind": "sha256",
            "fingerprint": digest,
            "mode": "rolling",
            "archived_at": int(now),
        }
        self._add(entry)
        return entry

    def _remembered(self) -> dict[str, dict[str, Any]]:
        try:
            items = json.loads((self._run_dir / STATE).read_bytes())["items"]
            return {key: {"stable_count": 0, **item} for key, item in items.items() if "last_seen_at" in item}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}


def rules_of(folders: Sequence[str | os.PathLike[str]], patterns: Sequence[str] | None, **numbers: Any) -> Rules:
    """Return the rules for what a script wrote."""
    listed = [folders] if isinstance(folders, str | os.PathLike) else folders
    absolute = tuple(Path(os.path.abspath(os.path.expanduser(folder))) for folder in listed)  # noqa: PTH100, PTH111
    return Rules(absolute, tuple(patterns) if patterns else ("*",), **numbers)
