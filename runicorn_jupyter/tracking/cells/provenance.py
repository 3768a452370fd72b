"""provenance.json: the notebook, the cells that logged into the run, and the state of the code."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runicorn_jupyter.tracking.cells import notebook
from runicorn_jupyter.tracking.surroundings.git import git_state

_SAME = ("cell_id", "execution_count", "source_hash")


class Provenance:
    """Collects the cells of one run; what may take long happens in `describe`, which is called in a thread.

    Parameters
    ----------
    earlier : mapping
        The document of an earlier session of the run, which is continued.
    shell : InteractiveShell
        Of the kernel this is.
    """

    def __init__(self, earlier: Mapping[str, Any], shell: Any) -> None:
        self._shell = shell
        self._lock = threading.RLock()
        known = earlier.get("cells")
        cells = [cell for cell in known if isinstance(cell, dict)] if isinstance(known, list) else []
        self._cells: list[dict[str, Any]] = [*cells[-notebook.CELLS_KEPT + 1 :], notebook.cell_now(shell)]

    def add(self, cell_id: Any, execution_count: Any, code: Any) -> bool:
        """Remember a cell that logged into the run; False when it is the last one, run once."""
        found = notebook.cell(cell_id, execution_count, code)
        with self._lock:
            if all(found[key] == self._cells[-1].get(key) for key in _SAME):
                return False
            self._cells = [*self._cells, found][-notebook.CELLS_KEPT :]
        return True

    def describe(self) -> dict[str, Any]:
        """Ask the server where the notebook is, and git how the code stands; return the whole document."""
        with self._lock:
            cells = list(self._cells)
        return {
            "notebook": notebook.where(self._shell),
            **{key: cells[-1].get(key) for key in (*_SAME, "source")},
            "cells": cells,
            "git": git_state(Path.cwd()),
        }
