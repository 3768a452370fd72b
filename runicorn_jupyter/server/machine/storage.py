"""What the root takes on disk (X28), and other folders that look like one (X30)."""

from __future__ import annotations

from typing import Any, TypedDict

from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import query
from runicorn_jupyter.server.request.fields import answers

_DEEPEST = 8


class StorageStats(TypedDict):
    """Bytes and files by what they are for."""

    storage_root: str
    total: dict[str, Any]
    archive: dict[str, Any]
    artifacts: dict[str, Any]
    runs: dict[str, Any]
    index: dict[str, Any]
    own: dict[str, Any]
    other: dict[str, Any]
    disk: dict[str, int] | None


class StorageCandidate(TypedDict):
    """A folder that looks like a storage root."""

    path: str
    name: str
    run_count: int


class StorageCandidates(TypedDict):
    """What was found, and whether everything was looked at."""

    scan_root: str
    max_depth: int
    candidates: list[StorageCandidate]
    complete: bool


class StorageStatsHandler(Gate):
    """X28."""

    @answers(StorageStats)
    async def get(self) -> None:
        """Report what the root takes on disk."""
        await self.reply(await self.ask(lambda hall: hall.usage.stats()))


class StorageCandidatesHandler(Gate):
    """X30."""

    @answers(StorageCandidates)
    async def get(
        self,
        *,
        scan_root: str | None = query.text("Where to begin; without it in the home directory"),
        max_depth: int = query.integer(1, _DEEPEST, "How many folders deep", default=3),
    ) -> None:
        """Look for storage roots on this machine."""
        await self.reply(await self.ask(lambda hall: hall.overview.candidates(scan_root, max_depth)))
