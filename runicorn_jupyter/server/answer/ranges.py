"""Sending an open file by range (206, 416), with HEAD, an entity tag and nothing that could run in our origin."""

from __future__ import annotations

import os
import re
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from tornado import web

from runicorn_jupyter.errors import MediaNotFound
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request.fields import RUN_ERRORS, answers

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import MediaFile

_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


answers_a_file = answers(
    "*/*",
    raises=(*RUN_ERRORS, MediaNotFound),
    also={206: "The range that was asked for", 304: "Not changed", 416: "There is no such range"},
)


class FileGate(Gate):
    """Base of handlers whose answer is a file of a run; a subclass opens it and says what it is."""

    _length = 0
    policy: ClassVar[str] = "sandbox; default-src 'none'; frame-ancestors 'none'"

    async def open_file(self, *names: str) -> MediaFile:
        """Return the file that the address names."""
        raise NotImplementedError

    def describe(self, file: MediaFile) -> None:
        """Set the content type, and the attachment header unless a browser may show it."""
        raise NotImplementedError

    @answers_a_file
    async def get(self, *names: str) -> None:
        """Send the file, or the range of it that was asked for."""
        file = await self.open_file(*names)
        try:
            self._head(file)
            if self.check_etag_header():
                self.set_status(HTTPStatus.NOT_MODIFIED)
                return
            start, end = self._range(file.size)
            self.set_header("Content-Length", str(end - start))
            await self._send(file.fd, start, end)
        finally:
            os.close(file.fd)

    async def head(self, *names: str) -> None:
        """Say what `get` would send whole."""
        file = await self.open_file(*names)
        os.close(file.fd)
        self._head(file)
        self.set_header("Content-Length", str(file.size))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tell the true length to whoever asked for a range beyond it."""
        if status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            self.set_header("Content-Range", f"bytes */{self._length}")
        super().write_error(status_code, **kwargs)

    def compute_etag(self) -> str | None:
        """Leave the tag that `get` set: the body is streamed and never whole in memory."""
        return None

    def _head(self, file: MediaFile) -> None:
        self.describe(file)
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("ETag", f'"{file.size:x}-{int(file.modified * 1e6):x}"')
        self.set_header("Last-Modified", formatdate(file.modified, usegmt=True))

    def _range(self, size: int) -> tuple[int, int]:
        """Return the half-open range to send, and set the status; several ranges are answered with the whole file."""
        match = _RANGE.fullmatch(self.request.headers.get("Range", ""))
        known = self.request.headers.get("If-Range")
        if match is None or match[0] == "bytes=-" or known not in {None, self._headers["ETag"]}:
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
