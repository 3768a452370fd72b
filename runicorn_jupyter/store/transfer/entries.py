"""What stands in an archive: the names of its entries, checked before anything is made of them (security F19–F22)."""

from __future__ import annotations

import gzip
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import RawIOBase
from tarfile import TarError
from typing import NamedTuple, Protocol
from zipfile import BadZipFile

from runicorn_jupyter.errors import BadArchive
from runicorn_jupyter.paths import plain_component
from runicorn_jupyter.store.transfer.caps import Caps

_DRIVE = re.compile(r"[A-Za-z]:")
_LONGEST = 4000
_DAMAGE = (
    *(BadZipFile, TarError, gzip.BadGzipFile, zlib.error, EOFError),
    *(NotImplementedError, UnicodeError, OverflowError),
)


class Entry(NamedTuple):
    """One regular file or folder: its checked name, bytes (0 for a folder) and time of writing in ns."""

    name: str
    size: int
    modified: int
    folder: bool


Opener = Callable[[], RawIOBase]
"""Opens the content of an entry; only until the next entry is asked for."""


class Archive(Protocol):
    """An archive that is read from front to back, as often as wanted."""

    def walk(self) -> Iterator[tuple[Entry, Opener]]:
        """Yield every entry, each checked, and what opens it.

        Raises
        ------
        BadArchive
            It is damaged, encrypted, or an entry is no plain file or folder inside.
        TooLarge
            It is over a cap.
        """

    def close(self) -> None:
        """Close the file."""


def checked(name: str, caps: Caps) -> str:
    """Return the `name` of an entry without a leading ``./`` and a trailing ``/``; the top itself is ``""``.

    Raises
    ------
    BadArchive
        It is absolute, leads out, names a drive, has a backslash, or cannot be kept on every disk.
    """
    parts = name.removesuffix("/").split("/")
    while parts and parts[0] == ".":
        parts = parts[1:]
    text = "/".join(parts)
    if not text:
        if name.startswith("/"):
            raise BadArchive(f"The archive holds an absolute name, {_short(name)}; nothing was imported.")
        return ""
    for part in parts:
        if not _plain(part):
            raise BadArchive(f"The archive holds a name that leads out or is unsafe, {_short(name)}; nothing imported.")
    if _DRIVE.match(text) or len(parts) > caps.depth or len(text) > _LONGEST:
        raise BadArchive(f"The archive holds a name that is too deep or names a drive, {_short(name)}.")
    return text


class Names:
    """The names seen so far; two entries that would be one file on some disk are refused."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def add(self, entry: Entry) -> None:
        """Remember a file.

        Raises
        ------
        BadArchive
            There was one of that name, or one that differs only in case or in how an accent is written.
        """
        if entry.folder:
            return
        mark = hash(unicodedata.normalize("NFC", entry.name).casefold())
        if mark in self._seen:
            raise BadArchive(
                f"The archive holds {_short(entry.name)} twice, or another name that differs only in case;"
                " nothing was imported."
            )
        self._seen.add(mark)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what Python's readers say about a damaged archive into one sentence."""
    try:
        yield
    except _DAMAGE as error:
        raise BadArchive(f"The archive is damaged or cut off ({_reason(error)}); nothing was imported.") from error


def _plain(part: str) -> bool:
    try:
        part.encode()
    except UnicodeEncodeError:
        return False
    unprintable = any(unicodedata.category(mark) == "Cc" for mark in part)
    return plain_component(part) and "\\" not in part and not unprintable


def _short(name: str) -> str:
    return ascii(name if len(name) <= 60 else name[:57] + "…")


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:120].rstrip(".").lower()
