"""One call of a page to the kernel: where it goes, and what came with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.workspace import Workspace


class Call(NamedTuple):
    """One call: where it goes, as parts of a path, and what came with it."""

    workspace: Workspace
    path: Sequence[str]
    query: Mapping[str, Sequence[str]]
    body: Mapping[str, Any]

    def text(self, name: str) -> str | None:
        """Return a parameter of the address, None when it is missing."""
        values = self.query.get(name)
        return values[-1] if values else None

    def whole(self, name: str, default: int | None = None) -> int | None:
        """Return a parameter that is a whole number."""
        value = self.text(name)
        try:
            return default if value is None else int(value)
        except ValueError:
            raise BadRequest(f"{name} must be a whole number.") from None

    def named(self) -> dict[str, list[str]]:
        """Return the runs that the body names."""
        ids, paths = self.body.get("run_ids"), self.body.get("paths", [])
        for value in (ids, paths):
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise BadRequest("run_ids and paths must be lists of texts.")
        return {"run_ids": ids, "paths": paths}
