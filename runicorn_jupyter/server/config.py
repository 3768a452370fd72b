"""Which storage root is in use, and what the user configured (R22)."""

from __future__ import annotations

from runicorn_jupyter import paths
from runicorn_jupyter.server.gate import Gate


class ConfigHandler(Gate):
    """R22."""

    async def get(self) -> None:
        """Report the configured and the opened root."""
        storage = await self.ask(lambda hall: str(hall.root))
        await self.reply(
            {
                "user_root_dir": await self.service.in_thread(paths.configured_root) or "",
                "storage": storage,
                "config_file": str(paths.config_folder() / "config.json"),
            }
        )
