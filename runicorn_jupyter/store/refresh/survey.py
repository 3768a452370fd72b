"""One look at one run: from its directory to its row in the index."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import orjson

from runicorn_jupyter.models import RunRecord
from runicorn_jupyter.store.edits.overlay import Overlay
from runicorn_jupyter.store.index.index import Row
from runicorn_jupyter.store.index.records import METRICS, Measures, from_texts, make_record, metrics_text, to_texts
from runicorn_jupyter.store.runs.beats import Beats
from runicorn_jupyter.store.runs.facts import RunFacts, read_facts
from runicorn_jupyter.store.runs.layout import RunPlace
from runicorn_jupyter.store.runs.stamps import EVENTS, Stamps, event_files, grown
from runicorn_jupyter.store.series.tables import TableCache

log = logging.getLogger(__name__)

SMALL = 1024 * 1024
"""Bytes of events that are summed up on the spot; longer ones when their turn comes."""

UNLIMITED = 1 << 62
_TRUST = 6
"""How often in a row a run is read by its events alone."""


class Surveyor:
    """Looks at runs of one root; what it knew of a run before spares reading its events again."""

    def __init__(self, root: Path, tables: TableCache) -> None:
        self._root = root
        self._tables = tables
        self._beats = Beats()
        self.edits = Overlay(root)
        self._trusted: dict[str, int] = {}

    def look(self, place: RunPlace, before: Row | None, now: float, *, limit: int = SMALL) -> Row | None:
        """Return the row of the run at `place`, None when there is no run (yet, or any more).

        Parameters
        ----------
        place : RunPlace
            Where the run lies.
        before : Row, optional
            Its last row, whose metrics stand while nothing was logged.
        now : float
            The time at which liveness is judged.
        limit : int
            Bytes: the metrics of longer events are left for later.
        """
        try:
            return self._look(place, before, now, limit)
        except Exception:
            # Whatever is wrong with one run must not hide the others: it stays as it was, or is shown as unreadable.
            log.exception("The run at %s could not be read.", place.directory)
            return before or _unreadable(self._root, place)

    def grown(self, before: Row) -> Row | None:
        """Return the row of a living run that was only logged to, from its events alone; None: look at all of it.

        Every now and then that is to be done anyway, for this trusts a run that grows to be alive.
        """
        trusted = self._trusted.get(before.directory, 0)
        stamps = grown(f"{self._root}/{before.directory}", before.signature) if trusted else None
        if stamps is None or stamps.events == before.measured or before.state != "running" or not before.measured:
            self._trusted[before.directory] = _TRUST
            return None
        self._trusted[before.directory] = trusted - 1
        return self._with_events(before, stamps)

    def measured(self, before: Row) -> Row | None:
        """Return the row of a run whose metrics were left for later, from its events alone; None: look at all of it."""
        stamps = None if before.measured else grown(f"{self._root}/{before.directory}", before.signature)
        return self._with_events(before, stamps) if stamps else None

    def _with_events(self, before: Row, stamps: Stamps) -> Row | None:
        try:
            alone = event_files(before.signature) == (EVENTS,)
            measures = self._measure(self._root / before.directory, keep=before.state == "running", alone=alone)
            record = orjson.loads(before.record)
        except (OSError, ValueError):
            return None
        if measures.bad_lines != record["bad_lines"] or len(measures.metrics) > METRICS:
            return None  # a sentence about them is to be made
        record |= {"last_step": measures.last_step, "updated_at": stamps.grew_at}
        return before._replace(
            signature=stamps.signature,
            measured=stamps.events,
            record=orjson.dumps(record).decode(),
            metrics=metrics_text(measures.metrics),
        )

    def _look(self, place: RunPlace, before: Row | None, now: float, limit: int) -> Row | None:
        facts = read_facts(self._root, place)
        if facts is None:
            self._beats.forget(place.directory)
            self._trusted.pop(place.directory, None)
            return None
        facts = self.edits.over(facts)
        known = from_texts(before.record, metrics=before.metrics) if before else None
        measures = Measures(known.metrics, known.last_step, known.bad_lines) if known else Measures({}, None, 0)
        measured = facts.stamps.events
        if measured != "none" and (before is None or before.measured != measured):
            if facts.stamps.size <= limit:
                measures = self._measure(self._root / place.directory, keep=facts.vitals.status == "running")
            else:
                measured = ""  # what was known stands until its turn comes
        elif measured == "none":
            measures = Measures({}, None, 0)
        record = make_record(self._root, self._heard(facts, now), measures, now)
        return _row(facts, record, facts.stamps.signature, measured)

    def _measure(self, run_dir: Path, *, keep: bool, alone: bool = False) -> Measures:
        table = self._tables.table(run_dir) if keep else self._tables.once(run_dir, alone=alone)
        return Measures(table.summaries(), table.last_step, table.bad)

    def _heard(self, facts: RunFacts, now: float) -> RunFacts:
        """Return `facts` with the heartbeat in our own time."""
        vitals = facts.vitals
        if vitals.status != "running":
            self._trusted.pop(facts.place.directory, None)
            self._beats.forget(facts.place.directory)
            return facts
        beat = self._beats.last(facts.place.directory, vitals.heartbeat_at, now)
        return replace(facts, vitals=vitals._replace(heartbeat_at=beat))


def _unreadable(root: Path, place: RunPlace) -> Row:
    """Return the row of a run that nothing is known of; its empty signature lets every walk try again."""
    run_id = place.directory.rsplit("/", 1)[-1]
    run_dir, problem = str(root / place.directory), "this run could not be read; the log says why"
    record = RunRecord(run_id, place.project, place.name, run_dir, problems=(problem,))
    legacy, search = place.path is not None, run_id.casefold()
    names = (place.directory, run_id, place.project, place.name)
    return Row(*names, "unknown", "unknown", None, 0.0, legacy, deleted=False, search=search, signature="",
               measured="none", **to_texts(record)._asdict())  # fmt: skip


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
        **to_texts(record)._asdict(),
    )
