"""Answers that only change with the index: known ones are a 304 before anything is asked, far ones are packed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from runicorn_jupyter.server.answer.wire import encode
from runicorn_jupyter.server.runs.lists import ListGate
from runicorn_jupyter.workspace import Workspace


class MarkedGate(ListGate):
    """Base of handlers whose answer is one object made of the index alone."""

    async def reply_marked(self, question: Callable[[Workspace], Any]) -> None:
        """Answer with ``question(workspace)``, or with 304 when the client has that already."""
        ending = f"-{hashlib.sha256((self.request.uri or '').encode()).hexdigest()[:16]}"
        known = self._known(ending)

        def unless_known(hall: Workspace) -> tuple[str, bytes | None]:
            mark = hall.mark()
            return mark, None if mark in known else encode(question(hall))

        mark, body = await self.ask(unless_known)
        self._etag = f'W/"{mark}{ending}"'
        if body is None:
            self.set_header("Etag", self._etag)
            self.set_status(304)
            self.finish()
        elif self._is_far():
            await self._send_packed(body)
        else:
            self._send(body)
