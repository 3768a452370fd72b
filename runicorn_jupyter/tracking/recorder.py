"""The files of one run: which there are, what stands in them, and when each is written."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from time import monotonic, time
from typing import Any

import orjson

from runicorn_jupyter.paths import write_atomically
from runicorn_jupyter.store.values import as_mapping
from runicorn_jupyter.tracking import machine
from runicorn_jupyter.tracking.appendfile import AppendFile
from runicorn_jupyter.tracking.backlog import Backlog, spool_folder
from runicorn_jupyter.tracking.documents import Documents, encode
from runicorn_jupyter.tracking.faults import Faults, storage_sentence
from runicorn_jupyter.tracking.place import Plan, claim, last_step, new_id

SYNC_EVERY = 5.0
BEAT_EVERY = 10.0
"""Seconds between two fdatasync calls, and between two heartbeats."""


class Recorder:
    """Owns the directory of one run; the run speaks to it, the keeper's thread calls `tick`.

    A directory that cannot be made is tried again by every `tick`; until then lines wait in the spool.

    Parameters
    ----------
    plan : Plan
        What `init` was asked for.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.faults = Faults(strict=plan.strict)
        self.owner = True
        self.ready = True
        self.resumed = False
        self.best: Callable[[], dict[str, Any]] = dict
        self.on_fork: Callable[[], None] = lambda: None
        try:
            self.id, self.resumed = claim(plan.folder, plan.run_id)
        except OSError as error:
            self.id, self.ready = plan.run_id or new_id(), False
            self.faults.note("directory", storage_sentence(error), error)
        self.run_dir = plan.folder / self.id
        self.documents = Documents(self.run_dir, self.faults)
        self.events = AppendFile(self.run_dir / "events.jsonl", self._backlog("events.jsonl"), self.faults)
        self.logs = AppendFile(self.run_dir / "logs.txt", self._backlog("logs.txt"), self.faults)
        self._beats = 0
        self._beat_due = self._sync_due = 0.0
        self._best_written: dict[str, Any] = {}
        self._kept: bytes | None = None
        self._describe(time())
        if not self.ready or not self.documents.write():
            self._keep_documents()

    @property
    def first_step(self) -> int:
        """The step of the first point that is logged without one."""
        return 1 + (last_step(self.events.path) if self.resumed else 0)

    def tick(self) -> None:
        """Do what is due: bring spooled lines home, sync, beat, and write the documents that changed."""
        now = monotonic()
        if not self.ready:
            self._prepare()
        self.events.recover()
        self.logs.recover()
        if now >= self._sync_due:
            self._sync_due = now + SYNC_EVERY
            self.events.sync()
            self.logs.sync()
        if self.owner and self.ready:
            if now >= self._beat_due:
                self._beat_due = now + BEAT_EVERY
                self._beat(now)
            self.write_documents()

    def write_documents(self) -> None:
        """Write the documents that changed, with the best value and the faults up to now."""
        if not self.owner:
            return
        best = self.best()
        if best != self._best_written:
            self._best_written = best
            self.documents.update("summary", best)
        if self.faults.changed:
            self.faults.changed = False
            self.documents.update("status", self._fault_fields())
        if not self.documents.write():
            self._keep_documents()
        elif self._kept is not None:
            self._kept = None
            (spool_folder() / f"{self._spool_name}.documents").unlink(missing_ok=True)

    def set_status(self, status: str) -> None:
        """Say ``running`` again, or how the run ended."""
        if status == "running":
            self.documents.drop("status", "ended_at")
            self.documents.update("status", {"status": status})
        else:
            self.documents.update("status", {"status": status, "ended_at": time()})

    def close(self, status: str) -> None:
        """Write all that waits and the final status; what the disk refuses stays in the spool or counts as lost."""
        if not self.ready:
            self._prepare()
        self.events.close()
        self.logs.close()
        if not self.owner:
            return
        self.set_status(status)
        self.documents.update("status", self._fault_fields())
        self._end_session()
        self.write_documents()

    def forked(self) -> None:
        """Become the recorder of a forked child: it appends to the same files, the documents stay its parent's."""
        self.owner = False
        self.faults.renew()
        self.documents.forked()
        self.events.forked(self._backlog("events.jsonl"))
        self.logs.forked(self._backlog("logs.txt"))
        self.on_fork()

    def _describe(self, now: float) -> None:
        """Fill the documents for this session; those of an earlier one are continued."""
        plan = self._plan
        known = self.documents.load("meta") if self.resumed else {}
        before = self.documents.load("status") if self.resumed else {}
        if self.resumed:
            self.documents.load("summary")
            self.documents.load("assets")
        sessions = known.get("sessions")
        sessions = sessions if isinstance(sessions, list) else []
        session = machine.session("resume" if self.resumed else "start", now)
        self.documents.update("meta", {
            "id": self.id,
            "project": plan.project,
            "name": plan.name,
            "created_at": known.get("created_at", now),
            "python": session["python"],
            "platform": machine.platform(),
            "hostname": session["host"],
            "pid": session["pid"],
            "storage_dir": str(plan.root),
            "path": known.get("path", plan.path),
            "alias": known.get("alias") if plan.alias is None else plan.alias,
            "tags": list(plan.tags) or known.get("tags", []),
            "notes": known.get("notes", "") if plan.notes is None else plan.notes,
            "pid_start": session["pid_start"],
            "host_id": machine.host_id(),
            "sessions": [*sessions, session],
        })  # fmt: skip
        self.documents.update("status", {"status": "running", "started_at": before.get("started_at", now)})
        self.documents.drop("status", "ended_at")
        if plan.config is not None:
            config = as_mapping(self.documents["assets"].get("config"))
            args = {**as_mapping(config.get("args")), **plan.config}
            self.documents.update("assets", {
                "code": {}, "datasets": [], "pretrained": [], "outputs": [], **self.documents["assets"],
                "config": {"extra": {}, "config_files": [], **config, "args": args},
            })  # fmt: skip

    def _end_session(self) -> None:
        sessions = [dict(entry) for entry in self.documents["meta"].get("sessions", [])]
        if sessions:
            sessions[-1]["ended_at"] = self.documents["status"].get("ended_at")
            self.documents.update("meta", {"sessions": sessions})

    def _prepare(self) -> None:
        """Try again to make the directory; silent, since the first failure was told."""
        try:
            claim(self._plan.folder, self.id)
        except OSError:
            self._keep_documents()
        else:
            self.ready = True

    def _beat(self, now: float) -> None:
        meta = self.documents["meta"]
        beat = {
            "pid": os.getpid(),
            "pid_start": meta.get("pid_start"),
            "host": meta.get("hostname"),
            "seq": self._beats,
            "monotonic": now,
            "wall": time(),
        }
        self._beats += 1
        try:
            write_atomically(self.run_dir / "heartbeat", encode(beat))
        except OSError as error:
            self.faults.note("heartbeat", storage_sentence(error), error)

    def _fault_fields(self) -> dict[str, Any]:
        return {"sdk_faults": dict(self.faults.counts), "dropped_lines": self.faults.dropped}

    def _backlog(self, file: str) -> Backlog:
        header = {**self._owner_fields(), "file": file}
        return Backlog(f"{self._spool_name}.{file}", orjson.dumps(header) + b"\n")

    def _keep_documents(self) -> None:
        """Put the documents into the spool folder, so that a later process can bring them home."""
        with contextlib.suppress(OSError, ValueError, TypeError, RecursionError):
            kept = encode({**self._owner_fields(), "documents": self.documents.snapshot()})
            if self.owner and kept != self._kept:
                write_atomically(spool_folder() / f"{self._spool_name}.documents", kept, mode=0o600)
                self._kept = kept

    @property
    def _spool_name(self) -> str:
        return f"{self.id}-{os.getpid()}"

    def _owner_fields(self) -> dict[str, Any]:
        return {
            "run_dir": str(self.run_dir),
            "made": self.ready,
            "pid": os.getpid(),
            "pid_start": machine.process_start(),
            "host_id": machine.host_id(),
        }
