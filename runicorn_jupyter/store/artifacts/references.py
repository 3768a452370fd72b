"""What a version names that lies elsewhere: whether it is still what it was, where that can be told."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from runicorn_jupyter.models import ReferenceEntry
from runicorn_jupyter.store.artifacts import copying

CHANGED = "has another content than the one that was saved"

_PART = 1024 * 1024
_TOLD = 16 * 1024 * 1024
"""Bytes read between two words about how far it is."""

_KINDS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_WEB = {"http", "https"}
_HEX = re.compile(r"[0-9a-f]+")
_T = TypeVar("_T")

Reading = Generator[int, None, _T]
"""Yields the bytes of each part that was read, and returns what they came to."""


class Readable(Protocol):
    """Bytes that come one part after the other."""

    def read(self, size: int, /) -> bytes | None:
        """Return the next part, empty at the end."""


Fetch = Callable[[str], AbstractContextManager[Readable]]
"""Opens an http(s) address; an OSError says in a sentence why it cannot."""


class Outcome(NamedTuple):
    """What is to be said of a reference: that it is wrong, or that it was not checked, and why."""

    wrong: bool
    why: str


def digested(content: Readable, found: copying.Hash, most: int | None = None) -> Reading[int]:
    """Feed what can be read to `found`, at most `most` bytes and one part; return how many there were."""
    done = told = 0
    while part := content.read(_PART):
        found.update(part)
        done += len(part)
        if most is not None and done > most:
            break
        if done - told >= _TOLD:
            yield done - told
            told = done
    yield done - told
    return done


def weight(one: ReferenceEntry, fetch: Fetch | None) -> int:
    """Return the bytes that checking a reference reads, as far as they are known before."""
    return (one.size or 0) if _reason(one, fetch) is None else 0


def checked(one: ReferenceEntry, fetch: Fetch | None) -> Reading[Outcome | None]:
    """Compare a reference with its checksum and size; None when it is as it was.

    Local paths and ``file:`` addresses are read, http(s) only with `fetch`, anything else not at all.
    """
    reason = _reason(one, fetch)
    if reason is not None:
        return Outcome(wrong=False, why=f"was not checked: {reason}")
    try:
        return (yield from _compared(one, fetch))
    except FileNotFoundError:
        return Outcome(wrong=True, why="is not on this machine")
    except OSError as error:
        return Outcome(wrong=True, why=f"cannot be read: {error.strerror or error or 'unknown error'}")
    except ValueError:
        return Outcome(wrong=True, why="is no regular file")


def _compared(one: ReferenceEntry, fetch: Fetch | None) -> Reading[Outcome | None]:
    path = _local(one.uri)
    kind, expected = _checksum(one.checksum)
    if path is not None:
        fd, there = copying.open_source(path)
        with os.fdopen(fd, "rb", buffering=0) as file:
            if one.size not in {None, there.st_size}:
                return Outcome(wrong=True, why=f"has {there.st_size} bytes instead of {one.size}")
            return (yield from _read(file, kind, expected, there.st_size)) if expected else None
    assert fetch is not None  # _reason has looked
    with fetch(one.uri) as content:
        return (yield from _read(content, kind, expected, one.size))


def _read(content: Readable, kind: str, expected: str, size: int | None) -> Reading[Outcome | None]:
    found = hashlib.new(kind, usedforsecurity=False)
    done = yield from digested(content, found, size)
    if size is not None and done != size:
        return Outcome(wrong=True, why=f"has {'more' if done > size else 'less'} than {size} bytes")
    return None if found.hexdigest() == expected else Outcome(wrong=True, why=CHANGED)


def _reason(one: ReferenceEntry, fetch: Fetch | None) -> str | None:
    """Return why a reference is not checked, None when it is."""
    local, scheme = _local(one.uri) is not None, _scheme(one.uri)
    kind, expected = _checksum(one.checksum)
    if not local and scheme not in _WEB:
        return f"what lies at {scheme}: is not read" if scheme else "it is no absolute path of this machine"
    if not expected and (one.size is None or not local):
        return "it was added without a checksum"
    if expected and kind not in _KINDS.values():
        return "its checksum is of a kind that is not known here"
    if not local and fetch is None:
        return "it lies on the network, which is only asked when you say so"
    return None


def _local(uri: str) -> str | None:
    """Return the path of this machine that an address means."""
    if Path(uri).is_absolute():
        return uri
    parts = urlsplit(uri)
    here = parts.scheme == "file" and parts.netloc in {"", "localhost"}
    return unquote(parts.path) if here and parts.path.startswith("/") else None


def _scheme(uri: str) -> str:
    return urlsplit(uri).scheme.lower()[:20]


def _checksum(text: str | None) -> tuple[str, str]:
    """Return the kind and the digits of a checksum such as ``sha256:…``; bare digits tell their kind by how many."""
    kind, _, digits = (text or "").strip().lower().rpartition(":")
    kind = kind or _KINDS.get(len(digits), "")
    return kind if _HEX.fullmatch(digits) else "", digits
