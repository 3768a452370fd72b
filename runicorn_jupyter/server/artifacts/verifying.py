"""Reading every byte of a version over HTTP, with a word now and then about how far it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from tornado.log import app_log

from runicorn_jupyter.models import Verified, Verifying
from runicorn_jupyter.server.answer.wire import encode
from runicorn_jupyter.server.artifacts import words
from runicorn_jupyter.server.artifacts.words import ERRORS, kind_field, number
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import body
from runicorn_jupyter.server.request.fields import answers

_LINES = "application/x-ndjson"
_EVERY = 0.2
"""Seconds between two lines."""


class VerifyHandler(Gate):
    """POST, since it reads every byte of the version, and with `fetch` makes connections (security G2).

    Asked for with ``Accept: application/x-ndjson`` the answer is a line of JSON a few times a second, ``{done_bytes,
    total_bytes}``, and last the line that is the whole answer otherwise. Who leaves ends the reading.
    """

    _left = False

    @answers(words.Verified, _LINES, raises=ERRORS)
    async def post(
        self,
        name: str,
        version: str,
        *,
        fetch: bool = body.flag("Also read what references to http and https addresses lead to"),
        kind: str | None = kind_field(),
    ) -> None:
        """Say what of a version is not as it was saved."""
        at = number(version)
        steps = await self.ask(lambda hall: hall.artifacts.verifying(name, at, kind, fetch=fetch), patient=False)
        try:
            await self._tell(steps)
        finally:
            await self.service.in_thread(steps.close)

    async def _tell(self, steps: Iterator[Verifying | Verified]) -> None:
        lines = _LINES in self.request.headers.get("Accept", "")
        end = b"\n" if lines else b""
        step = await self._next(steps)
        self.set_header("Content-Type", _LINES if lines else "application/json")
        while isinstance(step, Verifying) and not self._left:
            if lines:
                self.write(encode(step.item()) + end)
                await self.flush()
            try:
                step = await self._next(steps)
            except Exception:
                if not self._headers_written:
                    raise
                # What was sent so far must not look whole: the connection ends without its last chunk.
                app_log.exception("A verification could not be told to its end.")
                self.detach().close()
                return
        if not self._left:
            self.finish(encode(step.item()) + end)

    async def _next(self, steps: Iterator[Verifying | Verified]) -> Verifying | Verified:
        return await self.service.in_thread(partial(_later, steps))

    def on_connection_close(self) -> None:
        """Read on for nobody."""
        self._left = True
        super().on_connection_close()

    def compute_etag(self) -> str | None:
        """Leave it: it is the answer to a POST."""
        return None


def _later(steps: Iterator[Verifying | Verified]) -> Verifying | Verified:
    """Return the step that comes after a while, or the last one."""
    began = time.monotonic()
    while not isinstance(step := next(steps), Verified) and time.monotonic() - began < _EVERY:
        pass
    return step
