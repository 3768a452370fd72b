"""BLAKE3 beside the SHA-256: where the package is there, what was saved before is recognised in a third of the time.

The store names contents by their SHA-256, and nothing else is ever written into it. What a content's BLAKE3 was is kept
in the user's cache folder, so that a large file which is to be saved again can be compared by that alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import orjson

from runicorn_jupyter.paths import cache_folder, write_atomically
from runicorn_jupyter.store.artifacts.copying import Hash

_MOST = 20_000
_FILE = "fingerprints.json"


class Both:
    """A SHA-256, and with it the BLAKE3 of the same bytes."""

    def __init__(self, fast: Hash) -> None:
        self._sha, self._fast = hashlib.sha256(), fast

    def update(self, data: bytes, /) -> None:
        """Take the next bytes."""
        self._sha.update(data)
        self._fast.update(data)

    def hexdigest(self) -> str:
        """Return the SHA-256 of all so far."""
        return self._sha.hexdigest()

    def fingerprint(self) -> str:
        """Return the BLAKE3 of all so far."""
        return self._fast.hexdigest()


class Fingerprints:
    """What the BLAKE3 of contents is whose SHA-256 is known; without the package nothing, and SHA-256 does all."""

    def __init__(self) -> None:
        self._held: dict[str, str] | None = None
        self._new: dict[str, str] = {}

    def hash(self) -> Hash:
        """Return what digests a content that is new: a SHA-256, that `learn` takes afterwards."""
        fast = _blake3()
        return hashlib.sha256() if fast is None else Both(fast())

    def learn(self, found: Hash) -> str:
        """Return the SHA-256, and remember what else `found` knows."""
        digest = found.hexdigest()
        if isinstance(found, Both):
            self._new[digest] = found.fingerprint()
        return digest

    def of(self, digest: str) -> tuple[Hash, str] | None:
        """Return a hash and what it must come to if a content is the one with the SHA-256 `digest`; None if unknown."""
        fast = _blake3()
        if fast is None:
            return None
        known = self._new.get(digest) or self._known().get(digest)
        return None if known is None else (fast(), known)

    def save(self) -> None:
        """Keep what was learnt for other processes; the oldest go when there are many."""
        if not self._new:
            return
        with suppress(OSError, RuntimeError):
            kept = [*(_read() | self._new).items()][-_MOST:]
            write_atomically(_path(), orjson.dumps(dict(kept)), mode=0o600, sync=False)

    def _known(self) -> dict[str, str]:
        if self._held is None:
            self._held = _read()
        return self._held


def _path() -> Path:
    return cache_folder() / _FILE


def _read() -> dict[str, str]:
    with suppress(OSError, RuntimeError, ValueError):
        found = orjson.loads(_path().read_bytes())
        if isinstance(found, dict):
            return found
    return {}


@cache
def _blake3() -> Callable[[], Hash] | None:
    try:
        from blake3 import blake3
    except ImportError:
        return None
    made: Callable[[], Hash] = blake3
    return made
