"""The files of one run: which there are, what stands in them, and when each is written."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic, time
from typing import Any

import orjson

from runicorn_jupyter.paths import write_atomically
from runicorn_jupyter.tracking.process import machine
from runicorn_jupyter.tracking.process.ownership import (
    events_of_rank,
    is_ours,
    living_owner,
    locked,
    logs_of_rank,
    owner_is_here,
    take_number,
)
from runicorn_jupyter.tracking.process.place import Plan, claim, last_step, new_id
from runicorn_jupyter.tracking.writing.appendfile import AppendFile
from runicorn_jupyter.tracking.writing.backlog import Backlog, spool_folder
from runicorn_jupyter.tracking.writing.documents import Documents, encode
from runicorn_jupyter.tracking.writing.faults import Faults, storage_sentence, tell
from runicorn_jupyter.tracking.writing.header import describe

SYNC_EVERY = 5.0
BEAT_EVERY = 10.0
"""Seconds between two fdatasync calls, and between two heartbeats."""


class Recorder:
    """Owns the directory of one run; the run speaks to it, the keeper's thread calls `tick`.

    A directory that cannot be made is tried again by every `tick`; until then lines wait in the spool. Where another
    living process owns the directory, this one only adds lines to it, in a file of its own, and to the summary.

    Parameters
    ----------
    plan : Plan
        What `init` was asked for.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.faults = Faults(strict=plan.strict)
        self.owner = plan.joins is None
        self.ready = True
        self.resumed = plan.joins is not None
        self.closed = False
        self.rank = plan.rank or None
        self.best: Callable[[], dict[str, Any]] = dict
        self.on_tick: Callable[[], None] = lambda: None
        self.on_fork: Callable[[], None] = lambda: None
        self._beats = 0
        self._beat_due = self._sync_due = 0.0
        self._best_written: dict[str, Any] = {}
        self._kept: bytes | None = None
        self._documenting = threading.RLock()
        """Held from a document's write to what its failure or success means for the copy in the spool."""
        self._began = (time(), monotonic())
        self.run_dir = self._directory(plan)
        self.id = self.run_dir.name
        self.documents = Documents(self.run_dir, self.faults)
        if self.owner:
            self._take_over(plan)
        self._name_files()

    @property
    def first_step(self) -> int:
        """The step of the first point that is logged without one."""
        return 1 + (last_step(self.events.path) if self.resumed else 0)

    @property
    def append(self) -> Callable[[bytes], None]:
        """Append one event line; a rank above 0 is written into it."""
        put = self.events.append
        if not self.rank:
            return put
        tail = b',"rank":%d}\n' % self.rank
        return lambda line: put(line[:-2] + tail)

    @property
    def mark(self) -> str:
        """What stands before each line of text of a rank above 0, else nothing."""
        return f"[rank {self.rank}] " if self.rank else ""

    @property
    def settled(self) -> bool:
        """Whether everything is where it belongs."""
        return not (self.events.troubled or self.logs.troubled or self.documents.changed)

    def tick(self) -> bool:
        """Do what is due: bring spooled lines home, sync, beat, write the documents that changed; False at the end."""
        now = monotonic()
        self.on_tick()
        if not self.ready:
            self._prepare()
        self.events.recover()
        self.logs.recover()
        if now >= self._sync_due:
            self._sync_due = now + SYNC_EVERY
            self.documents.sync()
            self.events.sync()
            self.logs.sync()
        if self.ready:
            if self.owner and not self.closed and now >= self._beat_due:
                self._beat_due = now + BEAT_EVERY
                self._beat(now)
            self.write_documents()
        return not (self.closed and self.settled)

    def write_documents(self) -> None:
        """Write the documents that changed, with the best value and the faults up to now."""
        if not self.owner:
            self.documents.write()
            return
        with self._documenting:
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
        if not self.owner:
            return
        if status == "running":
            self.documents.drop("status", "ended_at")
            self.documents.update("status", {"status": status})
            return
        # A clock that was set back must not make a run that ended before it began.
        wall, steady = self._began
        ended_at = max(time(), wall + monotonic() - steady)
        self.documents.update("status", {"status": status, "ended_at": ended_at})

    def reclaim(self) -> None:
        """Leave the documents to another process if it took the run over while this one was interrupted."""
        if self.owner and not is_ours(self.run_dir):
            self.owner = False
            tell(f"run {self.id} was taken over by another process; this one goes on adding points to it.")

    def close(self, status: str) -> None:
        """Write all that waits and the final status; what the disk refuses stays in the spool or counts as lost."""
        if not self.ready:
            self._prepare()
        self.events.close()
        self.logs.close()
        if self.owner:
            self.set_status(status)
            self.documents.update("status", self._fault_fields())
            self._end_session()
        with self._documenting:
            self.write_documents()
            if self.documents.changed:
                # Once more, for there may be no later: what failed for a moment must not wait for the next process.
                self.write_documents()
        self.documents.sync()
        self.closed = True

    def another_file(self, name: str) -> AppendFile:
        """Return one more file of the run that only grows."""
        return AppendFile(self.run_dir / name, self._backlog(name), self.faults)

    def forked(self) -> None:
        """Become the recorder of a forked child: it appends to the same files, the documents stay its parent's."""
        self.owner = False
        self._documenting = threading.RLock()
        self.faults.renew()
        self.documents.forked()
        self.events.forked(self._backlog(self.events.path.name))
        self.logs.forked(self._backlog(self.logs.path.name))
        self.on_fork()

    def _directory(self, plan: Plan) -> Path:
        if plan.joins is not None:
            return plan.joins
        try:
            run_id, self.resumed = claim(plan.folder, plan.run_id)
        except OSError as error:
            run_id, self.ready = plan.run_id or new_id(), False
            self.faults.note("directory", storage_sentence(error), error)
        return plan.folder / run_id

    def _take_over(self, plan: Plan) -> None:
        """Write the documents of this session, unless another process that lives has the run open."""
        shared = self.ready and plan.run_id is not None
        with locked(self.run_dir) if shared else contextlib.nullcontext():
            if shared and living_owner(self.run_dir) is not None:
                self.owner, self.resumed = False, True
                tell(
                    f"run {self.id} is being written by another process; this one adds its points to it, with a rank "
                    "of its own, and leaves its status alone."
                )
                return
            describe(self.documents, plan, self.id, self._began[0], resumed=self.resumed)
            if not self.ready or not self.documents.write(sync=False):
                self._keep_documents()

    def _name_files(self) -> None:
        events, logs = "events.jsonl", "logs.txt"
        if not self.owner:
            try:
                self.rank = self.rank or take_number(self.run_dir)
            except OSError as error:
                self.faults.note("directory", storage_sentence(error), error)
            else:
                events = events_of_rank(self.rank)
                logs = logs if owner_is_here(self.run_dir) else logs_of_rank(self.rank)
        self.events = AppendFile(self.run_dir / events, self._backlog(events), self.faults)
        self.logs = AppendFile(self.run_dir / logs, self._backlog(logs), self.faults)

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
