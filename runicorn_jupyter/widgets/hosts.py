"""Which front end is there: a notebook page, a page that lacks our renderer, or only a terminal."""

from __future__ import annotations

import os
import sys
from typing import Any, NamedTuple


class Cell(NamedTuple):
    """The cell that runs now: its id in the notebook, and the id of this one execution; None where unknown."""

    id: str | None
    execution: str | None


def shell() -> Any | None:
    """Return IPython's shell, without importing IPython where nobody else did."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def has_page() -> bool:
    """Tell whether rich output reaches a page; in a plain interpreter and a terminal it does not."""
    current = shell()
    if current is not None:
        return "TerminalInteractiveShell" not in {base.__name__ for base in type(current).__mro__}
    return in_marimo()


def in_marimo() -> bool:
    """Tell whether this is a marimo kernel, which shows the last expression by itself."""
    marimo = sys.modules.get("marimo")
    return marimo is not None and bool(marimo.running_in_notebook())


def lacks_renderer() -> bool:
    """Tell whether the page cannot have our labextension, so that only the widget view is interactive."""
    return "google.colab" in sys.modules or "VSCODE_PID" in os.environ


def cell() -> Cell:
    """Return the cell under way."""
    current = shell()
    if current is None:
        return Cell(None, None)
    kernel: Any = getattr(current, "kernel", None)
    parent = kernel.get_parent() if hasattr(kernel, "get_parent") else {}
    execution = (parent.get("header") or {}).get("msg_id") or str(getattr(current, "execution_count", ""))
    return Cell((parent.get("metadata") or {}).get("cellId"), execution)
