"""The run of a script that runs with tracking switched off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runicorn_jupyter.tracking import endings
from runicorn_jupyter.tracking.run import Run


class NoOpRun(Run):
    """Takes every call and does nothing; its id is ``disabled`` and no file is made."""

    def __init__(
        self, project: str = "default", name: str = "default", path: str = "", alias: str | None = None
    ) -> None:
        self.id = "disabled"
        self.project, self.name, self.path, self.alias = project, name, path, alias
        self.config = {}
        self.storage_root = self.run_dir = self.media_dir = Path()
        self.status = "disabled"
        self._last = {}
        self._finished = False

    def log(self, data: Any = None, *, step: Any = None, stage: Any = None, **kw: Any) -> None:
        """Do nothing."""

    def log_text(self, text: str) -> None:
        """Do nothing."""

    def log_image(self, *_args: Any, **_kw: Any) -> str | None:
        """Do nothing."""
        return None

    def log_file(self, *_args: Any, **_kw: Any) -> str | None:
        """Do nothing."""
        return None

    def summary(self, update: Any = None, **kw: Any) -> None:
        """Do nothing."""

    def set_primary_metric(self, metric_name: str, mode: str = "max") -> None:
        """Do nothing."""

    def finish(self, status: str = "finished") -> None:  # noqa: ARG002 - the same call as on a real run
        """Be the active run no longer."""
        self._finished = True
        endings.forget(self)

    def metrics(self, raw: bool = False) -> Any:  # noqa: ARG002 - the same call as on a real run
        """Return None: nothing was logged."""
        return None

    @property
    def finished(self) -> bool:
        """Whether `finish` was called; it makes no difference."""
        return self._finished

    def interrupt(self) -> None:
        """Do nothing."""

    def _ipython_display_(self) -> None:
        print(repr(self))  # noqa: T201 - the plain form of the cell's output
