"""One workspace a root for the whole kernel, started when first asked for and closed at exit."""

from __future__ import annotations

import atexit
import os
import threading
from pathlib import Path

from runicorn_jupyter.paths import find_root
from runicorn_jupyter.workspace import Workspace

_open: dict[tuple[int, Path], Workspace] = {}
_lock = threading.Lock()


def workspace(storage: str | os.PathLike[str] | None = None) -> Workspace:
    """Return the started workspace of the root that `storage` names, or that the environment says (D21).

    Raises
    ------
    RootUnusable
        The root is missing, a file, or not readable.
    """
    root = find_root(storage)
    # The process id is part of the key: after a fork the parent's threads are not ours.
    key = (os.getpid(), root.path)
    with _lock:
        found = _open.get(key)
        if found is None:
            if not _open:
                atexit.register(close_all)
            found = _open[key] = Workspace(root.path, reason=root.reason, holder="kernel").start()
        return found


def close_all() -> None:
    """Close every workspace of this process; the next call of `workspace` opens anew."""
    with _lock:
        mine = [key for key in _open if key[0] == os.getpid()]
        closing = [_open.pop(key) for key in mine]
    for opened in closing:
        opened.close()
