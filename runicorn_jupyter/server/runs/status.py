"""A second look at what says it is running (X1)."""

from __future__ import annotations

from typing import TypedDict

from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request.fields import answers


class StatusCheck(TypedDict):
    """How many runs were looked at, and how many changed."""

    checked: int
    updated: int
    message: str


class StatusCheckHandler(Gate):
    """X1: only the index learns of it, no file of a run is written (D16)."""

    @answers(StatusCheck)
    async def post(self) -> None:
        """Look at every run said to be running, and report how many changed their state."""
        checked, updated = await self.ask(lambda hall: hall.check_status())
        runs = "1 run that says it is" if checked == 1 else f"{checked} runs that say they are"
        message = f"Checked {runs} running; {updated} changed."
        await self.reply({"checked": checked, "updated": updated, "message": message})
