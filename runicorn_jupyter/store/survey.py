"""One look at one run: from its directory to its row in the index."""

from __future__ import annotations

import logging
from pathlib import Path

from runicorn_jupyter.models import RunRecord
from runicorn_jupyter.store.facts import RunFacts, read_facts, signature
from runicorn_jupyter.store.index import Row
from runicorn_jupyter.store.layout import RunPlace
from runicorn_jupyter.store.reader import EVENTS
from runicorn_jupyter.store.records import Measures, from_document, make_record, to_document
from runicorn_jupyter.store.tables import TableCache

log = logging.getLogger(__name__)

SMALL = 1024 * 1024
"""Bytes; metrics of a smaller events file are summed up on the spot, those of a larger one when their turn comes."""


class Surveyor:
    """Looks at runs of one root; what it knew of a run before spares reading its events again."""

    def __init__(self, root: Path, tables: TableCache) -> None:
        self._root = root
        self._tables = tables

    def look(self, place: RunPlace, before: Row | None, now: float, *, measure: bool = False) -> Row | None:
        """Return the row of the run at `place`, None when there is no run (yet).

        Parameters
        ----------
        place : RunPlace
            Where the run lies.
        before : Row, optional
            Its last row, whose metrics stand while the events file has not changed.
        now : float
            The time at which liveness is judged.
        measure : bool
            Sum up the metrics now, however large the file is.
        """
        try:
            return self._look(place, before, now, measure=measure)
        except Exception:
            # Whatever is wrong with one run must not hide the others: it stays as it was, or is shown as unreadable.
            log.exception("The run at %s could not be read.", place.directory)
            return before or _unreadable(place)

    def _look(self, place: RunPlace, before: Row | None, now: float, *, measure: bool) -> Row | None:
        run_dir = self._root / place.directory
        sign = signature(run_dir)
        stamp, size = _stamp(run_dir)
        facts = read_facts(self._root, place)
        if facts is None:
            return None
        known = from_document(self._root, place.directory, before.document) if before else None
        measures = Measures(known.metrics, known.last_step, known.bad_lines) if known else Measures({}, None, 0)
        if before is None or before.measured != stamp:
            if measure or size <= SMALL:
                measures = self._measure(run_dir)
            else:
                stamp = ""  # what was known stands until its turn comes
        return _row(facts, make_record(self._root, facts, measures, now), sign, stamp)

    def _measure(self, run_dir: Path) -> Measures:
        table = self._tables.table(run_dir)
        steps = table.steps.view
        return Measures(table.summaries(), int(steps.max()) if len(steps) else None, table.bad)


def _stamp(run_dir: Path) -> tuple[str, int]:
    """Return what names the present content of the events file, and its size; taken before it is read."""
    try:
        found = (run_dir / EVENTS).lstat()
    except OSError:
        return "none", 0
    return f"{found.st_ino:x}.{found.st_size:x}.{found.st_mtime_ns:x}", found.st_size


def _unreadable(place: RunPlace) -> Row:
    """Return the row of a run that nothing is known of; its empty signature lets every walk try again."""
    run_id = place.directory.rsplit("/", 1)[-1]
    record = RunRecord(
        run_id, place.project, place.name, "", problems=("this run could not be read; the log says why",)
    )
    legacy, search = place.path is not None, run_id.casefold()
    document = to_document(record)
    names = (place.directory, run_id, place.project, place.name)
    return Row(*names, "unknown", "unknown", None, 0.0, legacy, deleted=False, search=search, signature="",
               measured="none", document=document)  # fmt: skip


def _row(facts: RunFacts, record: RunRecord, sign: str, measured: str) -> Row:
    texts = (record.id, record.project, record.name, record.path, record.alias, *record.tags)
    return Row(
        directory=facts.place.directory,
        id=record.id,
        project=record.project,
        name=record.name,
        status=record.status,
        state=record.state,
        created=record.created_at,
        folder_mtime=facts.folder_mtime,
        legacy=facts.place.path is not None,
        deleted=facts.deleted,
        search="\n".join(text for text in texts if text).casefold(),
        signature=sign,
        measured=measured,
        document=to_document(record),
    )
