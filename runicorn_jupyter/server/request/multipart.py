"""A form with a file in it, read as it comes: the file goes to where it is wanted, fields stay small."""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message

from runicorn_jupyter.errors import BadRequest

_HEADERS = 16 * 1024
_FIELDS = 64 * 1024


class Form:
    """Takes the bytes of a ``multipart/form-data`` body.

    Parameters
    ----------
    content_type : str
        The header, which names the boundary.
    write : callable
        Given the content of the file part, piece by piece.

    Attributes
    ----------
    fields : dict
        The other parts as texts.
    file : bool
        Whether a file part began.
    name : str
        What the client calls the file; only for showing.
    complete : bool
        Whether the last boundary came.

    Raises
    ------
    BadRequest
        There is no boundary in `content_type`; from `feed`: the body is no such form, or holds two files.
    """

    def __init__(self, content_type: str, write: Callable[[bytes], object]) -> None:
        message = Message()
        message["Content-Type"] = content_type
        boundary = message.get_boundary()
        if not boundary or len(boundary) > 200 or not boundary.isascii():
            raise BadRequest("The body says it is a form, but its Content-Type names no boundary.")
        self._mark = b"\r\n--" + boundary.encode()
        self._buffer = b"\r\n"  # so that the first boundary looks like any other
        self._write = write
        self._take: Callable[[bytes], object] | None = lambda _: None
        self._size = 0
        self.fields: dict[str, str] = {}
        self.file = False
        self.name = ""
        self.complete = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._buffer += data
        while not self.complete and self._step():
            pass

    def _step(self) -> bool:
        """Deal with the beginning of the buffer; return whether there may be more to deal with."""
        if self._take is None:
            return self._headers()
        at = self._buffer.find(self._mark)
        if at < 0:
            keep = len(self._mark) - 1
            ready, self._buffer = self._buffer[:-keep], self._buffer[-keep:]
            if ready:
                self._take(ready)
            return False
        after = at + len(self._mark)
        if len(self._buffer) < after + 2:
            return False
        if at:
            self._take(self._buffer[:at])
        ending, self._buffer = self._buffer[after : after + 2], self._buffer[after + 2 :]
        if ending == b"--":
            self.complete = True
        elif ending != b"\r\n":
            raise BadRequest("The body is no well-formed form: a boundary is not followed by a new line.")
        self._take = None
        return True

    def _headers(self) -> bool:
        at = self._buffer.find(b"\r\n\r\n")
        if at > _HEADERS or (at < 0 and len(self._buffer) > _HEADERS):
            raise BadRequest("The body is no well-formed form: the headers of a part are too long.")
        if at < 0:
            return False
        lines = self._buffer[:at].decode("utf-8", "replace").split("\r\n")
        # The line break before a boundary belongs to it, so it stays for a part without content.
        self._buffer = self._buffer[at + 2 :]
        self._begin(next((line for line in lines if line.lower().startswith("content-disposition:")), ""))
        return True

    def _begin(self, disposition: str) -> None:
        message = Message()
        message["Content-Disposition"] = disposition.partition(":")[2].strip()
        name = message.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise BadRequest("The body is no well-formed form: a part has no name.")
        first = _without_break()
        if message.get_filename() is None and name != "file":
            self.fields[name] = ""

            def add(data: bytes) -> None:
                self._size += len(data)
                if self._size > _FIELDS:
                    raise BadRequest("The fields beside the file are too long.")
                self.fields[name] += first(data).decode("utf-8", "replace")

            self._take = add
            return
        if self.file:
            raise BadRequest("Send one file at a time.")
        self.file = True
        self.name = (message.get_filename() or "")[:255]
        self._take = lambda data: self._write(first(data))


def _without_break() -> Callable[[bytes], bytes]:
    """Return a function that takes the line break off the beginning of what it is given in pieces."""
    left = [b"\r\n"]

    def strip(data: bytes) -> bytes:
        if left[0]:
            cut = min(len(left[0]), len(data))
            left[0], data = left[0][cut:], data[cut:]
        return data

    return strip
