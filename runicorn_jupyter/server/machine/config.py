"""Which storage root is in use, and what the user configured (R22, R23)."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from runicorn_jupyter import paths, settings
from runicorn_jupyter.errors import SettingsUnwritable
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body
from runicorn_jupyter.server.request.fields import answers
from runicorn_jupyter.server.service import RootChange


class Config(TypedDict):
    """Which folder is configured and which is open."""

    user_root_dir: str
    storage: str
    config_file: str


class RootChanged(TypedDict):
    """What a change of the folder came to; `message` says why it is not `effective`."""

    ok: bool
    user_root_dir: str
    storage: str
    effective: bool
    message: NotRequired[str]


class ConfigChanged(RootChanged):
    """What a change of the configuration came to, and where it is kept."""

    config_file: str


class ConfigHandler(Gate):
    """R22, K5."""

    @answers(Config)
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

    @answers(ConfigChanged, raises=(SettingsUnwritable,))
    async def put(
        self, *, user_root_dir: str = body.text("The folder that holds the runs; $VAR and ~ are expanded")
    ) -> None:
        """Change the configuration (K5); the root is all there is of it."""
        told = await _change_root(self, user_root_dir)
        await self.reply({**told, "config_file": str(paths.config_folder() / settings.CONFIG)})


class RootHandler(Gate):
    """R23."""

    @answers(RootChanged, raises=(SettingsUnwritable,))
    async def post(self, *, path: str = body.text("The folder that holds the runs; $VAR and ~ are expanded")) -> None:
        """Remember the storage root and open it, unless something outranks the user's choice."""
        await self.reply(await _change_root(self, path))


async def _change_root(gate: Gate, path: str) -> RootChanged:
    change = await gate.service.in_thread(lambda: gate.service.change_root(path))
    if change.effective:
        gate.service.hang_up("the storage root changed")
    return _told(change)


def _told(change: RootChange) -> RootChanged:
    told: RootChanged = {
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
