"""What a page remembers for its user: column widths and hints that were waved away (X15, X16)."""

from __future__ import annotations

from runicorn_jupyter import settings
from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.server.gate import Gate


class ColumnWidthsHandler(Gate):
    """X15: the widths of one table at one window size."""

    async def get(self) -> None:
        """Return the saved widths."""
        table, size = self.params.text("table") or "", self.params.text("size") or ""
        widths = await self.service.in_thread(lambda: settings.column_widths(f"{table}@{size}"))
        await self.reply({"table": table, "size": size, "widths": widths})

    async def post(self) -> None:
        """Save widths."""
        key, widths = f"{self.body.text('table')}@{self.body.text('size', '')}", self.body.mapping("widths")
        await self.service.in_thread(lambda: settings.set_column_widths(key, widths))
        await self.reply({"ok": True, "message": "Column widths saved"})

    async def delete(self) -> None:
        """Forget the widths of every table."""
        await self.service.in_thread(settings.forget_column_widths)
        await self.reply({"ok": True, "message": "Column widths cleared"})


class ResetWidthsHandler(Gate):
    """X15: forget one table."""

    async def post(self) -> None:
        """Forget the widths of one table."""
        table = self.params.text("table") or self.body.text("table")
        size = self.params.text("size") or self.body.text("size", "")
        await self.service.in_thread(lambda: settings.set_column_widths(f"{table}@{size}", None))
        await self.reply({"ok": True, "message": "Column widths reset"})


class AlertsHandler(Gate):
    """X16."""

    async def get(self) -> None:
        """List the dismissed hints."""
        await self.reply({"dismissed_alerts": await self.service.in_thread(settings.dismissed_alerts)})


class AlertChangeHandler(Gate):
    """X16: wave a hint away, or show it (or all) again."""

    async def post(self, change: str) -> None:
        """Change what is remembered."""
        if change == "clear":
            await self.service.in_thread(settings.forget_alerts)
        else:
            alert = self.body.text("alert_id")
            if not alert:
                raise BadRequest("alert_id is required.")
            await self.service.in_thread(lambda: settings.set_alert(alert, dismissed=change == "dismiss"))
        await self.reply({"ok": True, "message": "Saved"})
