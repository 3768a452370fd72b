"""The run of a script that runs with tracking switched off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.tracking.ending import endings
from runicorn_jupyter.tracking.run import Run

if TYPE_CHECKING:
    import logging


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

    def set_primary_metric(self, metric_name: str, mode: str = "max") -> None:
        """Do nothing."""

    def get_logging_handler(self, level: int = 20, fmt: str | None = None) -> logging.Handler:  # noqa: ARG002 - as above
        """Return a handler that drops everything."""
        import logging

        return logging.NullHandler(level)

    def use_artifact(self, artifact_spec: str, type: str | None = None) -> Any:  # noqa: A002, ARG002 - as on a real run
        """Return None."""
        return None

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

    @property
    def is_finished(self) -> bool:
        """The same."""
        return self._finished

    @property
    def rank(self) -> int:
        """Always 0."""
        return 0

    def call_at_end(self, call: Callable[[], object]) -> None:
        """Do nothing."""

    def child_environment(self) -> dict[str, str]:
        """Return the variable that switches tracking off in a child as well."""
        return {"RUNICORN_ON": "0"}

    def interrupt(self) -> None:
        """Do nothing."""

    def __reduce__(self) -> tuple[Any, ...]:
        return NoOpRun, (self.project, self.name, self.path, self.alias)

    def _ipython_display_(self) -> None:
        print(repr(self))  # noqa: T201 - the plain form of the cell's output


def _nothing(self: NoOpRun, *_args: Any, **_kw: Any) -> None:
    """Do nothing."""


for _name in (
    "log_text", "log_image", "log_file", "log_table", "log_audio", "log_figure", "log_config", "log_dataset",
    "log_pretrained", "log_artifact", "scan_outputs_once", "watch_outputs", "stop_outputs_watch", "summary", "_log_at",
):  # fmt: skip
    setattr(NoOpRun, _name, _nothing)
