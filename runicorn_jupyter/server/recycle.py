"""The recycle bin over HTTP (R3–R6, X27): each verb hands the body on and tells the outcome in the documented words."""

from __future__ import annotations

from typing import Any, cast

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.server.gate import Gate


class SoftDeleteHandler(Gate):
    """R3; `force` also deletes what is running, `paths` says which of several runs of one id is meant."""

    limited_as = "delete"

    async def post(self) -> None:
        """Put runs into the bin."""
        run_ids, paths = _named(self.body.fields)
        force, reason = self.body.flag("force"), self.body.text("reason", "user_deleted")
        outcome = await self.ask(lambda hall: hall.delete(run_ids, force=force, reason=reason, paths=paths))
        message = f"Soft deleted {outcome.done} of {len(outcome.errors)} runs"
        await self.reply({"deleted_count": outcome.done, "results": outcome.results(), "message": message})


class RecycleBinHandler(Gate):
    """R4."""

    async def get(self) -> None:
        """List what is in the bin, the latest deleted first."""
        held = await self.ask(lambda hall: hall.recycle_bin())
        await self.reply({"deleted_runs": [entry.item() for entry in held]})


class RestoreHandler(Gate):
    """R5."""

    async def post(self) -> None:
        """Put runs back."""
        run_ids, paths = _named(self.body.fields)
        outcome = await self.ask(lambda hall: hall.restore(run_ids, paths=paths))
        message = f"Restored {outcome.done} of {len(outcome.errors)} runs"
        await self.reply({"restored_count": outcome.done, "results": outcome.results(), "message": message})


class EmptyHandler(Gate):
    """R6; what could not be removed is told under `errors`."""

    async def post(self) -> None:
        """Remove everything in the bin for good."""
        if not self.body.flag("confirm"):
            raise BadRequest("Must set confirm=true to permanently delete")
        outcome = await self.ask(lambda hall: hall.empty_bin())
        errors = {run_id: error for run_id, error in outcome.errors.items() if error is not None}
        message = f"Permanently deleted {outcome.done} runs"
        await self.reply({"permanently_deleted": outcome.done, "message": message, "errors": errors})


class PermanentHandler(Gate):
    """X27 for several runs; what they kept in the archive stays, for other runs may need it."""

    limited_as = "delete"

    async def post(self) -> None:
        """Remove runs for good, or with `dry_run` say what that would free."""
        run_ids, paths = _named(self.body.fields)
        await self.reply(await _removed(self, run_ids, paths, dry_run=self.body.flag("dry_run")))


class PermanentRunHandler(Gate):
    """X27 for one run."""

    limited_as = "delete"

    async def delete(self, run_id: str) -> None:
        """Remove one run for good."""
        dry_run = self.params.choice("dry_run", ("false", "true", "0", "1"), "false") in {"true", "1"}
        await self.reply(await _removed(self, [run_id], self.params.words("path"), dry_run=dry_run))


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


def _named(fields: Any) -> tuple[list[str], list[str]]:
    """Return the ids as they came, for the bin has the documented words about them, and the paths."""
    paths = fields.get("paths", [])
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise BadRequest("paths must be a list of run directories.")
    return cast("list[str]", fields.get("run_ids")), paths
