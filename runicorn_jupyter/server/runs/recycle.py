"""The recycle bin over HTTP (R3–R6, X27): each verb hands the body on and tells the outcome in the documented words."""

from __future__ import annotations

from typing import Any, NamedTuple, NotRequired, TypedDict

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body, query
from runicorn_jupyter.server.request.fields import answers, made_by

_IDS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 100}


class Result(TypedDict):
    """What became of one run; `error` says why it was not done."""

    success: bool
    error: NotRequired[str]


class SoftDeleted(TypedDict):
    """How many runs went into the bin, and what became of each."""

    deleted_count: int
    results: dict[str, Result]
    message: str


class Restored(TypedDict):
    """How many runs came back, and what became of each."""

    restored_count: int
    results: dict[str, Result]
    message: str


class Emptied(TypedDict):
    """How many runs are gone, and why others are not."""

    permanently_deleted: int
    message: str
    errors: dict[str, str]


class Removed(TypedDict):
    """How many runs are gone (or would be), and what that freed."""

    deleted_count: int
    total_runs: int
    total_blobs_deleted: int
    total_bytes_freed: int
    dry_run: bool
    results: dict[str, Result]


class Bin(TypedDict):
    """What is in the recycle bin."""

    deleted_runs: list[dict[str, Any]]


class _Named(NamedTuple):
    run_ids: list[str]
    paths: list[str]


def _named(
    *,
    # The bin has the documented words about ids that are no list.
    run_ids: list[str] = body.value(_IDS, "Ids of at most 100 runs", required=True),
    paths: list[str] = body.texts("Directories of the runs, to tell several of one id apart", default=()),
) -> _Named:
    return _Named(run_ids, paths)


class SoftDeleteHandler(Gate):
    """R3; `force` also deletes what is running, `paths` says which of several runs of one id is meant."""

    limited_as = "delete"

    @answers(SoftDeleted)
    async def post(
        self,
        *,
        named: _Named = made_by(_named),
        force: bool = body.flag("Delete what is running, too"),
        reason: str = body.text("Kept with the run in the bin", default="user_deleted"),
    ) -> None:
        """Put runs into the bin."""
        run_ids, paths = named
        outcome = await self.ask(lambda hall: hall.delete(run_ids, force=force, reason=reason, paths=paths))
        message = f"Soft deleted {outcome.done} of {len(outcome.errors)} runs"
        await self.reply({"deleted_count": outcome.done, "results": outcome.results(), "message": message})


class RecycleBinHandler(Gate):
    """R4."""

    @answers(Bin)
    async def get(self) -> None:
        """List what is in the bin, the latest deleted first."""
        held = await self.ask(lambda hall: hall.recycle_bin())
        await self.reply({"deleted_runs": [entry.item() for entry in held]})


class RestoreHandler(Gate):
    """R5."""

    @answers(Restored)
    async def post(self, *, named: _Named = made_by(_named)) -> None:
        """Put runs back."""
        run_ids, paths = named
        outcome = await self.ask(lambda hall: hall.restore(run_ids, paths=paths))
        message = f"Restored {outcome.done} of {len(outcome.errors)} runs"
        await self.reply({"restored_count": outcome.done, "results": outcome.results(), "message": message})


class EmptyHandler(Gate):
    """R6; what could not be removed is told under `errors`."""

    @answers(Emptied)
    async def post(self, *, confirm: bool = body.flag("Must be true")) -> None:
        """Remove everything in the bin for good."""
        if not confirm:
            raise BadRequest("Must set confirm=true to permanently delete")
        outcome = await self.ask(lambda hall: hall.empty_bin())
        errors = {run_id: error for run_id, error in outcome.errors.items() if error is not None}
        message = f"Permanently deleted {outcome.done} runs"
        await self.reply({"permanently_deleted": outcome.done, "message": message, "errors": errors})


class PermanentHandler(Gate):
    """X27 for several runs; what they kept in the archive stays, for other runs may need it."""

    limited_as = "delete"

    @answers(Removed)
    async def post(
        self, *, named: _Named = made_by(_named), dry_run: bool = body.flag("Only say what it would free")
    ) -> None:
        """Remove runs for good, or with `dry_run` say what that would free."""
        await self.reply(await _removed(self, *named, dry_run=dry_run))


class PermanentRunHandler(Gate):
    """X27 for one run."""

    limited_as = "delete"

    @answers(Removed)
    async def delete(
        self,
        run_id: str,
        *,
        path: list[str] = query.words("Directory of the run, where several have its id"),
        dry_run: bool = query.flag("Only say what it would free"),
    ) -> None:
        """Remove one run for good."""
        await self.reply(await _removed(self, [run_id], path, dry_run=dry_run))


async def _removed(gate: Gate, run_ids: list[str], paths: list[str], *, dry_run: bool) -> dict[str, Any]:
    removal = await gate.ask(lambda hall: hall.remove(run_ids, dry_run=dry_run, paths=paths))
    return {
        "deleted_count": removal.done,
        "total_runs": len(removal.errors),
        "total_blobs_deleted": 0,
        "total_bytes_freed": sum(removal.freed.values()),
        "dry_run": dry_run,
        "results": removal.results(),
    }
