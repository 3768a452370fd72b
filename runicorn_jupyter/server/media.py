"""Images and files of a run: bytes by range, never a page in our origin (W20, W21)."""

from __future__ import annotations

import mimetypes
import os
import re
from dataclasses import asdict
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from tornado import web

from runicorn_jupyter.server.gate import Gate

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import MediaFile

_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
# What a browser draws without running anything; all else is offered as a download.
_INLINE = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "audio/mpeg", "audio/wav"}
    | {"audio/x-wav", "audio/ogg", "audio/flac", "video/mp4", "video/webm", "video/ogg"}
)


class ImagesHandler(Gate):
    """X34: what a run logged as images."""

    async def get(self, run_id: str) -> None:
        """List the images of a run."""
        images = await self.ask(lambda hall: hall.images(run_id))
        await self.reply({"run_id": run_id, "images": [asdict(image) for image in images]})


class MediaHandler(Gate):
    """One file of a run's media folder."""

    _length = 0
    policy: ClassVar[str] = "sandbox; default-src 'none'; frame-ancestors 'none'"

    async def get(self, run_id: str, path: str) -> None:
        """Send the file, or the range of it that was asked for."""
        media = await self.ask(lambda hall: hall.open_media(run_id, path))
        try:
            self._describe(media)
            if self.check_etag_header():
                self.set_status(HTTPStatus.NOT_MODIFIED)
                return
            start, end = self._range(media.size)
            self.set_header("Content-Length", str(end - start))
            await self._send(media.fd, start, end)
        finally:
            os.close(media.fd)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tell the true length to whoever asked for a range beyond it."""
        if status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self.set_header("Content-Range", f"bytes */{self._length}")
        super().write_error(status_code, **kwargs)

    def compute_etag(self) -> str | None:
        """Leave the tag that `get` set: the body is streamed and never whole in memory."""
        return None

    def _describe(self, media: MediaFile) -> None:
        kind = mimetypes.guess_type(media.name)[0] or "application/octet-stream"
        self.set_header("Content-Type", kind)
        if kind not in _INLINE:
            self.set_attachment_header(media.name)
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("ETag", f'"{media.size:x}-{int(media.modified * 1e6):x}"')
        self.set_header("Last-Modified", formatdate(media.modified, usegmt=True))

    def _range(self, size: int) -> tuple[int, int]:
        """Return the half-open range to send, and set the status; several ranges are answered with the whole file."""
        match = _RANGE.fullmatch(self.request.headers.get("Range", ""))
        if match is None or match[0] == "bytes=-":
            return 0, size
        if match[1]:
            start, end = int(match[1]), min(int(match[2]) + 1 if match[2] else size, size)
        else:
            start, end = max(size - int(match[2]), 0), size
        if start >= end:
            self._length = size
            raise web.HTTPError(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        self.set_status(HTTPStatus.PARTIAL_CONTENT)
        self.set_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        return start, end

    async def _send(self, fd: int, start: int, end: int) -> None:
        while start < end:
            data = await self.service.in_thread(partial(os.pread, fd, min(_CHUNK, end - start), start))
            if not data:
                raise OSError("the file became shorter while it was sent")
            self.write(data)
            await self.flush()
            start += len(data)
