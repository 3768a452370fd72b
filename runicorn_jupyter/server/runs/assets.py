"""What a run used and made, and the files behind it (X26)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from runicorn_jupyter.errors import MediaNotFound
from runicorn_jupyter.server.answer.ranges import FileGate
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import query
from runicorn_jupyter.server.request.fields import RUN_ERRORS, answers

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import MediaFile


class Assets(TypedDict):
    """What a run used and made, with the paths of the root that is open now."""

    run_id: str
    assets: dict[str, Any]
    assets_count: int


class AssetReference(TypedDict):
    """One archived asset, and how many runs name it."""

    asset_type: str
    name: Any
    fingerprint: Any
    role: str
    ref_count: int


class AssetReferences(TypedDict):
    """The archived assets that only this run names, and those that others do, too."""

    run_id: str
    orphaned_assets: list[AssetReference]
    shared_assets: list[AssetReference]
    orphaned_count: int
    shared_count: int


class AssetsHandler(Gate):
    """X26."""

    @answers(Assets, raises=RUN_ERRORS)
    async def get(self, run_id: str) -> None:
        """List what a run used and made."""
        assets, count = await self.ask(lambda hall: hall.asset_files.assets(run_id))
        await self.reply({"run_id": run_id, "assets": assets, "assets_count": count})


class AssetReferencesHandler(Gate):
    """X26."""

    @answers(AssetReferences, raises=RUN_ERRORS)
    async def get(self, run_id: str) -> None:
        """Tell which archived assets no other run names."""
        alone, shared = await self.ask(lambda hall: hall.asset_files.references(run_id))
        counts = {"orphaned_count": len(alone), "shared_count": len(shared)}
        await self.reply({"run_id": run_id, "orphaned_assets": alone, "shared_assets": shared, **counts})


class AssetDownloadHandler(FileGate):
    """X26; only what lies in the run, or in the archive and is named by the run; no link is followed."""

    _name: str | None = None

    @answers("application/octet-stream", raises=(*RUN_ERRORS, MediaNotFound))
    async def get(
        self,
        *names: str,
        path: str = query.required("The file, relative to the run or absolute as its assets say"),
        filename: str | None = query.text("The name to offer"),
    ) -> None:
        """Download a file of a run."""
        self._name = filename
        await super().get(*names, path)

    async def head(
        self,
        *names: str,
        path: str = query.required("The file, relative to the run or absolute as its assets say"),
        filename: str | None = query.text("The name to offer"),
    ) -> None:
        """Say what `get` would send whole."""
        self._name = filename
        await super().head(*names, path)

    async def open_file(self, *names: str) -> MediaFile:
        """Open it below the root."""
        run_id, path = names
        return await self.ask(lambda hall: hall.asset_files.open(run_id, path))

    def describe(self, file: MediaFile) -> None:
        """Offer it as a download, whatever it is."""
        self.set_header("Content-Type", "application/octet-stream")
        self.set_attachment_header(self._name or file.name)
