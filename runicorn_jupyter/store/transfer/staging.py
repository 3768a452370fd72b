"""A folder of one import, on the disk of the root, that is gone when the import is over, however it ends.

It is held by a lock; what a killed process left behind is unlocked, and the next import removes it.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from runicorn_jupyter.paths import OWN_FOLDER, open_folder
from runicorn_jupyter.store.bin import trash
from runicorn_jupyter.store.bin.deletion import folder

STAGING = f"{OWN_FOLDER}/import"
_LOCK = "lock"
_ATTEMPTS = 100


class Staging:
    """``ROOT/.runicorn-jupyter/import/<random>``, made at once and removed by `close`.

    Parameters
    ----------
    root : Path
        The storage root; it is made if it is not there.

    Raises
    ------
    OSError
        The disk does not allow it, or a link stands in the way.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made = not root.exists()
        root.mkdir(parents=True, exist_ok=True)
        self._name = secrets.token_hex(8)
        self.path = root / STAGING / self._name
        self._lock: int | None = None
        for attempt in range(_ATTEMPTS):
            try:
                self._lock = self._make()
                break
            except FileNotFoundError:  # another import was over just now and took the empty folders away
                if attempt == _ATTEMPTS - 1:
                    raise

    def _make(self) -> int:
        """Make the folder and return its lock; who sweeps meanwhile waits until it is held."""
        with folder(self._root, STAGING, make=True) as top:
            _hold(top)
            _sweep(top)
            os.mkdir(self._name, 0o700, dir_fd=top)
            lock = os.open(self.path / _LOCK, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            _hold(lock)
            return lock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder with all that is in it; a second call does nothing."""
        if self._lock is None:
            return
        lock, self._lock = self._lock, None
        try:
            with suppress(FileNotFoundError, NotADirectoryError), folder(self._root, STAGING) as top:
                trash.clear(top, self._name)
        finally:
            os.close(lock)
        for empty in (STAGING, OWN_FOLDER):
            with suppress(OSError):
                (self._root / empty).rmdir()
        if self._made:
            with suppress(OSError):  # an import came to be there
                self._root.rmdir()


def _hold(fd: int) -> None:
    """Lock a descriptor until it is closed; where there are no locks nothing of ours is swept either."""
    with suppress(OSError, ImportError):
        import fcntl

        fcntl.flock(fd, fcntl.LOCK_EX)


def _sweep(top: int) -> None:
    """Remove the folders of imports whose process is gone."""
    for name in os.listdir(top):
        with suppress(OSError, ImportError):
            import fcntl

            held = open_folder(top, name)
            try:
                lock = os.open(_LOCK, os.O_WRONLY | os.O_NOFOLLOW, dir_fd=held)
            finally:
                os.close(held)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                trash.clear(top, name)
            finally:
                os.close(lock)
