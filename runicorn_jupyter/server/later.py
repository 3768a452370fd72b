"""Documented routes whose depth is still to come, and addresses that do not exist: both answer behind the gate."""

from __future__ import annotations

from typing import Any

from runicorn_jupyter.errors import MethodNotAllowed, NotFound, NotYet
from runicorn_jupyter.server.gate import Gate


class NotYetHandler(Gate):
    """501 for the documented methods of a route, 405 for others.

    Parameters
    ----------
    allowed : str
        The documented methods, separated by spaces.
    """

    def initialize(self, allowed: str) -> None:
        """Take the route's own methods."""
        self._allowed = allowed.split()

    async def prepare(self, **_: Any) -> None:
        """Pass the gate first: a stranger does not learn what we have."""
        await super().prepare()
        if self.request.method not in {*self._allowed, "OPTIONS"}:
            raise MethodNotAllowed(f"This address takes {', '.join(self._allowed)} only.")
        if self.request.method != "OPTIONS":
            raise NotYet("This part of the API is documented but not built yet; it comes with a later version.")

    def methods(self) -> list[str]:
        """Return the documented methods."""
        return self._allowed


class UnknownHandler(Gate):
    """404 in our own form for every other address below the API."""

    async def prepare(self, **_: Any) -> None:
        """Pass the gate first."""
        await super().prepare()
        if self.request.method != "OPTIONS":
            raise NotFound("There is no such address in this API.")
