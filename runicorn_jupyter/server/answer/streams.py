"""Answers that are made while they are sent: an archive, a long table. None is ever whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tornado.iostream import StreamClosedError
from tornado.log import app_log

from runicorn_jupyter.server.gate import Gate


class StreamGate(Gate):
    """Base of handlers that answer with an attachment made piece by piece."""

    async def send_pieces(self, pieces: Iterator[bytes], name: str, content_type: str) -> None:
        """Send what `pieces` yields, each made in a thread; what goes wrong before the first one is told as ever."""
        first = await self.service.in_thread(partial(next, pieces, b""))
        self.set_header("Content-Type", content_type)
        self.set_attachment_header(name)
        try:
            self.write(first)
            await self.flush()
            while piece := await self.service.in_thread(partial(next, pieces, b"")):
                self.write(piece)
                await self.flush()
        except StreamClosedError:
            return  # the client left
        except Exception:  # noqa: BLE001 - the status is sent already; the log is all there is to tell
            # What was sent so far must not look whole: the connection ends without its last chunk.
            app_log.exception("An answer could not be sent to its end.")
            self.detach().close()
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                await self.service.in_thread(close)

    def compute_etag(self) -> str | None:
        """Leave it: the body is never whole in memory."""
        return None
