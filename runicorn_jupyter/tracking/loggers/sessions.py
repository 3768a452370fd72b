"""Several writers of one folder, and the run that they share."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from time import localtime, strftime
from typing import Any

from runicorn_jupyter.tracking.loggers.hold import Holder
from runicorn_jupyter.tracking.loggers.values import as_name
from runicorn_jupyter.tracking.run import Run

_PARTS = frozenset({"train", "training", "val", "valid", "validation", "test", "eval", "dev"})
_GENERAL = frozenset({"runs", "logs", "log", "tensorboard", "tb", "tb_logs", "lightning_logs", ""})
_KIND = "tensorboard"


class _Shared:
    """A holder and the writers that are open on it."""

    def __init__(self, project: str | None, name: str | None) -> None:
        self.holder = Holder(_KIND, project, name, fit=False)
        self.writers: set[object] = set()


_SHARED: dict[str, _Shared] = {}


class Session:
    """One writer's view of the run of its folder.

    Parameters
    ----------
    shared : _Shared
        What the writers of the folder have in common.
    folder : str
        As given.
    prefix : str
        For its tags: the last part of the folder if that names a part of the data, else empty.
    comment : str
        For the notes of a new run.
    """

    def __init__(self, shared: _Shared, folder: str, prefix: str, comment: str) -> None:
        self.folder = folder
        self._shared, self._prefix, self._comment = shared, prefix, comment

    @classmethod
    def of(cls, folder: str | os.PathLike[str] | None, comment: str) -> Session:
        """Return the session of a writer on `folder`; without one it shares its run with nobody."""
        if not folder:
            chosen = strftime("%b%d_%H-%M-%S", localtime()) + f"_{socket.gethostname()}{comment}"
            return cls(_Shared(None, None), os.path.join("runs", chosen), "", comment)  # noqa: PTH118 - the text TensorBoard gives
        path = Path(os.path.abspath(folder))  # noqa: PTH100 - links are not followed
        prefix = path.name if path.name.lower() in _PARTS else ""
        if prefix:
            path = path.parent
        key = str(path)
        if key not in _SHARED:
            above = path.parent.name
            project = None if above.lower() in _GENERAL or not _below_here(path.parent) else as_name(above)
            _SHARED[key] = _Shared(project, None if path.name.lower() in _GENERAL else as_name(path.name))
        return cls(_SHARED[key], os.fspath(folder), prefix, "")

    @property
    def run(self) -> Run | None:
        """The run, if there is one yet."""
        return self._shared.holder.run

    @property
    def prefix(self) -> str:
        """What stands before every tag; the folder's name where the run is one that another folder's writer opened."""
        if self._shared.holder.joined_kind() == _KIND:
            name = Path(self.folder).name
            return self._prefix or name
        return self._prefix

    def enter(self, writer: object) -> None:
        """Count `writer` among those that need the run."""
        self._shared.writers.add(writer)

    def leave(self, writer: object, status: str = "finished") -> None:
        """Finish the run if it is ours and this was its last writer."""
        self._shared.writers.discard(writer)
        if not self._shared.writers:
            self._shared.holder.finish(status)

    def open(self, config: Mapping[str, Any] | None = None) -> Run:
        """Return the run to write to."""
        return self._shared.holder.open(config, notes=self._comment or None)


def _below_here(folder: Path) -> bool:
    """Tell whether a folder's name says something: not so for the working directory and what lies above it."""
    return folder not in {Path.cwd(), *Path.cwd().parents}
