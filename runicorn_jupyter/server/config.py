"""Which storage root is in use, and what the user configured (R22, R23)."""

from __future__ import annotations

from typing import Any

from runicorn_jupyter import paths, settings
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.service import RootChange


class ConfigHandler(Gate):
    """R22."""

    async def get(self) -> None:
        """Report the configured and the opened root."""
        storage = await self.ask(lambda hall: str(hall.root))
        await self.reply(
            {
                "user_root_dir": await self.service.in_thread(paths.configured_root) or "",
                "storage": storage,
                "config_file": str(paths.config_folder() / settings.CONFIG),
            }
        )


class RootHandler(Gate):
    """R23."""

    async def post(self) -> None:
        """Remember the storage root and open it, unless something outranks the user's choice."""
        path = self.body.text("path")
        change = await self.service.in_thread(lambda: self.service.change_root(path))
        if change.effective:
            self.service.hang_up("the storage root changed")
        await self.reply(_told(change))


def _told(change: RootChange) -> dict[str, Any]:
    told = {
        "ok": True,
        "user_root_dir": str(change.chosen),
        "storage": str(change.shown.path),
        "effective": change.effective,
    }
    if not change.effective:
        told["message"] = (
            f"Saved, but {change.shown.path} stays in use here: it comes from {change.shown.reason}, which outranks "
            "the saved folder."
        )
    return told
