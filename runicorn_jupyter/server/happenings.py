"""What happens to runs, told to whoever listens to Jupyter's event log (jupyter_events)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runicorn_jupyter.errors import RunicornError
from runicorn_jupyter.models import RunRecord
from runicorn_jupyter.workspace import Workspace

FOLDER = Path(__file__).resolve().parent / "event_schemas"
RUN = "https://events.jupyter.org/runicorn_jupyter/run"
SESSION = "https://events.jupyter.org/runicorn_jupyter/session"

_AT_ONCE = 1000
"""More changes at one time are a root that was read anew, not the lives of runs."""

Emit = Callable[[str, dict[str, Any]], None]


class Happenings:
    """Watches the change feed of a workspace from its own thread and emits what the schemas say.

    Parameters
    ----------
    hall : Workspace
        What to watch, until `close`.
    emit : callable
        Takes the id of a schema and the data; may be called from any thread.
    """

    def __init__(self, hall: Workspace, emit: Emit) -> None:
        self._hall = hall
        self._emit = emit
        self._since = time.time()
        self._states: dict[str, str] = {}
        self._version = hall.version()
        emit(SESSION, {"action": "opened", "label": hall.label})
        self._leave = hall.subscribe(self._told, waiting=False)

    def close(self) -> None:
        """Stop watching."""
        self._leave()
        self._emit(SESSION, {"action": "closed", "label": self._hall.label})

    def _told(self, _version: int) -> None:
        news = self._hall.changes(self._version)
        self._version = news.version
        if news.all or len(news.changed) > _AT_ONCE:
            return
        for run_id in news.changed:
            try:
                self._look(self._hall.run(run_id))
            except RunicornError:  # gone again, or two of one id
                continue
        for run_id in news.gone:
            if self._states.pop(run_id, None) is not None:
                self._emit(RUN, {"action": "gone", "run_id": run_id})

    def _look(self, run: RunRecord) -> None:
        """Emit that a run began, or came into another state; one that was there before us is only remembered."""
        previous = self._states.get(run.id)
        self._states[run.id] = run.state
        data = {"run_id": run.id, "project": run.project, "name": run.name, "state": run.state}
        if previous is None and (run.created_at or 0.0) >= self._since:
            self._emit(RUN, {"action": "began", **data})
        elif previous not in {None, run.state}:
            self._emit(RUN, {"action": "changed", **data, "previous": previous})
