"""What went wrong without the training being told more than once (security G8)."""

from __future__ import annotations

import contextlib
import sys
import threading
from time import monotonic

TELL_AGAIN = 600.0
"""Seconds after which a fault that is still there is told again."""

STORAGE = frozenset({"directory", "write", "slow", "document", "heartbeat", "sync", "removed"})
"""Kinds with one cause, the disk: together they give one warning."""


class Faults:
    """Counts the faults of one run by kind, and tells each cause once on stderr.

    Parameters
    ----------
    strict : bool
        Raise the fault in the caller instead (``init(strict=True)``).
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.counts: dict[str, int] = {}
        self.dropped = 0
        self.changed = False
        self._told: dict[str, float] = {}
        self._raised: BaseException | None = None
        self._lock = threading.RLock()

    def note(self, kind: str, sentence: str, error: BaseException | None = None) -> None:
        """Count one fault of `kind` and tell `sentence` if its cause is new; a strict run raises `error` instead."""
        with self._lock:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.changed = True
        if self.strict:
            self._raised = error if error is not None else RuntimeError(sentence)
            raise self._raised
        self._tell("storage" if kind in STORAGE else kind, sentence)

    def caught(self, kind: str, error: Exception) -> None:
        """Count an error that reached the edge of the SDK; a strict run lets it through."""
        if error is self._raised:
            raise error
        self.note(kind, f"{kind} failed ({_words(error)}).", error)

    def drop(self, lines: int = 1) -> None:
        """Count lines that are lost for good."""
        with self._lock:
            self.dropped += lines
            self.changed = True

    def renew(self) -> None:
        """Replace the lock in a forked child, where a thread that is not there may hold it, and begin to count anew."""
        self._lock = threading.RLock()
        self.counts = {}
        self.dropped = 0

    def _tell(self, cause: str, sentence: str) -> None:
        now = monotonic()
        if now - self._told.get(cause, -TELL_AGAIN) >= TELL_AGAIN:
            self._told[cause] = now
            tell(sentence)


def tell(sentence: str) -> None:
    """Print one line on stderr; not ``warnings.warn``, which a filter of the user may turn into an exception."""
    with contextlib.suppress(Exception):
        print(f"runicorn: {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - the one way that cannot raise into training


def storage_sentence(error: OSError) -> str:
    """Return what a person should know when the run directory cannot be written."""
    return (
        f"the run directory cannot be written ({_words(error)}); training goes on, points are kept in the cache "
        "folder and merged when writing works again."
    )


def _words(error: BaseException) -> str:
    """Return the error without the paths an OSError carries: stderr ends up in saved notebooks."""
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    with contextlib.suppress(Exception):
        return f"{type(error).__name__}: {error}"[:200]
    return type(error).__name__
