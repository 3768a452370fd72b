"""Hugging Face Accelerate: a tracker for ``Accelerator(log_with=…)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runicorn_jupyter.tracking.loggers.guard import quiet
from runicorn_jupyter.tracking.loggers.hold import Holder
from runicorn_jupyter.tracking.loggers.lazy import framework, grown, no_attribute
from runicorn_jupyter.tracking.loggers.values import as_config
from runicorn_jupyter.tracking.run import Run


class _AccelerateTracker:
    """Record what ``accelerator.log`` is given; ``accelerator.end_training()`` finishes the run.

    Parameters
    ----------
    project, name : str, optional
        Where the run belongs; Accelerate does not tell a tracker the name given to ``init_trackers``.
    storage : path, optional
        As of `init`.
    """

    name = "runicorn"
    requires_logging_directory = False

    def __init__(self, project: str | None = None, name: str | None = None, *, storage: Any = None) -> None:
        super().__init__()
        self._hold = Holder("accelerate", project, name, storage=storage, fit=False)

    @property
    def tracker(self) -> Run | None:
        """The run, for ``accelerator.get_tracker("runicorn", unwrap=True)``."""
        return self._hold.run

    @quiet
    def store_init_configuration(self, values: Any) -> None:
        """Open the run with these hyperparameters."""
        self._hold.open(as_config(values))

    @quiet
    def log(self, values: Mapping[str, Any], step: int | None = None, **_more: Any) -> None:
        """Record one report."""
        self._hold.open().log(values, step=step)

    @quiet
    def finish(self) -> None:
        """Finish the run if it was opened here."""
        self._hold.finish()


if TYPE_CHECKING:
    AccelerateTracker = _AccelerateTracker
else:

    def __getattr__(name: str) -> Any:
        if name != "AccelerateTracker":
            raise no_attribute(__name__, name)
        return grown(_AccelerateTracker, [framework("accelerate.tracking", "accelerate", asked_by=name).GeneralTracker])
