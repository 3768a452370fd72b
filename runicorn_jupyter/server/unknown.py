"""Addresses that do not exist: they answer behind the gate, so a stranger does not learn what we have."""

from __future__ import annotations

from typing import Any

from runicorn_jupyter.errors import NotFound
from runicorn_jupyter.server.gate import Gate


class UnknownHandler(Gate):
    """404 in our own form for every other address below the API."""

    async def prepare(self, **_: Any) -> None:
        """Pass the gate first."""
        await super().prepare()
        if self.request.method != "OPTIONS":
            raise NotFound("There is no such address in this API.")
