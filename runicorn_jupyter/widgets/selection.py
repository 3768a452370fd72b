"""From what a person wrote in ``show(...)`` to the runs that are meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from runicorn_jupyter.errors import BadRequest, RunNotFound
from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.workspace import Workspace

FIRST_WALK = 10.0
"""Seconds to wait for the first walk over a root before a name is called unknown."""


@runtime_checkable
class RunLike(Protocol):
    """What we need of a ``tracking.Run``."""

    id: str
    storage_root: Path


@dataclass(frozen=True, slots=True)
class Selection:
    """The runs of one view: a card of one run, or a table of those that match `where`; of an artifact none."""

    kind: Literal["run", "runs", "artifact"]
    where: RunFilter
    title: str
    limit: int


def storage_of(what: Any) -> Path | None:
    """Return the root that the runs in `what` were logged to, None when it names none.

    Raises
    ------
    BadRequest
        The runs belong to different roots.
    """
    found = {item.storage_root for item in _items(what) if isinstance(item, RunLike)}
    if len(found) > 1:
        raise BadRequest("These runs belong to different storage roots; show one root at a time.")
    return found.pop() if found else None


def select(workspace: Workspace, what: Any, where: RunFilter, limit: int) -> Selection:
    """Return which runs `what` and the conditions mean.

    Parameters
    ----------
    workspace : Workspace
        Where to look names up.
    what : None, str, run, or a list or frame of runs
        None is every run; text is a run id, a project, ``project/name`` or a query; a frame is one of ``rn.runs()``.
    where : RunFilter
        Further conditions.
    limit : int
        How many runs a table shows at most.

    Raises
    ------
    RunNotFound
        Nothing is called so; the sentence names the nearest.
    BadRequest
        `what` is of no kind that can be shown.
    QueryError
        A query cannot be understood.
    """
    if where.query:
        workspace.check_query(where.query)
    if what is None:
        workspace.wait_complete(FIRST_WALK)
        return Selection("runs", where, _title(where, where.query) or workspace.label, limit)
    if isinstance(what, str) and _asks(workspace, what):
        asked = f"({where.query}) and ({what})" if where.query else what
        workspace.check_query(what)
        return Selection("runs", replace(where, query=asked), _title(where, what), limit)
    if isinstance(what, (str, RunLike)):
        return _one(workspace, what, where, limit)
    ids = tuple(_identify(item) for item in _items(what))
    for run_id in ids:
        _must_exist(workspace, run_id)
    chosen = replace(where, ids=ids)
    return Selection("runs", chosen, f"{len(ids)} chosen runs", max(limit, len(ids)))


def _one(workspace: Workspace, what: str | RunLike, where: RunFilter, limit: int) -> Selection:
    run_id = what if isinstance(what, str) else what.id
    if _exists(workspace, run_id):
        record = workspace.run(run_id)
        title = f"{record.project} / {record.name}"
        return Selection("run", RunFilter(ids=(run_id,)), title, 1)
    if not isinstance(what, str):
        raise _unknown(workspace, run_id)
    project, _, name = what.partition("/")
    if what in workspace.projects():
        project, name = what, ""
    elif name not in workspace.names(project):
        raise _unknown(workspace, what)
    narrowed = replace(where, project=project, name=name or where.name)
    return Selection("runs", narrowed, _title(narrowed, where.query), limit)


def _exists(workspace: Workspace, run_id: str) -> bool:
    """Tell whether the run is there, looking again at the disk before saying no."""
    for look_again in (None, workspace.catch_up, lambda: workspace.wait_complete(FIRST_WALK)):
        if look_again is not None:
            look_again()
        try:
            workspace.run(run_id)
        except RunNotFound:
            continue
        return True
    return False


def _must_exist(workspace: Workspace, run_id: str) -> None:
    if not _exists(workspace, run_id):
        raise _unknown(workspace, run_id)


def _unknown(workspace: Workspace, name: str) -> RunNotFound:
    projects = workspace.projects()
    names = [f"{project}/{inner}" for project in projects for inner in workspace.names(project)]
    ids = [record.id for record in workspace.runs(limit=5000).runs]
    near = difflib.get_close_matches(name, [*projects, *names, *ids], n=1, cutoff=0.5)
    if not ids:
        return RunNotFound(f"There is no run or project {name!r}: the root {workspace.label!r} holds no runs yet.")
    hint = f"did you mean {near[0]!r}?" if near else f"its projects are {', '.join(map(repr, projects[:5]))}."
    return RunNotFound(f"There is no run or project {name!r} in {workspace.label!r}; {hint}")


def _items(what: Any) -> Sequence[Any]:
    if hasattr(what, "index") and hasattr(what, "columns"):
        return list(what.index)
    if isinstance(what, Iterable) and not isinstance(what, (str, bytes)):
        return list(what)
    return [what]


def _identify(item: Any) -> str:
    if isinstance(item, str):
        return item
    if isinstance(getattr(item, "id", None), str):
        return str(item.id)
    raise BadRequest(f"show() takes a project, a run id, a run, or a list or frame of runs, not {type(item).__name__}.")


def _asks(workspace: Workspace, what: str) -> bool:
    """Tell whether a text is a query; what a project, an experiment or a run is called already stays its name."""
    if not workspace.is_query(what):
        return False
    workspace.wait_complete(FIRST_WALK)
    project, _, name = what.partition("/")
    named = what in workspace.projects() or (name != "" and name in workspace.names(project))
    return not named and workspace.runs(RunFilter(ids=(what,)), limit=0).total == 0


def _title(where: RunFilter, query: str | None) -> str:
    place = " / ".join(part for part in (where.project, where.name) if part)
    return ": ".join(part for part in (place, query) if part)
