"""``rn.show`` and ``rn.runs``: the two words with which a notebook looks at its runs."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.widgets.artifacts import artifact_source, is_artifact
from runicorn_jupyter.widgets.selection import select, storage_of
from runicorn_jupyter.widgets.source import Source
from runicorn_jupyter.widgets.workspaces import workspace

if TYPE_CHECKING:
    import os

    import pandas as pd

    from runicorn_jupyter.widgets.view import RunicornView

_SHOW = ("project", "name", "status", "text", "query", "storage", "limit", "height")
_RUNS = ("project", "name", "status", "text", "query", "storage", "limit")


def show(
    what: Any = None,
    /,
    *,
    project: str | None = None,
    name: str | None = None,
    status: str | None = None,
    text: str | None = None,
    query: str | None = None,
    storage: str | os.PathLike[str] | None = None,
    limit: int = 100,
    height: int | None = None,
    **unknown: Any,
) -> RunicornView:
    """Show runs as the output of this cell, live until they end; in a terminal, print them.

    Parameters
    ----------
    what : run, artifact, str, list or frame, optional
        A run or its id gives a card; a project, ``"project/name"``, a query such as ``"lr < 1e-2 and acc.max > 0.9"``
        (docs/query.md), a list of runs or ids, or a frame of ``rn.runs()`` gives a table; nothing gives all runs. An
        artifact, or ``"name:v3"`` and ``"name:alias"``, gives its versions, files and lineage.
    project, name, status, text, query : str, optional
        Further conditions: exact project and name, one or several status words joined by commas, a substring of id,
        project, name, alias or a tag, a query.
    storage : path, optional
        The storage root; by default that of the run, else the one ``rn.init`` would use.
    limit : int
        How many runs a table holds at most.
    height : int, optional
        Pixels, 120 to 4000.

    Returns
    -------
    RunicornView
        With ``figure()``, ``frame()``, ``to_html(path)`` and ``close()``. As the last expression of the cell it is not
        shown twice.

    Raises
    ------
    RunNotFound
        Nothing is called so; the sentence names the nearest.
    BadRequest
        An argument is unknown or out of range.
    QueryError
        A query cannot be understood; it knows where.
    RootUnusable
        The storage root is a file or cannot be read.
    """
    _refuse("show", unknown, _SHOW)
    _check_limit(limit)
    if is_artifact(what):
        opened = workspace(storage if storage is not None else getattr(what, "storage_root", None))
        source = artifact_source(opened, what)
        if source is not None:
            return _present(source, height)
    opened = workspace(storage if storage is not None else storage_of(what))
    opened.catch_up()
    return _present(
        Source(opened, select(opened, what, RunFilter(project, name, status, text, query=query), limit)), height
    )


def runs(
    what: Any = None,
    /,
    *,
    project: str | None = None,
    name: str | None = None,
    status: str | None = None,
    text: str | None = None,
    query: str | None = None,
    storage: str | os.PathLike[str] | None = None,
    limit: int | None = None,
    **unknown: Any,
) -> pd.DataFrame:
    """Return a pandas DataFrame with one row a run.

    Parameters
    ----------
    what, project, name, status, text, query, storage
        As in ``show``.
    limit : int, optional
        How many rows at most; by default all.

    Returns
    -------
    DataFrame
        Indexed by run id. Config keys, summary keys and the last values of metrics are columns under their own names;
        where an earlier column has the name already they are called ``config.lr``, ``summary.acc`` or ``metric.acc``.

    Raises
    ------
    RunNotFound, BadRequest, QueryError, RootUnusable
        As in ``show``.
    """
    from runicorn_jupyter.display.frames import runs_frame

    _refuse("runs", unknown, _RUNS)
    _check_limit(limit)
    opened = workspace(storage if storage is not None else storage_of(what))
    opened.catch_up()
    selection = select(opened, what, RunFilter(project, name, status, text, query=query), 0)
    return runs_frame(opened.runs(selection.where, limit=limit).runs)


def _present(source: Source, height: int | None) -> RunicornView:
    from runicorn_jupyter.widgets import hosts
    from runicorn_jupyter.widgets.view import RunicornView, leave

    leave(hosts.cell())
    view = RunicornView(source, height=height)
    if not hosts.in_marimo():
        view.present()
    if hosts.has_page() and view.kind != "artifact":
        view.follow()
    return view


def _refuse(function: str, unknown: dict[str, Any], known: tuple[str, ...]) -> None:
    for word in unknown:
        near = difflib.get_close_matches(word, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"it knows {', '.join(known)}."
        raise BadRequest(f"{function}() has no argument {word!r}; {hint}")


def _check_limit(limit: Any) -> None:
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise BadRequest("limit must be a whole number of at least 1.")
