"""What a page remembers for its user: column widths and hints that were waved away (X15, X16)."""

from __future__ import annotations

from typing import Any, TypedDict

from runicorn_jupyter import settings
from runicorn_jupyter.errors import BadRequest, SettingsUnwritable
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body, query
from runicorn_jupyter.server.request.fields import answers

_TABLE, _SIZE = "Name of the table", "Name of the window size"


class Widths(TypedDict):
    """Saved widths, in pixels by column."""

    table: str
    size: str
    widths: dict[str, Any]


class Saved(TypedDict):
    """It is done."""

    ok: bool
    message: str


class Alerts(TypedDict):
    """Names of the hints that were waved away."""

    dismissed_alerts: list[str]


class ColumnWidthsHandler(Gate):
    """X15: the widths of one table at one window size."""

    @answers(Widths)
    async def get(
        self, *, table: str = query.text(_TABLE, default=""), size: str = query.text(_SIZE, default="")
    ) -> None:
        """Return the saved widths."""
        widths = await self.service.in_thread(lambda: settings.column_widths(f"{table}@{size}"))
        await self.reply({"table": table, "size": size, "widths": widths})

    @answers(Saved, raises=(SettingsUnwritable,))
    async def post(
        self,
        *,
        table: str = body.text(_TABLE),
        size: str = body.text(_SIZE, default=""),
        widths: dict[str, Any] = body.mapping("Pixels by column"),
    ) -> None:
        """Save widths."""
        key = f"{table}@{size}"
        await self.service.in_thread(lambda: settings.set_column_widths(key, widths))
        await self.reply({"ok": True, "message": "Column widths saved"})

    @answers(Saved, raises=(SettingsUnwritable,))
    async def delete(self) -> None:
        """Forget the widths of every table."""
        await self.service.in_thread(settings.forget_column_widths)
        await self.reply({"ok": True, "message": "Column widths cleared"})


class ResetWidthsHandler(Gate):
    """X15: forget one table."""

    @answers(Saved, raises=(SettingsUnwritable,))
    async def post(
        self,
        *,
        table: str | None = query.text(_TABLE),
        size: str | None = query.text(_SIZE),
        body_table: str | None = body.text(_TABLE, default=None, name="table"),
        body_size: str = body.text(_SIZE, default="", name="size"),
    ) -> None:
        """Forget the widths of one table, named in the query or in the body."""
        named = table or body_table
        if named is None:
            raise BadRequest("table is required.")
        key = f"{named}@{size or body_size}"
        await self.service.in_thread(lambda: settings.set_column_widths(key, None))
        await self.reply({"ok": True, "message": "Column widths reset"})


class AlertsHandler(Gate):
    """X16."""

    @answers(Alerts)
    async def get(self) -> None:
        """List the dismissed hints."""
        await self.reply({"dismissed_alerts": await self.service.in_thread(settings.dismissed_alerts)})


class AlertChangeHandler(Gate):
    """X16: wave a hint away, or show it (or all) again."""

    @answers(Saved, raises=(SettingsUnwritable,))
    async def post(
        self, change: str, *, alert_id: str = body.text("Name of the hint; not needed to clear", default="")
    ) -> None:
        """Change what is remembered."""
        if change == "clear":
            await self.service.in_thread(settings.forget_alerts)
        elif alert_id:
            await self.service.in_thread(lambda: settings.set_alert(alert_id, dismissed=change == "dismiss"))
        else:
            raise BadRequest("alert_id is required.")
        await self.reply({"ok": True, "message": "Saved"})
