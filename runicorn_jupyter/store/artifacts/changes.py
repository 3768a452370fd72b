"""A mark that every change of ours to the artifacts of a root renews, so that a reader knows at once."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from runicorn_jupyter.paths import OWN_FOLDER, write_atomically
from runicorn_jupyter.store.bin.deletion import folder

_FILE = "artifacts.changed"
_LENGTH = 32


def read(root: Path) -> bytes:
    """Return the mark, nothing when there was no change of ours yet."""
    try:
        fd = os.open(f"{root}/{OWN_FOLDER}/{_FILE}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(fd, _LENGTH)
    except OSError:
        return b""
    finally:
        os.close(fd)


def renew(root: Path) -> None:
    """Tell every reader of the root to look again."""
    with suppress(OSError):  # then they look a second later
        with folder(root, OWN_FOLDER, make=True):
            pass
        write_atomically(root / OWN_FOLDER / _FILE, os.urandom(_LENGTH // 2).hex().encode(), sync=False)
