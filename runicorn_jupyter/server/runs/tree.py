"""The tree of paths under which runs lie (X24, X25), and moving runs in it (X35)."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from runicorn_jupyter.errors import BadRequest, Conflict
from runicorn_jupyter.models import RunFilter, RunItem
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body, query
from runicorn_jupyter.server.request.fields import answers, made_by
from runicorn_jupyter.server.runs.lists import LIST_HEADERS, ListGate, Wanted, wanted_page
from runicorn_jupyter.workspace import RunTree

_BATCH = 100


class PathCounts(TypedDict):
    """The runs at a path and below it."""

    total: int
    running: int
    finished: int
    failed: int


class Paths(TypedDict):
    """Every path, flat and as a tree."""

    paths: list[str]
    tree: dict[str, Any]
    stats: NotRequired[dict[str, PathCounts]]


class PathTree(TypedDict):
    """Every path as nested objects."""

    tree: dict[str, Any]


class PathCreated(TypedDict):
    """The new path."""

    ok: bool
    path: str


class PathDeleted(TypedDict):
    """How many runs of a path went into the recycle bin, and why others did not."""

    path: str
    deleted_count: int
    errors: list[str]


class MovedRun(TypedDict):
    """Where a run was and where it is."""

    run_id: str
    old_path: str
    new_path: str


class UnmovedRun(TypedDict):
    """Why a run is where it was."""

    run_id: str
    error: str


class Moved(TypedDict):
    """What became of each run."""

    ok: bool
    moved_count: int
    failed_count: int
    moved: list[MovedRun]
    failed: list[UnmovedRun]


class PathsHandler(Gate):
    """X24; a 0.5 run lies at `project/name`."""

    @answers(Paths)
    async def get(self, *, include_stats: bool = query.flag("Count the runs of each path")) -> None:
        """List the paths under which runs lie."""
        counts = await self.ask(lambda hall: hall.tree.counts())
        told: Paths = {"paths": list(counts), "tree": RunTree.nested(counts)}
        await self.reply({**told, "stats": counts} if include_stats else told)


class PathTreeHandler(Gate):
    """X25."""

    @answers(PathTree)
    async def get(self) -> None:
        """Return the paths as nested objects."""
        await self.reply({"tree": RunTree.nested(await self.ask(lambda hall: hall.tree.counts()))})


class PathRunsHandler(ListGate):
    """X25; without a path all runs, with an empty one and `exact` those that lie at none."""

    @answers(list[RunItem], headers=LIST_HEADERS)
    async def get(
        self,
        *,
        path: str | None = query.text("Only runs at this path or below it"),
        exact: bool = query.flag("Only runs right at this path"),
        page: Wanted = made_by(wanted_page),
    ) -> None:
        """List the runs of a path."""
        await self.send_items(RunFilter(query=RunTree.query(path, exact=exact)), page)


class PathCreateHandler(Gate):
    """X35."""

    @answers(PathCreated, raises=(Conflict,))
    async def post(self, *, path: str = body.text("The new path")) -> None:
        """Make an empty path."""
        await self.reply({"ok": True, "path": await self.ask(lambda hall: hall.tree.create(path))})


class PathDeleteHandler(Gate):
    """X25."""

    limited_as = "delete"

    @answers(PathDeleted)
    async def post(
        self,
        *,
        path: str = body.text("The path"),
        exact: bool = body.flag("Leave what lies below it"),
    ) -> None:
        """Put the runs of a path into the recycle bin."""
        done, errors = await self.ask(lambda hall: hall.tree.delete(path, exact=exact))
        await self.reply({"path": path, "deleted_count": done, "errors": errors})


class MoveHandler(Gate):
    """X35; what is there is never covered."""

    @answers(Moved)
    async def post(
        self,
        *,
        run_ids: list[str] = body.texts("Ids of at most 100 runs"),
        target_path: str = body.text("The path to move them to"),
    ) -> None:
        """Move runs to another path."""
        if not 0 < len(run_ids) <= _BATCH:
            raise BadRequest(f"run_ids must name 1 to {_BATCH} runs.")
        moved, failed = await self.ask(lambda hall: hall.tree.move(run_ids, target_path))
        counts = {"moved_count": len(moved), "failed_count": len(failed)}
        await self.reply({"ok": not failed, **counts, "moved": moved, "failed": failed})
