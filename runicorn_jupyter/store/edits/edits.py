"""Notes, tags and alias that people give to runs; the files of the run itself are never touched (contract §5d)."""

from __future__ import annotations

import contextlib
import errno
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from runicorn_jupyter.errors import BadRequest, DiskFull, Forbidden, RunicornError
from runicorn_jupyter.models import RunRecord
from runicorn_jupyter.paths import write_atomically
from runicorn_jupyter.store.bin.deletion import folder
from runicorn_jupyter.store.edits.overlay import FOLDER, edit_file, read_edit
from runicorn_jupyter.store.store import Store

ALIAS_LIMIT = 100
TAG_LIMIT = 100
TAGS = 100
NOTES_LIMIT = 65_536
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Edits:
    """Changes what people say about the runs of one store; every list, query and frame agrees at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()

    def change(
        self,
        run_id: str,
        *,
        alias: str | None = None,
        tags: Sequence[str] | None = None,
        notes: str | None = None,
    ) -> RunRecord:
        """Give a run an alias, tags or notes, those that are not None, and return it as it is then.

        Parameters
        ----------
        run_id : str
            Which run.
        alias : str, optional
            At most 100 characters; an empty one takes it away.
        tags : sequence of str, optional
            All its tags from now on: at most 100 of at most 100 characters, repetitions dropped.
        notes : str, optional
            At most 65,536 characters.

        Raises
        ------
        BadRequest
            One of them is no such value; nothing has changed.
        RunNotFound, AmbiguousRun
            The run cannot be found.
        Forbidden, DiskFull
            The root cannot be written.
        """
        wanted: dict[str, Any] = {}
        if alias is not None:
            wanted["alias"] = _alias(alias) or None
        if tags is not None:
            wanted["tags"] = checked_tags(tags)
        if notes is not None:
            wanted["notes"] = _text("notes", notes, NOTES_LIMIT)
        run = self._store.run(run_id)
        if wanted:
            with self._turn():
                self._write(run, wanted)
            self._store.refresher.reread({str(Path(run.run_dir).relative_to(self._store.root))})
        return self._store.run(run_id)

    def tag(self, run_ids: Sequence[str], tags: Sequence[str], *, remove: bool = False) -> dict[str, str | None]:
        """Add `tags` to several runs, or `remove` them; return per id why not, None where it was done."""
        words, errors = checked_tags(tags), dict[str, str | None]()
        for run_id in dict.fromkeys(run_ids):
            try:
                held = self._store.run(run_id).tags
                kept = [tag for tag in held if tag not in words]
                self.change(run_id, tags=kept if remove else [*held, *words])
                errors[run_id] = None
            except RunicornError as error:
                errors[run_id] = str(error)
        return errors

    def set_path(self, run: RunRecord, path: str) -> None:
        """Say where a run lies whose own files still tell of the place that it was moved away from."""
        with self._turn():
            self._write(run, {"path": path})

    def _write(self, run: RunRecord, wanted: dict[str, Any]) -> None:
        root = self._store.root
        held = {**read_edit(root, run.id), **wanted, "edited_at": time.time()}
        try:
            write_atomically(root / FOLDER / edit_file(run.id), orjson.dumps(held, option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise refused(error) from error

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the folder of edits, made if need be, so that two people editing one run do not lose a word."""
        try:
            with self._lock, folder(self._store.root, FOLDER, make=True) as fd:
                _lock_folder(fd)
                yield
        except OSError as error:
            raise refused(error) from error


def refused(error: OSError) -> RunicornError:
    """Return the error to raise when the disk does not let a root be changed."""
    if error.errno in _FULL:
        return DiskFull("The disk is full; make room and try again.")
    if error.errno == errno.ENAMETOOLONG:
        return BadRequest("The name is too long for this disk.")
    reason = (error.strerror or "unknown error").lower()
    return Forbidden(f"The storage root cannot be changed by this account: {reason}.")


def checked_tags(tags: Any) -> list[str]:
    """Return tags, trimmed, each once.

    Raises
    ------
    BadRequest
        No list of texts, one that is empty or too long, or too many.
    """
    if not isinstance(tags, (list, tuple)) or not all(isinstance(tag, str) for tag in tags):
        raise BadRequest("tags must be a list of texts.")
    words = list(dict.fromkeys(_text("tags", tag, TAG_LIMIT).strip() for tag in tags))
    if len(words) > TAGS or not all(words):
        raise BadRequest(f"tags may hold at most {TAGS} texts of 1 to {TAG_LIMIT} characters.")
    return words


def _alias(alias: Any) -> str:
    text = _text("alias", alias, ALIAS_LIMIT).strip()
    if not text.isprintable():
        raise BadRequest("alias holds a control character.")
    return text


def _text(name: str, value: Any, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit:
        raise BadRequest(f"{name} must be text of at most {limit} characters.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRequest(f"{name} holds half a character that cannot be saved.") from None
    return value


def _lock_folder(fd: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: the last writer wins
        return
    with contextlib.suppress(OSError):  # a disk without locks
        fcntl.flock(fd, fcntl.LOCK_EX)
